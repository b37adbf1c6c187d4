"""What a run asks of the runner, and what it gets back. Both cross a process border as JSON."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

FailureReason = Literal["PolicyFailed", "DeadlineExceeded"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One episode to play. `scenario` is its name: the library's, or with `spec` that of an IncidentScenario;
    seeds count inside `split` if given."""

    run_uid: str
    namespace: str
    name: str
    scenario: str
    spec: dict[str, Any] | None = None
    seed: int = 0
    split: str | None = None
    difficulty: float = 0.5
    policy: str = "playbook"
    max_steps: int | None = None
    alert: dict[str, Any] | None = None
    deadline_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**{field.name: data[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an episode ended before its time; what it left behind is still worth a report."""

    reason: FailureReason
    message: str


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """An episode's end. `seed` is absolute; `steps` are the summaries of all steps; `trace` is JSONL."""

    verdict: dict[str, Any]
    grading: Literal["Full", "Partial"]
    substrate: Literal["Simulator", "Site", "Cluster"]
    scenario_name: str
    family: str
    seed: int
    max_steps: int
    alert_title: str
    steps: list[dict[str, Any]]
    trace: bytes
    failure: Failure | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "trace": self.trace.decode()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        failure = Failure(**data["failure"]) if data["failure"] else None
        return cls(**{**data, "trace": data["trace"].encode(), "failure": failure})
