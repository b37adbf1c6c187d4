"""What the pages show, as plain values; the templates only place and escape them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from praetor.console.reading import is_finished, phase_of
from praetor.reports.story import Step
from praetor.resources.experiment import BROKEN
from simcore.protocols import Manifest

_TONES = {"Complete": "quiet", "Failed": "bad", "Running": "busy", "Suspended": "warn", "Pending": "quiet"}

_STATES = {
    "Checking": "Nothing is broken yet: is all well?",
    "Arming": "Nothing is broken yet: the dead-man's switch is being armed.",
    "Injecting": "The fault is being injected.",
    "Injected": "The fault is there.",
    "Healing": "The fault is being healed.",
    "Healed": "The fault is healed: is all well again?",
    "Restored": "The fault is healed, and all is well again.",
    "NotRestored": "The fault is healed, and not all is well: a person has to look.",
    "Withdrawn": "Nothing was broken.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A run in the list."""

    name: str
    namespace: str
    title: str
    phase: str
    tone: str
    outcome: str
    outcome_tone: str
    substrate: str
    experiment: str
    causes: str
    score: str
    minutes_lost: str
    created: str


@dataclass(frozen=True, slots=True)
class StepView:
    number: int
    time: str
    action: str
    service: str
    parameters: str
    reason: str
    seen: str
    reward: str
    tone: str
    is_change: bool


def row(run: Manifest) -> Row:
    metadata, status, spec = run["metadata"], run.get("status", {}), run["spec"]
    result, alert = status.get("result"), spec.get("alert", {})
    outcome, tone = outcome_of(run)
    title = (
        alert.get("title")
        or experiment_title(spec)
        or (status.get("scenario") or spec.get("scenarioRef", {})).get("name", "")
    )
    return Row(
        name=metadata["name"],
        namespace=metadata["namespace"],
        title=title or metadata["name"],
        phase=phase_of(run),
        tone=_TONES.get(phase_of(run), "quiet"),
        outcome=outcome,
        outcome_tone=tone,
        substrate=status.get("substrate", ""),
        experiment=spec.get("inject", {}).get("fault", ""),
        causes=causes_text(result["causes"]) if result else "",
        score=f"{result['score']:.2f}" if result else "",
        minutes_lost=f"{result['userMinutesLost']:.0f}" if result else "",
        created=moment(metadata["creationTimestamp"]),
    )


def outcome_of(run: Manifest) -> tuple[str, str]:
    """How a run ended in two words, and the tone of its badge."""
    result = run.get("status", {}).get("result")
    if result and result["resolved"]:
        return "resolved", "good"
    if result:
        return ("mitigated", "warn") if result["mitigated"] else ("not resolved", "bad")
    if condition_reason(run, "Complete") and is_finished(run) and phase_of(run) != "Failed":
        return "needs a person", "warn"
    return ("failed", "bad") if phase_of(run) == "Failed" else ("", "quiet")


def condition_reason(run: Manifest, type: str) -> str:
    conditions = run.get("status", {}).get("conditions", ())
    return next((one["reason"] for one in conditions if one["type"] == type), "")


def causes_text(causes: list[dict[str, Any]]) -> str:
    return ", ".join(f"{cause['service']} / {cause['mechanism']}" for cause in causes) or "nothing is broken"


def first_line(run: Manifest) -> str:
    """What is said before anything else: whether something outside the simulator was touched."""
    if run.get("status", {}).get("substrate") == "Simulator":
        return "Rehearsal in the simulator: nothing outside was touched."
    if "inject" in run["spec"]:
        return experiment_line(run)
    if "siteRef" in run["spec"].get("target", {}):
        return f"Target: site {run['spec']['target']['siteRef']['name']}."
    return "No episode was played: nothing was touched." if is_finished(run) else "Not started yet."


def experiment_title(spec: dict[str, Any]) -> str:
    return f"Experiment: {spec['inject']['fault']} at {spec['target']['siteRef']['name']}" if "inject" in spec else ""


def experiment_line(run: Manifest) -> str:
    """What was broken on purpose, and whether it still is."""
    told = run.get("status", {}).get("experiment")
    what = f"{experiment_title(run['spec'])}, on purpose."
    if told is None:
        return f"{what} Nothing was broken yet." if not is_finished(run) else f"{what} Nothing was broken."
    ends = f" It is healed at {told['expiresAt']} at the latest." if told.get("expiresAt") else ""
    if told["state"] == "NotRestored" and "healedAt" not in told:
        return f"{what} The fault may be there, and could not be healed: a person has to look."
    return f"{what} {_STATES[told['state']]}{ends if told['state'] in BROKEN else ''}"


def step_view(step: Step) -> StepView:
    action = step.action or {}
    return StepView(
        number=step.number,
        time=f"{int(step.began_seconds) // 60}:{int(step.began_seconds) % 60:02d}",
        action=str(action.get("action_type", "malformed action")).replace("_", " "),
        service=action.get("target_service") or "",
        parameters=_parameters(action),
        reason=str(step.decision.get("reason", "")),
        seen=str(step.error or ""),
        reward=f"{step.reward:+.3f}",
        tone="good" if step.reward > 0.011 else "bad" if step.reward < 0 else "quiet",
        is_change=step.is_change,
    )


def _parameters(action: dict[str, Any]) -> str:
    """What was changed to what, or declared; the prose of a declaration is in the report."""
    given = action.get("parameters", {})
    if action.get("action_type") == "resolve_incident":
        return causes_text(given.get("causes", []))
    return ", ".join(f"{key} {value}" for key, value in given.items())


def moment(timestamp: str) -> str:
    """An RFC 3339 time as people read it."""
    return datetime.fromisoformat(timestamp).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def now() -> str:
    return f"{moment(datetime.now(UTC).isoformat())} UTC"
