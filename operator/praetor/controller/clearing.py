"""Changes that wait: written down, approved, denied or given up before they are made. Pure checks of `reconcile`.

A change of a real system is in the status before its episode is told to go on, so that whoever comes after a crash
counts it, and so is what a call of a language model will cost. A change that needs a person is let pass by an entry of
`spec.approvals` that names it, and by nothing else.
"""

from praetor.controller import waiting
from praetor.controller.effects import AnswerEpisode, Effect, LookAgain, RecordEvent, WriteStatus
from praetor.controller.observed import Observed
from praetor.controller.parts import TURN_SECONDS, seconds_left
from praetor.controller.times import seconds_since
from praetor.resources import reasons
from praetor.resources.approvals import Approval
from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.changes import GO, Clearance, WantedCall, WantedChange
from praetor.runner.pool import GRACE_SECONDS

GUARD_SECONDS = 30.0
"""How often is looked whether the guard of approvals has come."""


def asks_to_make_a_call(observed: Observed) -> list[Effect] | None:
    if not isinstance(observed.asked, WantedCall):
        return None
    return [*_written(observed, waiting.about_to_call(observed, observed.asked)), AnswerEpisode(GO)]


def asks_to_make_a_change(observed: Observed) -> list[Effect] | None:
    asked = observed.asked
    if not isinstance(asked, WantedChange):
        return None
    if not asked.needs_approval:
        return _goes(observed, asked, None)
    decided = decision_on(asked.request, observed)
    if decided is None:
        return _is_awaited(observed, asked)
    if decided.decision == "Deny":
        answer = Clearance("Deny", waiting.reason_and_words(decided)[1], by=decided.by)
        return [*_told(observed, decided), WriteStatus(waiting.decided(observed, decided)), AnswerEpisode(answer)]
    return [*_told(observed, decided), *_goes(observed, asked, decided)]


def _goes(observed: Observed, asked: WantedChange, decided: Approval | None) -> list[Effect]:
    written = _written(observed, waiting.about_to(observed, asked, decided))
    return [*written, AnswerEpisode(Clearance("Go", by=decided.by if decided else ""))]


def _written(observed: Observed, status: IncidentRunStatus) -> list[Effect]:
    return [] if status == observed.status else [WriteStatus(status)]


def _is_awaited(observed: Observed, asked: WantedChange) -> list[Effect]:
    awaiting = observed.status.awaiting
    if awaiting is None or awaiting.request != asked.request:
        status = waiting.awaiting(observed, asked)
        return [RecordEvent(reasons.WAITS_FOR_APPROVAL, status.message), WriteStatus(status)]
    left_seconds = seconds_left_to_decide(observed)
    if left_seconds <= 0:
        return [AnswerEpisode(Clearance("Escalate", too_late(observed), reasons.APPROVAL_TIMED_OUT))]
    return _still(observed, left_seconds)


def waits_for_a_person(observed: Observed) -> list[Effect] | None:
    """Nobody plays it any more: its process was needed, or the operator was restarted."""
    awaiting = observed.status.awaiting
    if awaiting is None or observed.episode is not None:
        return None
    left_seconds = seconds_left_to_decide(observed)
    return _still(observed, left_seconds) if left_seconds > 0 else None


def _still(observed: Observed, left_seconds: float) -> list[Effect]:
    """Says again what it waits for when the guard of approvals came or went."""
    status = waiting.still_awaiting(observed)
    if status != observed.status:
        return [WriteStatus(status)]
    looks = [left_seconds]
    if observed.approvals_complaint:
        looks.append(GUARD_SECONDS)
    if observed.turn.may_change:
        looks.append(TURN_SECONDS)
    if (until_deadline := seconds_left(observed)) is not None:
        looks.append(until_deadline + GRACE_SECONDS)
    return [LookAgain(min(looks))]


def _told(observed: Observed, decided: Approval) -> list[Effect]:
    """Once: while the status still says that it waits, or has not said anything of it."""
    return [RecordEvent(*waiting.reason_and_words(decided))]


def decision_on(request: str, observed: Observed) -> Approval | None:
    """What people said, as far as it can be trusted that they did."""
    if observed.approvals_complaint:
        return None
    return next((entry for entry in observed.spec.approvals if entry.request == request), None)


def seconds_left_to_decide(observed: Observed) -> float:
    assert observed.status.awaiting is not None
    return -seconds_since(observed.status.awaiting.until, observed.now)


def too_late(observed: Observed) -> str:
    awaiting = observed.status.awaiting
    assert awaiting is not None
    waited = f"{awaiting.action} {awaiting.service} waited {observed.spec.approval_timeout_seconds} s for an approval"
    return f"{waited}: {observed.approvals_complaint}" if observed.approvals_complaint else waited
