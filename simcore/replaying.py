"""What each change was worth: the episode is played again without it, and users are counted.

An episode is a function of its seed and its actions, so that a world in which one change was not made is a replay in
which a look of equal length stands in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simcore.actions import CHANGES, Action, DiagnosticParameters, RunDiagnostic
from simcore.episode import Episode

_A_NOTE = {"action_type": ""}  # malformed: takes as long as a malformed action did


@dataclass(frozen=True, slots=True)
class Credit:
    """One change, by the number of its step. `user_minutes_saved` is negative for one that did harm; `was_needed` says
    that without it the incident would not have been mitigated."""

    step: int
    action: Action
    user_minutes_saved: float
    was_needed: bool


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """`user_minutes_lost` and `mitigated` as it was, and what would have been lost if nobody had changed anything."""

    user_minutes_lost: float
    mitigated: bool
    user_minutes_lost_untouched: float
    heals_by_itself: bool
    credits: tuple[Credit, ...]


def counterfactual(episode: Episode) -> Counterfactual:
    """Of an episode that has ended. Raises ValueError for one that has not."""
    if not episode.done:
        raise ValueError("the episode has not ended: what its changes are worth is not known yet")
    actions = episode.actions
    real, untouched = _replay(episode, actions), _replay(episode, [_without(action) for action in actions])
    return Counterfactual(
        user_minutes_lost=real.world.user_minutes_lost,
        mitigated=real.verdict().mitigated,
        user_minutes_lost_untouched=untouched.world.user_minutes_lost,
        heals_by_itself=untouched.verdict().mitigated,
        credits=tuple(
            _credit(episode, real, actions, number)
            for number, action in enumerate(actions)
            if action is not None and action.action_type in CHANGES
        ),
    )


def _credit(episode: Episode, real: Episode, actions: Sequence[Action | None], number: int) -> Credit:
    action = actions[number]
    assert action is not None
    other = _replay(episode, [*actions[:number], _without(action), *actions[number + 1 :]])
    saved = other.world.user_minutes_lost - real.world.user_minutes_lost
    return Credit(number + 1, action, round(saved, 3), real.verdict().mitigated and not other.verdict().mitigated)


def _without(action: Action | None) -> Action | None:
    """A look that takes as long as the change would have; everything else stays as it is."""
    if action is None or action.action_type not in CHANGES:
        return action
    parameters = DiagnosticParameters(command="check_health")
    return RunDiagnostic(target_service=action.target_service or "", parameters=parameters)


def _replay(episode: Episode, actions: Sequence[Action | None]) -> Episode:
    again = Episode(episode.scenario, episode.seed, episode.difficulty, episode.max_steps)
    for action in actions:
        again.step(_A_NOTE if action is None else action)
    return again
