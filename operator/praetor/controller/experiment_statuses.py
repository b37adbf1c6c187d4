"""The statuses that an experiment goes through, each made from the one before. Pure."""

from typing import Any

from praetor.controller import verdicts
from praetor.controller.observed import Observed
from praetor.controller.statuses import changed
from praetor.controller.times import wire_time
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.conditions import COMPLETE, ESCALATED, FAILED, find_condition, is_true
from praetor.resources.experiment import BROKEN, ExperimentState, ExperimentStatus
from praetor.resources.run_status import SUMMARY_LIMIT, IncidentRunStatus
from praetor.runner.summary import shorten
from praetor.substrates.chaos.looking import Looked
from praetor.substrates.chaos.plan import Plan

_NOBODYS_FAILURE = frozenset({reasons.EPISODE_ENDED, reasons.APPROVAL_TIMED_OUT})
"""Why a run is Complete, and not Failed, that had an experiment."""


def checking(observed: Observed) -> IncidentRunStatus:
    inject = observed.spec.inject
    assert inject is not None
    new = ExperimentStatus(fault=inject.fault, service=inject.service, state="Checking", since=wire_time(observed.now))
    return changed(observed, "Pending", experiment=new, message=f"experiment {inject.fault}: is all well?")


def arming(observed: Observed, plan: Plan) -> IncidentRunStatus:
    message = f"experiment {plan.fault}: all is well, waiting for the dead-man's switch"
    return _state(observed, "Arming", message=message, service=plan.service, expires_at=plan.expires_at)


def injecting(observed: Observed) -> IncidentRunStatus:
    return _state(observed, "Injecting", message="experiment: the fault is being injected")


def injected(observed: Observed) -> IncidentRunStatus:
    message = "experiment: the fault is injected, and nobody is paged before users notice"
    return _state(observed, "Injected", message=message, injected_at=wire_time(observed.now))


def injected_in_words(plan: Plan) -> str:
    where = f" at {plan.service}" if plan.service else ""
    return f"{plan.fault}{where} was injected on purpose; it ends at {plan.expires_at} at the latest"


def closing(observed: Observed, ending: IncidentRunStatus) -> IncidentRunStatus:
    """All of a run's end but the end itself, which comes when the target is as it was."""
    old = observed.status
    assert old.experiment is not None
    reason, message = _why(ending)
    state: ExperimentState = "Healing" if old.experiment.state in BROKEN else "Withdrawn"
    experiment = old.experiment.model_copy(
        update={"state": state, "since": wire_time(observed.now), "reason": reason, "message": message}
    )
    kept = {one.type: one for one in old.conditions if one.type in (COMPLETE, FAILED)}
    conditions = [kept.get(one.type, one) for one in ending.conditions]
    update = {"phase": old.phase, "completion_time": None, "conditions": conditions, "experiment": experiment}
    return ending.model_copy(update=update)


def _why(ending: IncidentRunStatus) -> tuple[str, str]:
    for type in (FAILED, COMPLETE):
        found = find_condition(ending.conditions, type)
        if found is not None and found.status == "True":
            return found.reason, found.message
    return reasons.SUSPENDED, "spec.suspend: an experiment is not paused but ended"


def healed(observed: Observed) -> IncidentRunStatus:
    message = "experiment: the fault is healed; is all well again?"
    found = find_condition(observed.status.conditions, ESCALATED)
    is_over = found is not None and found.reason == reasons.NOT_HEALED
    says = [Said(ESCALATED, "False", reasons.NOT_NEEDED)] if is_over else []
    return _state(observed, "Healed", says, message=message, healed_at=wire_time(observed.now))


def not_healed(observed: Observed, why: str) -> IncidentRunStatus:
    """A person is called, unless one is already."""
    message = shorten(
        f"experiment: the fault may be there, and is healed as soon as that is possible: {why}", SUMMARY_LIMIT
    )
    is_called = is_true(observed.status.conditions, ESCALATED)
    says = [] if is_called else [Said(ESCALATED, "True", reasons.NOT_HEALED, message)]
    return changed(observed, observed.status.phase or "Pending", says, message=message)


def left(observed: Observed, why: str) -> IncidentRunStatus:
    message = shorten(f"experiment: the fault may be there, and nobody tries to heal it any more: {why}", SUMMARY_LIMIT)
    return _state(observed, "NotRestored", [Said(ESCALATED, "True", reasons.NOT_HEALED, message)], message=message)


def restored(observed: Observed, answer: Looked | None) -> IncidentRunStatus:
    if answer is not None and answer.holds:
        return _state(observed, "Restored")
    why = answer.message if answer else "nobody could look"
    says = Said(ESCALATED, "True", reasons.NOT_RESTORED, f"the fault is healed, and not all is well: {why}")
    return _state(observed, "NotRestored", [says])


def ended(observed: Observed) -> IncidentRunStatus:
    """As the run ended before its target was put back."""
    experiment = observed.status.experiment
    assert experiment is not None
    reason, message = experiment.reason or reasons.NOT_COMPLETE, experiment.message
    complete = reason in _NOBODYS_FAILURE
    says = verdicts.complete(reason, message) if complete else verdicts.failed(reason, message)
    outcome = {"Restored": "put back, and all is well", "Withdrawn": "nothing was broken"}
    after = outcome.get(experiment.state, "put back, and not all is well" if experiment.healed_at else "not put back")
    return changed(
        observed,
        "Complete" if complete else "Failed",
        says,
        completion_time=wire_time(observed.now),
        message=f"{message} (experiment {experiment.fault}: {after})",
    )


def _state(
    observed: Observed, state: ExperimentState, says: list[Said] | None = None, *, message: str = "", **fields: Any
) -> IncidentRunStatus:
    experiment = observed.status.experiment
    assert experiment is not None
    new = experiment.model_copy(update={"state": state, "since": wire_time(observed.now)} | fields)
    kept = {"message": message} if message else {}
    return changed(observed, observed.status.phase or "Pending", says or [], experiment=new, **kept)
