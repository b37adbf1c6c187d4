"""TargetSite: a system outside the simulator, and which alerts are its own."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from praetor.resources.conditions import ConditionedStatus
from praetor.resources.meta import API_VERSION, LONGEST_OBJECT_NAME, ObjectMeta, name_within
from praetor.resources.wire import Wire

_Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Label = Annotated[str, StringConstraints(max_length=200)]


class AlertMatch(Wire):
    """Which alerts are the site's own."""

    labels: dict[_Key, _Label] = Field(
        min_length=1, max_length=16, description="An alert is the site's own if it has all these labels."
    )


class TargetSiteSpec(Wire):
    """A system that incidents happen in."""

    description: str = Field("", max_length=1000, description="What this system is, for people.")
    match: AlertMatch | None = Field(None, description="Which alerts are the site's own; default: none.")
    concurrency: Literal["Forbid", "Queue", "Replace"] = Field(
        "Queue",
        description="When a run comes while another is at work here: `Queue` has it wait, `Forbid` leaves it to a "
        "person, `Replace` ends the other.",
    )


class TargetSiteStatus(ConditionedStatus):
    """What is known about the site; its condition is `Reachable`."""


class TargetSite(Wire):
    """A system outside the simulator."""

    api_version: Literal["praetor.dev/v1alpha1"] = API_VERSION
    kind: Literal["TargetSite"] = "TargetSite"
    metadata: Annotated[ObjectMeta, AfterValidator(name_within(LONGEST_OBJECT_NAME))]
    spec: TargetSiteSpec = Field(TargetSiteSpec(), description="What is wanted.")
    status: TargetSiteStatus = Field(TargetSiteStatus(), description="What is known; written by the operator.")
