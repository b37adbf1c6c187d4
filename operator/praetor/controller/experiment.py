"""What to do about an experiment, beside what every run needs: checks of `reconcile`'s chain. Pure.

    Checking -> Arming -> Injecting -> Injected -> (the episode) -> Healing -> Healed -> Restored | NotRestored
        \\-----------\\------------------------------------------------------------------> Withdrawn

Each state is written before what it announces is done, so that whoever comes next knows what may have been done.
`healing` has what comes from the end of the episode on.
"""

from datetime import datetime

from praetor.controller import experiment_statuses as told
from praetor.controller.effects import (
    ArmDeadman,
    Ask,
    Effect,
    InjectFault,
    LookAgain,
    PutArtifact,
    RecordEvent,
    SetFinalizer,
    WriteStatus,
)
from praetor.controller.observed import Observed
from praetor.controller.parts import fail
from praetor.controller.times import seconds_since
from praetor.controller.trial import ARM, INJECT, NO_LAB, PLAN, Asked, Trial
from praetor.resources import reasons
from praetor.resources.experiment import BROKEN, FINALIZER, ExperimentState
from praetor.substrates.chaos.looking import Question
from praetor.substrates.chaos.plan import Plan

ARM_SECONDS = 180.0
"""What a dead-man gets to be there: a pod has to be scheduled, and its image fetched."""
ARM_LOOK_SECONDS = 0.5
BREAK_SECONDS = 5.0
"""What bringing a fault about may take: as long as a request to a site."""

Decision = list[Effect] | None


def state_of(observed: Observed) -> ExperimentState | None:
    return observed.status.experiment.state if observed.status.experiment else None


def is_held(observed: Observed) -> bool:
    return FINALIZER in observed.run.metadata.finalizers


def prepared(observed: Observed) -> Decision:
    """The fault is there, and users have noticed it, before anybody is paged."""
    if observed.spec.inject is None or observed.is_started:
        return None
    trial = observed.trial
    if trial is None:
        return fail(observed, reasons.EXPERIMENT_REFUSED, NO_LAB)
    match state_of(observed):
        case None:
            return _begun(observed, trial)
        case "Checking":
            return _checked(observed, trial)
        case "Arming":
            return _armed(observed, trial)
        case "Injecting":
            return _injected_by_somebody(observed, trial)
        case "Injected":
            return asked_about(trial, "Noticed", questions_under_way(observed))
    return None


def _begun(observed: Observed, trial: Trial) -> Decision:
    if trial.refusal or trial.order is None:
        return fail(observed, reasons.EXPERIMENT_REFUSED, trial.refusal or "the TargetSite says not where it is")
    held: list[Effect] = [] if is_held(observed) else [SetFinalizer(True)]
    begun = RecordEvent(reasons.EXPERIMENT_BEGUN, f"{trial.order.inject.fault} is going to be injected")
    return [*held, begun, WriteStatus(told.checking(observed))]


def _checked(observed: Observed, trial: Trial) -> Decision:
    if trial.refusal or trial.order is None:
        return fail(observed, reasons.EXPERIMENT_REFUSED, trial.refusal)
    found = trial.asked.get("Before", Asked())
    if found.answer is None:
        return [Ask("Before", trial.order)]
    if found.answer.plan is None:
        reason = reasons.EXPERIMENT_REFUSED if found.refused else reasons.NOT_STEADY
        return fail(observed, reason, found.answer.message)
    plan = Plan.from_bytes(found.answer.plan)
    return [PutArtifact(PLAN, found.answer.plan), WriteStatus(told.arming(observed, plan))]


def _armed(observed: Observed, trial: Trial) -> Decision:
    if trial.refusal or trial.plan is None:
        return fail(observed, reasons.EXPERIMENT_REFUSED, trial.refusal or "the stored plan is gone")
    if why := _why_unarmed(observed, trial, trial.plan):
        return fail(observed, reasons.DEADMAN_NOT_ARMED, why)
    if trial.armed.state == "Armed":
        return [WriteStatus(told.injecting(observed)), *_inject(observed, trial, trial.plan)]
    again = LookAgain(ARM_LOOK_SECONDS)
    return [again] if ARM in trial.asked else [ArmDeadman(trial.plan, trial.token), again]


