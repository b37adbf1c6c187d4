"""The scenario format: the `spec` of an IncidentScenario, the same in a library file and in the API server."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from simcore.scenarios.checks import ENTRY, check_parameter, fillable, known_service, the_entry
from simcore.world.mechanisms import MECHANISMS

Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*$")]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=256)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
ServiceName = Annotated[Name, AfterValidator(known_service)]
EntryName = Annotated[Name, AfterValidator(the_entry)]
Title = Annotated[ShortText, AfterValidator(fillable)]
Body = Annotated[LongText, AfterValidator(fillable)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class Range(_Model):
    """A number drawn evenly between two bounds."""

    low: float = Field(ge=-1e9, le=1e9, description="The smallest value.")
    high: float = Field(ge=-1e9, le=1e9, description="The largest value.")

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.high < self.low:
            raise ValueError(f"high ({self.high}) is below low ({self.low})")
        return self


class Slo(_Model):
    """A promise to users that the incident breaks and the fix must restore."""

    service: EntryName = Field(ENTRY, description="The service whose requests count: the entry.")
    sli: Literal["availability", "latency_p99_ms"] = Field(description="What is measured.")
    objective: float = Field(gt=0, le=600_000, description="A share for availability, milliseconds for latency.")

    @model_validator(mode="after")
    def _share(self) -> "Slo":
        if self.sli == "availability" and self.objective > 1:
            raise ValueError(f"objective {self.objective} of sli availability is a share, at most 1")
        return self


class Remedy(_Model):
    """A predicate on the world that a lasting fix makes true."""

    predicate: Literal[
        "MemoryCoversNeed", "ReleaseWithoutFault", "ConnectionsReleased", "PoolOutlastsLeak", "PoolCoversNeed",
        "QuotaCoversDemand", "ReplicasReady",
    ] = Field(description="What must hold.")  # fmt: skip
    where: Literal["Target", "Database", "Victims"] = Field("Target", description="Where it must hold.")


class Variant(_Model):
    """One way the incident can truly be; all variants of a scenario look alike at first."""

    name: Identifier = Field(description="Unique in the scenario.")
    weight: float = Field(1.0, gt=0, le=100, description="How often it is drawn, relative to the others.")
    mechanism: Identifier = Field(description="The cause.")
    targets: list[ServiceName] = Field(min_length=1, max_length=30, description="Services that it can befall.")
    parameters: dict[Identifier, Range] = Field(
        default_factory=dict, max_length=12, description="Ranges of the mechanism's parameters."
    )
    remedies: list[Annotated[list[Remedy], Field(min_length=1, max_length=4)]] = Field(
        min_length=1, max_length=4, description="Alternatives; each lists what must hold together."
    )

    @model_validator(mode="after")
    def _known(self) -> "Variant":
        known = MECHANISMS.get(self.mechanism)
        if known is None:
            raise ValueError(f"mechanism {self.mechanism!r} is unknown; known are {', '.join(sorted(MECHANISMS))}")
        for name, given in self.parameters.items():
            if name not in known.parameters:
                raise ValueError(
                    f"parameters.{name}: {self.mechanism} has no such parameter; it has {', '.join(known.parameters)}"
                )
            check_parameter(name, given.low, given.high)
        return self


class AlertTemplate(_Model):
    """What the page says. `{service}`, `{error_percent}` and `{p99_ms}` are filled in from what is measured."""

    titles: list[Title] = Field(min_length=1, max_length=8, description="One is drawn.")
    description: Body = Field(description="The text below the title.")
    severity: Literal["critical", "warning"] = Field("critical", description="As in the page.")


class Budget(_Model):
    """Steps that a policy has, at difficulty 0 and at difficulty 1; between them it is interpolated."""

    easiest: int = Field(50, ge=5, le=200, description="Steps at difficulty 0.")
    hardest: int = Field(25, ge=5, le=200, description="Steps at difficulty 1.")


DEFAULT_SLOS = (
    Slo(sli="availability", objective=0.99),
    Slo(sli="latency_p99_ms", objective=500.0),
)


class ScenarioSpec(_Model):
    """An incident that can be played again and again, with another seed another one of its kind."""

    family: Identifier = Field(description="The family that it belongs to.")
    level: Literal["easy", "medium", "hard"] = Field(description="How hard a person would call it.")
    description: LongText = Field(description="What happens, in a sentence or two.")
    topology: Literal["Shop"] = Field("Shop", description="The services and their calls.")
    variants: list[Variant] = Field(min_length=1, max_length=12, description="The mechanism and its twins.")
    no_fault_share: float = Field(0.05, ge=0, le=0.5, description="Share of episodes in which nothing is broken.")
    self_healing_share: float = Field(0.05, ge=0, le=0.5, description="Share in which it heals by itself.")
    alert: AlertTemplate = Field(description="The page.")
    budget: Budget = Field(default_factory=Budget, description="Steps that a policy has.")
    stabilization_seconds: int = Field(300, ge=30, le=3600, description="How long the fix must hold, simulated.")
    slos: list[Slo] = Field(default_factory=lambda: list(DEFAULT_SLOS), min_length=1, max_length=4, description="SLOs.")

    @cached_property
    def entry_slo(self) -> tuple[float, float]:
        """(availability, p99 in ms) that the entry must keep; one that is not asked for cannot break."""
        availability = [slo.objective for slo in self.slos if slo.sli == "availability"]
        latency = [slo.objective for slo in self.slos if slo.sli == "latency_p99_ms"]
        return max(availability, default=0.0), min(latency, default=1e18)

    @model_validator(mode="after")
    def _distinct(self) -> "ScenarioSpec":
        names = [variant.name for variant in self.variants]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"variants: the name {name!r} is used {names.count(name)} times; names are unique")
        return self


class ScenarioDocument(BaseModel):
    """A named scenario."""

    model_config = ConfigDict(frozen=True)

    name: str
    spec: ScenarioSpec
