"""The scenario format: the `spec` of an IncidentScenario, the same in a library file and in the API server."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from simcore.actions import ACTION_TYPES
from simcore.mechanisms.table import MECHANISMS
from simcore.scenarios.checks import (
    check_parameter,
    check_rubric_target,
    check_size,
    check_targets,
    fillable,
    known_target,
    the_entry,
)
from simcore.scenarios.remedies import PREDICATES, RESTORABLE

Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][-A-Za-z0-9]*$")]
ActionName = Literal[ACTION_TYPES]  # type: ignore[valid-type]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=256)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Target = Annotated[Word, AfterValidator(known_target)]
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

    service: EntryName | None = Field(None, description="The service whose requests count: the entry, as if left out.")
    sli: Literal["availability", "latency_p99_ms"] = Field(description="What is measured.")
    objective: float = Field(gt=0, le=600_000, description="A share for availability, milliseconds for latency.")

    @model_validator(mode="after")
    def _share(self) -> "Slo":
        if self.sli == "availability" and self.objective > 1:
            raise ValueError(f"objective {self.objective} of sli availability is a share, at most 1")
        return self


class Remedy(_Model):
    """A predicate on the world that a lasting fix makes true."""

    predicate: Literal[PREDICATES] = Field(description="What must hold.")  # type: ignore[valid-type]
    where: Literal["Target", "Database", "Victims", "Caller", "Callee"] = Field(
        "Target", description="Where it must hold."
    )
    setting: Literal[RESTORABLE] | None = Field(  # type: ignore[valid-type]
        None, description="The key that SettingRestored is about."
    )

    @model_validator(mode="after")
    def _names_a_setting(self) -> "Remedy":
        if (self.predicate == "SettingRestored") != (self.setting is not None):
            raise ValueError("setting: SettingRestored names one, no other predicate does")
        return self


class Variant(_Model):
    """One way the incident can truly be; all variants of a scenario look alike at first."""

    name: Identifier = Field(description="Unique in the scenario.")
    weight: float = Field(1.0, gt=0, le=100, description="How often it is drawn, relative to the others.")
    mechanism: Identifier = Field(description="The cause.")
    targets: list[Target] = Field(
        default_factory=list,
        max_length=30,
        description="Services or roles that it can befall; the mechanism's own if empty.",
    )
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
        check_size([remedy.where for alternative in self.remedies for remedy in alternative])
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


class RubricItem(_Model):
    """Something that a reviewer wants to see done; a check mark in the report, never a part of the score."""

    description: ShortText = Field(description="What is wanted.")
    weight: float = Field(1.0, ge=0, le=1, description="How much of the rubric it is.")
    required_action: ActionName | None = Field(None, description="The action that must have been taken.")
    required_target: Name | None = Field(None, description="On which service.")


DEFAULT_SLOS = (
    Slo(sli="availability", objective=0.99),
    Slo(sli="latency_p99_ms", objective=500.0),
)


class ScenarioSpec(_Model):
    """An incident that can be played again and again, with another seed another one of its kind."""

    family: Identifier = Field(description="The family that it belongs to.")
    level: Literal["easy", "medium", "hard"] = Field(description="How hard a person would call it.")
    description: LongText = Field(description="What happens, in a sentence or two.")
    topology: Literal["Shop", "Any"] = Field("Shop", description="The nine services of the shop, or any by seed.")
    variants: list[Variant] = Field(min_length=1, max_length=12, description="The mechanism and its twins.")
    no_fault_share: float = Field(0.05, ge=0, le=0.5, description="Share of episodes in which nothing is broken.")
    self_healing_share: float = Field(0.05, ge=0, le=0.5, description="Share in which it heals by itself.")
    multi_fault_share: float = Field(0.06, ge=0, le=0.5, description="Share in which two things are broken.")
    alert: AlertTemplate = Field(description="The page.")
    log_lines: list[ShortText] = Field(
        default_factory=list, max_length=20, description="Lines that the target writes while it is unwell."
    )
    budget: Budget = Field(default_factory=Budget, description="Steps that a policy has.")
    stabilization_seconds: int = Field(300, ge=30, le=3600, description="How long the fix must hold, simulated.")
    slos: list[Slo] = Field(default_factory=lambda: list(DEFAULT_SLOS), min_length=1, max_length=4, description="SLOs.")
    rubric: list[RubricItem] = Field(default_factory=list, max_length=20, description="Check marks of the report.")

    @cached_property
    def entry_slo(self) -> tuple[float, float]:
        """(availability, p99 in ms) that the entry must keep; one that is not asked for cannot break."""
        availability = [slo.objective for slo in self.slos if slo.sli == "availability"]
        latency = [slo.objective for slo in self.slos if slo.sli == "latency_p99_ms"]
        return max(availability, default=0.0), min(latency, default=1e18)

    @property
    def held_out(self) -> bool:
        """Whether its main mechanism is kept for the last evaluation."""
        return MECHANISMS[self.variants[0].mechanism].held_out

    @model_validator(mode="after")
    def _distinct(self) -> "ScenarioSpec":
        names = [variant.name for variant in self.variants]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"variants: the name {name!r} is used {names.count(name)} times; names are unique")
        return self

    @model_validator(mode="after")
    def _fitting_targets(self) -> "ScenarioSpec":
        for number, variant in enumerate(self.variants):
            try:
                check_targets(MECHANISMS[variant.mechanism], variant.targets, self.topology)
            except ValueError as problem:
                raise ValueError(f"variants[{number}].{problem}") from None
        return self

    @model_validator(mode="after")
    def _rubric_that_can_be_met(self) -> "ScenarioSpec":
        for number, item in enumerate(self.rubric):
            if item.required_target is not None:
                check_rubric_target(f"rubric[{number}].requiredTarget", item.required_target, self.topology)
        return self


class ScenarioDocument(BaseModel):
    """A named scenario."""

    model_config = ConfigDict(frozen=True)

    name: str
    spec: ScenarioSpec