def _why_unarmed(observed: Observed, trial: Trial, plan: Plan) -> str:
    """Why nobody will stand by, or not for long enough; "" while somebody does or still may."""
    refused, late = trial.asked.get(ARM, Asked()).answer, too_late(plan, observed.now)
    if refused is not None:
        return refused.message
    if trial.armed.state == "Armed":
        return late
    assert observed.status.experiment is not None
    since = seconds_since(observed.status.experiment.since or "", observed.now)
    if trial.armed.state == "Refused" or since > ARM_SECONDS or late:
        return "; ".join(why for why in (trial.armed.message or "no dead-man stands by", late) if why)
    return ""


def too_late(plan: Plan, now: datetime) -> str:
    """Why nothing may be broken any more, "" if it may: what is broken after the dead-man healed would stay broken."""
    left_seconds = -seconds_since(plan.expires_at, now)
    if left_seconds >= BREAK_SECONDS:
        return ""
    return (
        f"{max(0.0, left_seconds):.0f} s of spec.inject.durationSeconds are left, and a fault may take "
        f"{BREAK_SECONDS:.0f} s to be there: nobody would heal it; a longer duration would do"
    )


def _inject(observed: Observed, trial: Trial, plan: Plan) -> list[Effect]:
    event = RecordEvent(reasons.FAULT_INJECTED, told.injected_in_words(plan))
    return [InjectFault(plan, trial.token), event, WriteStatus(told.injected(observed))]


def _injected_by_somebody(observed: Observed, trial: Trial) -> Decision:
    """An earlier process said that it would inject, and not whether it did."""
    refusal = trial.asked.get(INJECT)
    if refusal is not None and refusal.answer is not None:
        return fail(observed, reasons.FAULT_NOT_INJECTED, refusal.answer.message)
    if trial.refusal:
        return fail(observed, reasons.EXPERIMENT_REFUSED, trial.refusal)
    if trial.plan is not None and trial.plan.repeatable:
        return _inject(observed, trial, trial.plan)
    return fail(
        observed, reasons.FAULT_NOT_INJECTED, "cut off while the fault was injected: nobody knows whether it is"
    )


def asked_about(trial: Trial, question: Question, more: list[Effect]) -> Decision:
    """Goes on when it is answered, or when there is nobody to ask."""
    found = trial.asked.get(question)
    if trial.order is None or (found is not None and found.answer is not None):
        return None
    return more if found is not None else [Ask(question, trial.order, trial.plan), *more]


def over(observed: Observed) -> Decision:
    """The dead-man heals now, whatever else happens: what an episode does from here on is no answer to the fault."""
    if state_of(observed) not in BROKEN or observed.outcome is not None or seconds_to_heal(observed) > 0:
        return None
    return fail(observed, reasons.DEADLINE_EXCEEDED, "spec.inject.durationSeconds passed before the episode ended")


def broke_elsewhere(observed: Observed) -> Decision:
    """Asked from the fault on until the episode has ended."""
    trial = observed.trial
    if trial is None or state_of(observed) != "Injected" or observed.outcome is not None:
        return None
    found = trial.asked.get("Elsewhere", Asked()).answer
    return fail(observed, reasons.BROKE_ELSEWHERE, found.message) if found is not None and found.holds else None


def questions_under_way(observed: Observed) -> list[Effect]:
    trial = observed.trial
    if trial is None or trial.order is None or state_of(observed) != "Injected" or "Elsewhere" in trial.asked:
        return []
    return [Ask("Elsewhere", trial.order, trial.plan)]


def seconds_to_heal(observed: Observed) -> float:
    """Until the dead-man heals."""
    experiment = observed.status.experiment
    if experiment is None or experiment.expires_at is None:
        return 0.0
    return -seconds_since(experiment.expires_at, observed.now)
