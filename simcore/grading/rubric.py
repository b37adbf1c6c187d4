"""The rubric of a scenario: what a reviewer wants to see done, as check marks beside the score."""

from collections.abc import Iterable

from simcore.results import RubricMark
from simcore.scenarios.spec import RubricItem


def marks(items: Iterable[RubricItem], taken: Iterable[tuple[str, str | None]]) -> tuple[RubricMark, ...]:
    """An item is done once its action was taken on its target; one that asks for neither always is."""
    done = list(taken)
    return tuple(RubricMark(item.description, item.weight, _is_done(item, done)) for item in items)


def _is_done(item: RubricItem, taken: list[tuple[str, str | None]]) -> bool:
    if item.required_action is None and item.required_target is None:
        return True
    return any(
        item.required_action in (None, action) and item.required_target in (None, target) for action, target in taken
    )
