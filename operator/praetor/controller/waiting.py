"""The statuses of a run whose change or call is about to be made, or waits for a person. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from praetor.controller.observed import Observed
from praetor.controller.statuses import changed, told_spending
from praetor.controller.times import wire_time
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.approvals import Approval
from praetor.resources.conditions import APPROVAL_REQUIRED
from praetor.resources.run_status import SUMMARY_LIMIT, Awaited, IncidentRunStatus, Intent
from praetor.runner.changes import WantedCall, WantedChange, kind_of
from praetor.runner.summary import shorten
from praetor.runner.tools import parameters_json


def about_to_call(observed: Observed, asked: WantedCall) -> IncidentRunStatus:
    return changed(observed, "Running", spent=told_spending(asked.spent))


def about_to(observed: Observed, asked: WantedChange, decided: Approval | None) -> IncidentRunStatus:
    """The status with the change in it that is about to be made; the status as it is if it has it already."""
    fields: dict[str, Any] = {}
    intents = observed.status.intents
    if asked.is_recorded and not any((one.attempt, one.step) == (asked.attempt, asked.step) for one in intents):
        fields["intents"] = [*intents, _intent(asked, observed.now, decided)]
    if decided is None:
        return changed(observed, "Running", **fields) if fields else observed.status
    said = _decision(decided)
    return changed(observed, "Running", [said], awaiting=None, message=said.message, **fields)


def _intent(asked: WantedChange, now: datetime, decided: Approval | None) -> Intent:
    action, service, key = kind_of(asked.action)
    return Intent(
        attempt=asked.attempt,
        step=asked.step,
        action=action,
        service=service,
        key=key,
        at=now.astimezone(UTC).isoformat(),
        approved_by=decided.by if decided else "",
    )


def decided(observed: Observed, entry: Approval) -> IncidentRunStatus:
    said = _decision(entry)
    return changed(observed, "Running", [said], awaiting=None, message=said.message)


def begun_anew(observed: Observed, entry: Approval) -> IncidentRunStatus:
    """Somebody decided while nobody played. In the simulator it is the same attempt, played to the same bytes."""
    return decided(observed, entry).model_copy(update={"attempts": observed.status.attempts + observed.is_live})


def _decision(entry: Approval) -> Said:
    return Said(APPROVAL_REQUIRED, "False", *reason_and_words(entry))


def reason_and_words(entry: Approval) -> tuple[str, str]:
    reason = reasons.APPROVED if entry.decision == "Approve" else reasons.DENIED
    because = f": {entry.reason}" if entry.reason else ""
    return reason, f"{reason.lower()} by {entry.by}{because}"


def awaiting(observed: Observed, asked: WantedChange) -> IncidentRunStatus:
    until = observed.now + timedelta(seconds=observed.spec.approval_timeout_seconds)
    action, service, _ = kind_of(asked.action)
    waits = Awaited(
        request=asked.request,
        step=asked.step,
        action=action,
        service=service,
        parameters=shorten(parameters_json(asked.action), SUMMARY_LIMIT),
        reason=asked.reason,
        evidence=list(asked.evidence),
        since=wire_time(observed.now),
        until=wire_time(until),
    )
    return still_awaiting(observed, waits)


def still_awaiting(observed: Observed, waits: Awaited | None = None) -> IncidentRunStatus:
    """What waits, and what is to be done about it, as it is now."""
    waits = waits or observed.status.awaiting
    assert waits is not None
    message, complaint = _in_words(waits, observed.run.metadata.name), observed.approvals_complaint
    reason = reasons.APPROVALS_NOT_GUARDED if complaint else reasons.WAITS_FOR_APPROVAL
    text = f"no approval is honoured: {complaint}; {message}" if complaint else message
    said = Said(APPROVAL_REQUIRED, "True", reason, text)
    return changed(observed, "Running", [said], awaiting=waits, message=shorten(text, SUMMARY_LIMIT))


def _in_words(waits: Awaited, run: str) -> str:
    change = " ".join(part for part in (waits.action, waits.service, waits.parameters) if part)
    because = f"; {waits.reason}" if waits.reason else ""
    seen = f" ({'; '.join(waits.evidence)})" if waits.evidence else ""
    return f"step {waits.step}: {change} waits until {waits.until} for `kubectl praetor approve {run}`{because}{seen}"
