"""What a run asks of the runner, and what it gets back. Both cross a process border as JSON."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from praetor.guard.means import NOTHING, Spent
from praetor.guard.targets import LanguageModel, SiteRequest
from praetor.resources.guardrails import ApprovalLevel
from praetor.runner.changes import Escalation, PastChange
from simcore.results import CauseName

FailureReason = Literal["PolicyFailed", "DeadlineExceeded"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One episode to play. `scenario` is its name: the library's, or with `spec` that of an IncidentScenario;
    seeds count inside `split` if given. With `site` it is played there, `scenario` is the family that the alert looks
    like, and nothing is simulated. `attempt` counts from 1. `past` are the changes that were made on that site, by
    this run's earlier attempts and by other runs; without `language_model` the policy `llm` takes the environment's.
    `spent` is what the run's earlier attempts cost."""

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
    language_model: LanguageModel | None = None
    spent: Spent = NOTHING
    truth: tuple[CauseName, ...] | None = None
    """At a site: what an experiment broke, for the verdict alone; None where nobody knows."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        site, model, truth = data["site"], data["language_model"], data["truth"]
        known = {field.name: data[field.name] for field in fields(cls)}
        parts = {
            "site": None if site is None else SiteRequest.from_json(site),
            "language_model": None if model is None else LanguageModel.from_json(model),
            "past": tuple(PastChange(**change) for change in data["past"]),
            "spent": Spent(**data["spent"]),
            "truth": None if truth is None else tuple(CauseName(**cause) for cause in truth),
        }
        return cls(**known | parts)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an episode ended before its time; what it left behind is still worth a report."""

    reason: FailureReason
    message: str


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """An episode's end. `seed` is absolute; `steps` are the summaries of all steps; `trace` is JSONL; `spent` is by all
    attempts of the run."""

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
    spent: Spent = NOTHING

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "trace": self.trace.decode()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        failure = Failure(**data["failure"]) if data["failure"] else None
        escalation = Escalation(**data["escalation"]) if data["escalation"] else None
        spent = Spent(**data["spent"])
        parts = {"trace": data["trace"].encode(), "failure": failure, "escalation": escalation, "spent": spent}
        return cls(**{**data, **parts})
