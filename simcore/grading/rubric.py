"""The rubric of a scenario: what a reviewer wants to see done, as check marks beside the score."""

from collections.abc import Iterable, Sequence

from simcore.actions import Action
from simcore.results import RubricMark
from simcore.scenarios.spec import RubricItem


def marks(items: Iterable[RubricItem], taken: Sequence[Action | None]) -> tuple[RubricMark, ...]:
    """An item is done once its action was taken on its target; of one that asks for neither nobody knows."""
    return tuple(RubricMark(item.description, item.weight, _is_done(item, taken)) for item in items)


def _is_done(item: RubricItem, taken: Sequence[Action | None]) -> bool | None:
    if item.required_action is None and item.required_target is None:
        return None
    return any(
        item.required_action in (None, action.action_type) and item.required_target in (None, action.target_service)
        for action in taken
        if action is not None
    )
