"""IncidentRun: one incident, from the alert or the scenario it starts with to the verdict and the report."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from praetor.resources.alert import Alert
from praetor.resources.approvals import MOST_APPROVALS, Approval
from praetor.resources.guardrails import ApprovalLevel
from praetor.resources.meta import API_VERSION, LONGEST_RUN_NAME, ObjectMeta, name_within
from praetor.resources.policy import PolicyRef
from praetor.resources.rules import exactly_one
from praetor.resources.run_status import IncidentRunStatus
from praetor.resources.wire import Wire

MUTABLE_FIELDS = frozenset({"suspend", "cancel", "approvals", "ttlSecondsAfterFinished"})
"""What may change after creation: the verbs, what people approve, and how long a finished run is kept."""
_INT32 = 2**31 - 1


class ScenarioRef(Wire):
    """A scenario to play: one that Praetor ships, or an IncidentScenario of the run's namespace."""

    kind: Literal["Library", "IncidentScenario"] = Field(
        "Library", description="`Library` is what Praetor ships; no object is needed for it."
    )
    name: str = Field(
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
        description="The scenario's name, for example `oom-crash`.",
    )


class SimulatorTarget(Wire):
    """The built-in simulator; it has no settings."""


class SiteRef(Wire):
    """A TargetSite of the run's namespace."""

    name: str = Field(min_length=1, max_length=63, description="The TargetSite's name.")


class Target(Wire):
    """What the actions work on: exactly one of the fields."""

    model_config = ConfigDict(json_schema_extra=exactly_one("simulator", "siteRef"))

    simulator: SimulatorTarget | None = Field(None, description="The built-in simulator.")
    site_ref: SiteRef | None = Field(None, description="A TargetSite of the run's namespace.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.simulator is None) == (self.site_ref is None):
            raise ValueError("exactly one of simulator and siteRef must be set")
        return self


class IncidentRunSpec(Wire):
    """What to play, with which policy, on what. Exactly one of scenarioRef and alert is set."""

    model_config = ConfigDict(json_schema_extra=exactly_one("scenarioRef", "alert"))

    scenario_ref: ScenarioRef | None = Field(None, description="The scenario to play.")
    alert: Alert | None = Field(None, description="The alert that this run answers.")
    seed: int = Field(0, ge=0, le=_INT32, description="Which episode of the scenario; equal seeds play alike.")
    split: Literal["train", "validation", "test"] | None = Field(
        None, description="Counts the seed inside this range of seeds; without it the seed is absolute."
    )
    difficulty: float = Field(0.5, ge=0, le=1, description="0 is easy, 1 is hard.")
    policy: PolicyRef = Field(PolicyRef(), description="Who decides.")
    target: Target = Field(Target(simulator=SimulatorTarget()), description="What the actions work on.")
    mode: Literal["Act", "DryRun", "Suggest"] = Field(
        "Act",
        description="What becomes of a change: `Act` makes it, `DryRun` only checks it and goes on, `Suggest` writes "
        "it down for a person and ends the episode.",
    )
    approval: ApprovalLevel = Field(
        "Never", description="Which changes wait for a person; a TargetSite's guardrails may ask for more."
    )
    approvals: list[Approval] = Field(
        default_factory=list,
        max_length=MOST_APPROVALS,
        description="What people said about changes that waited for them. Entries are only added, with the verb "
        "`approve` and under one's own name; `kubectl praetor approve` does it.",
    )
    approval_timeout_seconds: int = Field(
        3600, ge=1, le=_INT32, description="For so long a change waits for a person; then the run escalates."
    )
    max_steps: int | None = Field(
        None, ge=1, le=200, description="Steps until the episode is cut off; default: the scenario's budget."
    )
    active_deadline_seconds: int | None = Field(
        None, ge=1, le=_INT32, description="Seconds from the start after which an unfinished run fails."
    )
    backoff_limit: int = Field(
        3,
        ge=0,
        le=10,
        description="How often a failure of the infrastructure is tried again, with growing pauses.",
    )
    ttl_seconds_after_finished: int | None = Field(
        None, ge=0, le=_INT32, description="Seconds after its end when the run is deleted; default: never."
    )
    suspend: bool = Field(False, description="True: nothing is started until it is false again.")
    cancel: Literal["Graceful", "Now"] | None = Field(
        None,
        description="Ends the run: `Graceful` lets an episode that is under way end first, `Now` does not.",
    )

    @field_validator("approvals")
    @classmethod
    def _each_once(cls, approvals: list[Approval]) -> list[Approval]:
        if len({entry.request for entry in approvals}) < len(approvals):
            raise ValueError("a request is decided once")
        return approvals

    @model_validator(mode="after")
    def _exactly_one_origin(self) -> Self:
        if (self.scenario_ref is None) == (self.alert is None):
            raise ValueError("exactly one of scenarioRef and alert must be set")
        return self


class IncidentRun(Wire):
    """One incident, played by a policy from its first alert to the verdict."""

    api_version: Literal["praetor.dev/v1alpha1"] = API_VERSION
    kind: Literal["IncidentRun"] = "IncidentRun"
    metadata: Annotated[ObjectMeta, AfterValidator(name_within(LONGEST_RUN_NAME))]
    spec: IncidentRunSpec = Field(description="What is wanted.")
    status: IncidentRunStatus = Field(IncidentRunStatus(), description="What is known; written by the operator.")
