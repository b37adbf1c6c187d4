"""What each kind is called, what a list of it shows, and the rules that only its root can have."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from praetor.resources.meta import LONGEST_OBJECT_NAME, LONGEST_RUN_NAME
from praetor.resources.rules import Rule, rule, short_name
from praetor.resources.run import MUTABLE_FIELDS, IncidentRun
from praetor.resources.scenario import IncidentScenario
from praetor.resources.site import TargetSite

Column = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    model: type[BaseModel]
    plural: str
    short_name: str
    columns: tuple[Column, ...]
    root_rules: tuple[Rule, ...]
    mutable_fields: frozenset[str] | None = None
    """The fields of the spec that may change after creation; None: all."""
    list_map_keys: tuple[tuple[str, str], ...] = ()
    """Lists of the spec whose items are told apart by one of their fields: (list, field)."""

    @property
    def name(self) -> str:
        return self.model.__name__


def _column(name: str, path: str, description: str, type: str = "string", *, wide: bool = False) -> Column:
    column = {"name": name, "type": type, "description": description, "jsonPath": path}
    return column | ({"priority": 1} if wide else {})


def _condition(type: str) -> str:
    return f'.status.conditions[?(@.type=="{type}")].status'


_AGE = _column("Age", ".metadata.creationTimestamp", "Since when the object is there.", "date")

KINDS = (
    Kind(
        IncidentRun,
        "incidentruns",
        "irun",
        columns=(
            _column("Phase", ".status.phase", "How far it is."),
            _column("Scenario", ".status.scenario.name", "What is played."),
            _column("Policy", ".spec.policy.name", "Who decides."),
            _column("Cause", ".status.cause", "What the policy says was broken."),
            _column("Score", ".status.result.score", "How good it was, 0 to 1.", "number"),
            _column("Succeeded", _condition("Succeeded"), "Whether it is resolved.", wide=True),
            _column("Experiment", ".spec.inject.fault", "What is broken on purpose, and healed at the end.", wide=True),
            _column("Substrate", ".status.substrate", "What is acted on.", wide=True),
            _AGE,
        ),
        root_rules=(short_name("an IncidentRun", LONGEST_RUN_NAME),),
        mutable_fields=MUTABLE_FIELDS,
        list_map_keys=(("approvals", "request"),),
    ),
    Kind(
        IncidentScenario,
        "incidentscenarios",
        "iscn",
        columns=(
            _column("Family", ".spec.family", "The family it belongs to."),
            _column("Level", ".spec.level", "How hard a person would call it."),
            _column("Validated", _condition("Validated"), "Whether it can be played."),
            _AGE,
        ),
        root_rules=(
            short_name("an IncidentScenario", LONGEST_OBJECT_NAME),
            rule("!self.metadata.name.contains('.')", "metadata.name of an IncidentScenario has no dots"),
        ),
        list_map_keys=(("variants", "name"),),
    ),
    Kind(
        TargetSite,
        "targetsites",
        "tsite",
        columns=(
            _column("Reachable", _condition("Reachable"), "Whether it answers."),
            _column("Fault", ".status.detectedFault.family", "What the last probes saw."),
            _column("Measured", _condition("RequestsMeasured"), "Whether anybody knows how users' requests do."),
            _AGE,
        ),
        root_rules=(short_name("a TargetSite", LONGEST_OBJECT_NAME),),
    ),
)
