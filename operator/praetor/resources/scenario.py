"""IncidentScenario: what can go wrong, as an object. Its spec is the simulator's own scenario model."""

from typing import Literal

from pydantic import Field

from praetor.resources.conditions import Condition
from praetor.resources.meta import API_VERSION, ObjectMeta
from praetor.resources.wire import StatusWire, Wire
from simcore.scenarios.spec import ScenarioSpec


class IncidentScenarioStatus(StatusWire):
    """What is known about the scenario."""

    observed_generation: int | None = Field(
        None, ge=0, description="The generation of the spec that this is about."
    )
    conditions: list[Condition] = Field(
        default_factory=list,
        max_length=16,
        description="What is known; `Validated`: the scenario can be played.",
    )


class IncidentScenario(Wire):
    """An incident that can be played again and again, each seed another time."""

    api_version: Literal["praetor.dev/v1alpha1"] = API_VERSION
    kind: Literal["IncidentScenario"] = "IncidentScenario"
    metadata: ObjectMeta
    spec: ScenarioSpec = Field(description="What goes wrong, where, and what puts it right.")
    status: IncidentScenarioStatus = Field(
        IncidentScenarioStatus(), description="What is known; written by the operator."
    )
