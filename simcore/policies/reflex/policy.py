"""The floor that counts: what can be had without any diagnosis, by a few fixed changes and one fixed declaration.

`plans.yaml` holds its plans; `python -m simcore.fitting.reflex` finds them and writes that file.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from simcore.actions import Action, parse_action
from simcore.decision import Decision, History
from simcore.mechanisms.table import CLASSES
from simcore.observation import AlertNotice, Observation
from simcore.policies.cures import Change
from simcore.policies.oracle import TrueSystem
from simcore.policies.reflex.places import check_place, service_at

if TYPE_CHECKING:
    from simcore.episode import Episode

TABLE = Path(__file__).with_name("plans.yaml")
MOST_CHANGES = 4
WAITING: tuple[tuple[str, dict[str, Any]], ...] = 2 * (
    ("check_metrics", {}), ("describe_service", {}), ("read_logs", {}), ("list_services", {}),
    ("run_diagnostic", {"command": "check_health"}),
)  # fmt: skip
"""Reads of five kinds in turn, so that none is redundant: 130 simulated seconds. None of them is looked at."""


def _check_class(name: str) -> str:
    if name not in CLASSES:
        raise ValueError(f"{name!r} is no class of mechanisms; there are {', '.join(CLASSES)}")
    return name


Place = Annotated[str, AfterValidator(check_place)]


class Fix(Change):
    """One change at a place that is seen from the alerted service."""

    at: Place


class Named(BaseModel):
    """A declaration: this class of mechanisms, there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Place
    mechanism_class: Annotated[str, AfterValidator(_check_class)]


class Plan(BaseModel):
    """What is done whatever is seen; `declare` None says that nothing is broken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    changes: tuple[Fix, ...] = Field((), max_length=MOST_CHANGES)
    declare: Named | None = None


class Plans(BaseModel):
    """`elsewhere` is the plan of families that have none of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    elsewhere: Plan
    families: dict[str, Plan]

    def of(self, family: str) -> Plan:
        return self.families.get(family, self.elsewhere)


def read_plans(text: str) -> Plans:
    """Raises ValidationError that says what is wrong where."""
    return Plans.model_validate(yaml.safe_load(text))


@cache
def load_plans() -> Plans:
    return read_plans(TABLE.read_text())


class Configured(TrueSystem):
    """The system as its manifests show it: limits, replicas and versions, no trail of what was changed."""

    def old_value(self, service: str, key: str) -> str | None:
        return None


def changes_of(plan: Plan, episode: "Episode", alerted: int) -> list[Action]:
    """The plan's changes in this system, as it is now; those whose place it does not have are left out."""
    topology, known = episode.world.topology, Configured(episode)
    places = [service_at(topology, alerted, fix.at) for fix in plan.changes]
    return [
        fix.action(topology.names[place], known)
        for fix, place in zip(plan.changes, places, strict=True)
        if place is not None
    ]


def declaration_of(plan: Plan, episode: "Episode", alerted: int) -> Action:
    """The plan's declaration in this system; that nothing is broken where its place does not exist."""
    topology, declare = episode.world.topology, plan.declare
    place = service_at(topology, alerted, declare.at) if declare else None
    causes: list[dict[str, str]] = []
    if declare and place is not None:
        causes = [{"service": topology.names[place], "mechanism": declare.mechanism_class}]
    return parse_action({"action_type": "resolve_incident", "parameters": {"causes": causes}})


class ReflexPolicy:
    """Of the episode it takes the family, the call graph and what its changes need as numbers: nothing about the
    cause, and nothing of what it reads while it waits."""

    name = "reflex"

    def __init__(self, episode: "Episode") -> None:
        self._episode = episode
        self._actions: Iterator[Action] | None = None

    def decide(self, observation: Observation, history: History) -> Decision:
        if self._actions is None:
            self._begin(observation)
        assert self._actions is not None
        action = next(self._actions, self._last)
        if observation.max_steps - observation.step <= 1:
            action = self._last
        return Decision(action, reason="As always in this family.")

    def _begin(self, observation: Observation) -> None:
        if not isinstance(observation.payload, AlertNotice):
            raise ValueError(f"reflex begins with the page of an incident, not with a {observation.kind!r} observation")
        alerted = observation.payload.service
        number = self._episode.world.topology.index[alerted]
        plan = load_plans().of(self._episode.scenario.spec.family)
        self._last = declaration_of(plan, self._episode, number)
        self._actions = iter([*changes_of(plan, self._episode, number), *waiting(alerted)])


def waiting(service: str) -> list[Action]:
    """Reads that let time pass."""
    return [
        parse_action(
            {
                "action_type": kind,
                "target_service": None if kind == "list_services" else service,
                "parameters": parameters,
            }
        )
        for kind, parameters in WAITING
    ]
