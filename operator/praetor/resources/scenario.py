"""IncidentScenario: what can go wrong, as an object. Its spec is the simulator's own scenario model."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from praetor.resources.conditions import ConditionedStatus
from praetor.resources.meta import API_VERSION, LONGEST_OBJECT_NAME, ObjectMeta, name_within
from praetor.resources.wire import Wire
from simcore.scenarios.spec import ScenarioSpec


class IncidentScenarioStatus(ConditionedStatus):
    """What is known about the scenario; its condition is `Validated`."""


class IncidentScenario(Wire):
    """An incident that can be played again and again, each seed another time."""

    api_version: Literal["praetor.dev/v1alpha1"] = API_VERSION
    kind: Literal["IncidentScenario"] = "IncidentScenario"
    metadata: Annotated[ObjectMeta, AfterValidator(name_within(LONGEST_OBJECT_NAME, dots=False))]
    spec: ScenarioSpec = Field(description="What goes wrong, where, and what puts it right.")
    status: IncidentScenarioStatus = Field(
        IncidentScenarioStatus(), description="What is known; written by the operator."
    )
