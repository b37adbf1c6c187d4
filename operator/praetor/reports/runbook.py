"""The runbook: what has happened here so far and what helped, one row a run. A view over runs, stored nowhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from praetor.reports.escape import name, one_line, text
from praetor.reports.format import number, table

Manifest = Mapping[str, Any]
_TITLES = ("run", "began", "alert", "service", "cause", "what was changed", "outcome", "user minutes lost", "score")


@dataclass(frozen=True, slots=True)
class RunbookRow:
    """Texts of others are as they came: whoever shows them escapes them."""

    namespace: str
    name: str
    uid: str
    began: str
    alert: str
    service: str
    scenario: str
    substrate: str
    policy: str
    causes: tuple[str, ...]
    changes: tuple[str, ...]
    outcome: str
    reason: str
    user_minutes_lost: float | None
    score: float | None
    postmortem: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


COLUMNS = tuple(field.name for field in fields(RunbookRow))


def runbook(runs: Iterable[Manifest]) -> list[RunbookRow]:
    """Of finished runs; in the order they come in."""
    return [runbook_row(run) for run in runs if _ended(run)]


def runbook_row(run: Manifest) -> RunbookRow:
    metadata, spec, status = run["metadata"], run["spec"], run.get("status", {})
    result, alert = status.get("result") or {}, spec.get("alert") or {}
    scenario = (status.get("scenario") or spec.get("scenarioRef") or {}).get("name", "")
    outcome, reason = _outcome(status)
    return RunbookRow(
        namespace=metadata.get("namespace") or "default",
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        began=status.get("startTime") or metadata.get("creationTimestamp") or "",
        alert=alert.get("title") or scenario,
        service=alert.get("service") or "",
        scenario=scenario,
        substrate=status.get("substrate") or "",
        policy=status.get("policy") or "",
        causes=_causes(status),
        changes=tuple(status.get("changes") or ()),
        outcome=outcome,
        reason=reason,
        user_minutes_lost=result.get("userMinutesLost"),
        score=result.get("score"),
        postmortem=f"/runs/{metadata['name']}/postmortem?namespace={metadata.get('namespace') or 'default'}",
    )


def _causes(status: Manifest) -> tuple[str, ...]:
    """As declared; empty when nothing was."""
    named = (status.get("result") or {}).get("causes") or ()
    told = tuple(f"{one['service']}/{one['mechanism']}" for one in named)
    return told or (("nothing is broken",) if status.get("cause") == "none" else ())


def _ended(run: Manifest) -> bool:
    return any(
        one["type"] in ("Complete", "Failed") and one["status"] == "True"
        for one in run.get("status", {}).get("conditions", ())
    )


def _outcome(status: Manifest) -> tuple[str, str]:
    result = status.get("result")
    if result:
        outcome = "resolved" if result["resolved"] else "mitigated" if result["mitigated"] else "not resolved"
        return outcome, ""
    ended = [one for one in status.get("conditions", ()) if one["status"] == "True"]
    reasons = {one["type"]: one.get("reason", "") for one in ended}
    if "Failed" in reasons:
        return "failed", reasons["Failed"]
    return "not played", reasons.get("Complete", "")


def as_markdown(rows: Sequence[RunbookRow]) -> str:
    lines = table(_TITLES, map(_cells, rows))
    return "# Runbook\n\n" + "\n".join(lines or ["No run has ended yet."]) + "\n"


def _cells(row: RunbookRow) -> tuple[str, ...]:
    return (
        f"{name(row.namespace)} {name(row.name)}",
        text(row.began),
        text(row.alert, 120),
        text(row.service, 63),
        "; ".join(name(cause) for cause in row.causes) or "-",
        "; ".join(text(change, 120) for change in row.changes) or "-",
        text(f"{row.outcome} {one_line(row.reason, 63)}"),
        number(row.user_minutes_lost),
        number(row.score),
    )
