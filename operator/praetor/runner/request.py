"""What a run asks of the runner, and what it gets back. Both cross a process border as JSON."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from praetor.resources.guardrails import ApprovalLevel
from praetor.runner.changes import Escalation, PastChange

FailureReason = Literal["PolicyFailed", "DeadlineExceeded"]


@dataclass(frozen=True, slots=True)
class SiteRequest:
    """The site to play on, by its `/ops/*`, or with `kubernetes` the workloads of a namespace. `allow` has what may be
    dialled beside public addresses: networks, and ports of loopback. The token is in no repr; nothing that is stored or
    shown is made of a request."""

    name: str
    url: str = ""
    token: str = field(default="", repr=False)
    availability: float = 0.99
    latency_p99_ms: float = 500.0
    readiness: float | None = None
    """The share of the wanted pods that must be ready; None: 0.99 where nobody measures requests."""
    action_seconds: float = 5.0
    """What an action takes at least: real time has to pass before there is something new to see."""
    stabilization_seconds: float = 60.0
    guardrails: dict[str, Any] = field(default_factory=dict)
    """What may be done there: the wire form of resources.guardrails.Guardrails."""
    allow: tuple[str, ...] = ()
    kubernetes: dict[str, Any] | None = None
    """A TargetSite's `spec.kubernetes` in its wire form, with the namespace."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"allow": tuple(data["allow"])})


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """The language model that decides. `allow` is as in a SiteRequest; the key is in no repr, and nothing that is
    stored or shown is made of a request. Prices are in dollars for a million tokens."""

    endpoint: str
    model: str
    key: str = field(default="", repr=False)
    max_tokens: int = 400_000
    max_dollars: float | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0
    temperature: float | None = None
    allow: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"allow": tuple(data["allow"])})


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One episode to play. `scenario` is its name: the library's, or with `spec` that of an IncidentScenario;
    seeds count inside `split` if given. With `site` it is played there, `scenario` is the family that the alert looks
    like, and nothing is simulated. `attempt` counts from 1. `past` are the changes that were made on that site, by
    this run's earlier attempts and by other runs; without `language_model` the policy `llm` takes the environment's."""

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
    site: SiteRequest | None = None
    attempt: int = 1
    mode: Literal["Act", "DryRun", "Suggest"] = "Act"
    approval: ApprovalLevel = "Never"
    past: tuple[PastChange, ...] = ()
    language_model: ModelRequest | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        site, model = data["site"], data["language_model"]
        known = {field.name: data[field.name] for field in fields(cls)}
        parts = {
            "site": None if site is None else SiteRequest.from_json(site),
            "language_model": None if model is None else ModelRequest.from_json(model),
            "past": tuple(PastChange(**change) for change in data["past"]),
        }
        return cls(**known | parts)


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
    escalation: Escalation | None = None
    suggestions: list[dict[str, Any]] = field(default_factory=list)
    """The first changes that the run's mode kept back, as praetor.resources.run_status.Suggestion has them."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "trace": self.trace.decode()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        failure = Failure(**data["failure"]) if data["failure"] else None
        escalation = Escalation(**data["escalation"]) if data["escalation"] else None
        parts = {"trace": data["trace"].encode(), "failure": failure, "escalation": escalation}
        return cls(**{**data, **parts})
