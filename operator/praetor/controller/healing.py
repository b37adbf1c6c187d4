"""What to do about an experiment that is over: it is healed, looked after, and let go. Pure.

Nothing ends while a fault may be there: `nothing_ends_broken` looks at every decision of `reconcile`.
"""

from praetor.controller import experiment_statuses as told
from praetor.controller.effects import (
    DisarmDeadman,
    Effect,
    HealFault,
    LookAgain,
    RecordEvent,
    SetFinalizer,
    StopEpisode,
    WriteStatus,
)
from praetor.controller.experiment import Decision, asked_about, is_held, seconds_to_heal, state_of
from praetor.controller.observed import Observed
from praetor.controller.trial import HEAL, Asked, Trial
from praetor.resources import reasons
from praetor.resources.experiment import BROKEN, CLOSED
from praetor.substrates.chaos.deadman import HEAL_SECONDS

DEADMAN_SECONDS = 30.0
"""What a dead-man's heal may take."""
_ENDINGS = ("Complete", "Failed", "Suspended")


def healed(observed: Observed) -> Decision:
    """From the end of the episode, or of anything before it, to the end of the run."""
    state, trial = state_of(observed), observed.trial or Trial()
    if state in CLOSED:
        return [*_let_go(observed, trial), WriteStatus(told.ended(observed))]
    if state == "Healing":
        assert observed.status.experiment is not None
        event = RecordEvent(reasons.FAULT_HEALED, f"{observed.status.experiment.fault} is healed")
        return _complaint(observed, trial) or _heal(observed, trial, event, WriteStatus(told.healed(observed)))
    if state == "Healed":
        asking = asked_about(trial, "After", [])
        answer = trial.asked.get("After", Asked()).answer
        return [WriteStatus(told.restored(observed, answer))] if asking is None else asking
    return None


def _complaint(observed: Observed, trial: Trial) -> list[Effect]:
    """What is said of a heal that failed, once for each reason; and long after the fault's end that it was the last."""
    failed = trial.asked.get(HEAL, Asked()).answer
    if failed is None:
        return []
    last = _may_be_left(observed, trial)
    status = told.left(observed, failed.message) if last else told.not_healed(observed, failed.message)
    if status.message == observed.status.message:
        return []
    return [RecordEvent(reasons.NOT_HEALED, status.message, warning=True), WriteStatus(status)]


def _may_be_left(observed: Observed, trial: Trial) -> bool:
    """It was tried just now, and so long that the dead-man has given up, too: the target is gone, or who may heal."""
    return HEAL in trial.asked and seconds_to_heal(observed) < -(HEAL_SECONDS + DEADMAN_SECONDS)


def _heal(observed: Observed, trial: Trial, *after: Effect) -> list[Effect]:
    """Without the plan nobody knows what to heal but the dead-man, who has a copy."""
    if trial.plan is not None:
        return [HealFault(trial.plan, trial.token), DisarmDeadman(trial.plan), *after]
    left_seconds = seconds_to_heal(observed) + DEADMAN_SECONDS
    return [LookAgain(left_seconds)] if left_seconds > 0 else [*after]


def before_it_goes(observed: Observed) -> list[Effect]:
    """The run is being deleted, and waits for its finalizer: the target is healed, and nobody looks after it."""
    trial = observed.trial or Trial()
    stop: list[Effect] = [StopEpisode()]
    if not is_held(observed):
        return stop
    if state_of(observed) in BROKEN and not _may_be_left(observed, trial):
        # no Event: a namespace that is being deleted takes none, and would never go
        said = [one for one in _complaint(observed, trial) if isinstance(one, WriteStatus)]
        return [*stop, *said, *_heal(observed, trial, SetFinalizer(False))]
    return [*stop, *_let_go(observed, trial)]


def _let_go(observed: Observed, trial: Trial) -> list[Effect]:
    """Whom nobody could disarm goes on alone: it may heal yet."""
    plan = None if _may_be_left(observed, trial) else trial.plan
    disarmed: list[Effect] = [DisarmDeadman(plan)] if plan else []
    return [*disarmed, *([SetFinalizer(False)] if is_held(observed) else [])]


def nothing_ends_broken(observed: Observed, effects: list[Effect]) -> list[Effect]:
    """What would end or suspend the run becomes the end of its experiment first; the run's own end follows it."""
    ending = next((one for one in effects if isinstance(one, WriteStatus) and one.status.phase in _ENDINGS), None)
    state = state_of(observed)
    if ending is None or state in CLOSED:
        return effects
    rest = [one for one in effects if one is not ending]
    if state is None:
        return [*rest, *_let_go(observed, Trial()), ending] if is_held(observed) else effects
    return [StopEpisode(), *rest, WriteStatus(told.closing(observed, ending.status))]
