"""What an episode's end says about a run: conditions, result, cause and steps. Pure."""

import hashlib
from typing import Any, NamedTuple

from praetor.resources import reasons
from praetor.resources.conditions import (
    COMPLETE,
    DIAGNOSED,
    ESCALATED,
    FAILED,
    MITIGATED,
    SUCCEEDED,
    VERIFIED,
    ConditionStatus,
)
from praetor.resources.run_status import (
    SHOWN_CHANGES,
    SHOWN_STEPS,
    SUMMARY_LIMIT,
    Breakdown,
    Cause,
    RunResult,
    StepSummary,
    TraceRef,
)
from praetor.runner.request import RunOutcome
from praetor.runner.summary import shorten
from praetor.store.chunks import chunks_needed
from simcore.actions import CHANGES

CAUSE_LIMIT = 253


class Said(NamedTuple):
    """A condition to set."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""


def conditions_of(outcome: RunOutcome, *, is_alert: bool) -> list[Said]:
    """What the verdict says; whether the run is Complete or Failed is not the verdict's to say."""
    verdict = outcome.verdict
    return [
        _diagnosed(verdict),
        _objectives(MITIGATED, verdict),
        _objectives(VERIFIED, verdict),
        _succeeded(verdict),
        _escalated(outcome, is_alert=is_alert),
    ]


def _diagnosed(verdict: dict[str, Any]) -> Said:
    if verdict["declared"] is None:
        return Said(DIAGNOSED, "False", reasons.NOT_DECLARED)
    if verdict["diagnosed"] is None:
        return Said(DIAGNOSED, "Unknown", reasons.TRUTH_UNKNOWN)
    if verdict["diagnosed"]:
        return Said(DIAGNOSED, "True", reasons.CAUSES_RIGHT, cause_in_short(verdict))
    return Said(DIAGNOSED, "False", reasons.CAUSES_WRONG, cause_in_short(verdict))


def _objectives(type: str, verdict: dict[str, Any]) -> Said:
    if verdict["mitigated"]:
        return Said(type, "True", reasons.OBJECTIVES_HOLD)
    return Said(type, "False", reasons.OBJECTIVES_BROKEN)


def _succeeded(verdict: dict[str, Any]) -> Said:
    if verdict["resolved"]:
        return Said(SUCCEEDED, "True", reasons.RESOLVED)
    return Said(SUCCEEDED, "False", reasons.NOT_RESOLVED)


def _escalated(outcome: RunOutcome, *, is_alert: bool) -> Said:
    """Somebody waits for the answer to an alert; nobody does for that to a drill, unless the drill needs a person."""
    if outcome.escalation:
        return Said(ESCALATED, "True", outcome.escalation.reason, outcome.escalation.message)
    if is_alert and not outcome.verdict["resolved"]:
        return Said(ESCALATED, "True", reasons.NOT_RESOLVED, "a person has to look at the alert")
    return Said(ESCALATED, "False", reasons.NOT_NEEDED)


def without_episode(reason: str, message: str) -> list[Said]:
    types = (DIAGNOSED, MITIGATED, VERIFIED)
    return [Said(type, "Unknown", reasons.NO_EPISODE) for type in types] + [Said(SUCCEEDED, "False", reason, message)]


def complete(reason: str = reasons.EPISODE_ENDED, message: str = "") -> list[Said]:
    return [Said(FAILED, "False", reasons.NOT_FAILED), Said(COMPLETE, "True", reason, message)]


def failed(reason: str, message: str) -> list[Said]:
    return [Said(COMPLETE, "False", reasons.NOT_COMPLETE), Said(FAILED, "True", reason, message)]


def result_of(outcome: RunOutcome) -> RunResult:
    verdict = outcome.verdict
    return RunResult(
        resolved=verdict["resolved"],
        mitigated=verdict["mitigated"],
        diagnosed=verdict["diagnosed"],
        score=verdict["score"],
        breakdown=Breakdown(**verdict["breakdown"]),
        causes=_causes(verdict["declared"]) or [],
        truth=_causes(verdict["truth"]),
        steps=verdict["steps"],
        user_minutes_lost=verdict["user_minutes_lost"],
        sim_seconds=verdict["sim_seconds"],
    )


def _causes(named: list[dict[str, str]] | None) -> list[Cause] | None:
    return None if named is None else [Cause(**cause) for cause in named]


def cause_in_short(verdict: dict[str, Any]) -> str:
    """`service/mechanism`, of several causes joined by commas; `none` if nothing was said to be broken."""
    if verdict["declared"] is None:
        return ""
    named = (f"{cause['service']}/{cause['mechanism']}" for cause in verdict["declared"])
    return shorten(", ".join(named) or "none", CAUSE_LIMIT)


def last_steps(outcome: RunOutcome) -> list[StepSummary]:
    return [
        StepSummary(
            seq=step["seq"],
            action=step["action"],
            service=step["service"],
            reward=step["reward"],
            summary=shorten(step["summary"], SUMMARY_LIMIT),
        )
        for step in outcome.steps[-SHOWN_STEPS:]
    ]


def changes(outcome: RunOutcome) -> list[str]:
    """What was changed, as the substrate confirmed it; refused changes are not among them."""
    made = [step for step in outcome.steps if step["action"] in CHANGES and not step["summary"].startswith("error: ")]
    return [shorten(step["summary"], SUMMARY_LIMIT) for step in made[:SHOWN_CHANGES]]


def trace_ref(trace: bytes, reference: str) -> TraceRef:
    return TraceRef(
        name=reference,
        sha256=hashlib.sha256(trace).hexdigest(),
        events=trace.count(b"\n"),
        chunks=chunks_needed(trace),
    )
