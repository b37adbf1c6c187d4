"""The JSON Schemas of what goes over a wire: actions in, observations, snapshots, verdicts and traces out.

They come from the types themselves, so that neither can say what the other does not.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from simcore.actions import Action
from simcore.observation import Payload
from simcore.results import RewardBreakdown, Snapshot, Verdict
from simcore.trace import TraceEvent


@dataclass(frozen=True, slots=True)
class ObservationForm:
    """`Observation.to_json()`. `kind` is `alert`, the action's type, or `error`; then there is no payload."""

    kind: str
    step: int
    max_steps: int
    sim_seconds: float
    payload: Payload | None
    error: str | None
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepForm:
    """What a step gives back, as it is served and remembered."""

    observation: ObservationForm
    reward: float
    reward_breakdown: RewardBreakdown
    terminated: bool
    truncated: bool
    info: dict[str, Any]


_FORMS: dict[str, Any] = {
    "action": Action,
    "observation": ObservationForm,
    "step_result": StepForm,
    "snapshot": Snapshot,
    "verdict": Verdict,
    "trace_event": TraceEvent,
}


@cache
def adapter(name: str) -> TypeAdapter[Any]:
    """What reads and writes the form of that name. Raises KeyError."""
    return TypeAdapter(_FORMS[name])


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of `action`, `observation`, `step_result`, `snapshot`, `verdict` or `trace_event`.

    Raises KeyError."""
    return adapter(name).json_schema(mode="validation" if name == "action" else "serialization")


def schema_names() -> list[str]:
    return sorted(_FORMS)
