"""Conditions: what is known about an object, each with the reason for it and the time since when."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from praetor.resources.reasons import NOT_YET_OBSERVED
from praetor.resources.wire import StatusWire, Time

ConditionStatus = Literal["True", "False", "Unknown"]
MESSAGE_LIMIT = 1024

STARTED = "Started"
DIAGNOSED = "Diagnosed"
MITIGATED = "Mitigated"
VERIFIED = "Verified"
ESCALATED = "Escalated"
APPROVAL_REQUIRED = "ApprovalRequired"
SUCCEEDED = "Succeeded"
COMPLETE = "Complete"
FAILED = "Failed"
RUN_CONDITIONS = (
    STARTED, APPROVAL_REQUIRED, DIAGNOSED, MITIGATED, VERIFIED, ESCALATED, SUCCEEDED, COMPLETE, FAILED,
)  # fmt: skip

VALIDATED = "Validated"

REACHABLE = "Reachable"
FAULT_DETECTED = "FaultDetected"
REQUESTS_MEASURED = "RequestsMeasured"
SITE_CONDITIONS = (REACHABLE, FAULT_DETECTED, REQUESTS_MEASURED)


class Condition(StatusWire):
    """One thing that is known about the object."""

    type: str = Field(min_length=1, max_length=63, pattern=r"^[A-Z][A-Za-z0-9]*$", description="What this is about.")
    status: ConditionStatus = Field(description="Whether it holds.")
    reason: str = Field(
        min_length=1,
        max_length=63,
        pattern=r"^[A-Z][A-Za-z0-9]*$",
        description="Why, in one word for programs.",
    )
    message: str = Field("", max_length=MESSAGE_LIMIT, description="Why, for people.")
    last_transition_time: Time = Field(description="Since when the status is what it is.")
    observed_generation: int | None = Field(
        None, ge=0, description="The generation of the spec that this was said about."
    )


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]
"""At most one condition of each type; several writers can each keep their own."""


class ConditionedStatus(StatusWire):
    """The part of a status that every kind has."""

    observed_generation: int | None = Field(None, ge=0, description="The generation of the spec that this is about.")
    conditions: Conditions = Field(
        default_factory=list, description="What is known about the object; programs read these."
    )


def find_condition(conditions: Iterable[Condition], type: str) -> Condition | None:
    return next((condition for condition in conditions if condition.type == type), None)


def is_true(conditions: Iterable[Condition], type: str) -> bool:
    condition = find_condition(conditions, type)
    return condition is not None and condition.status == "True"


def unknown_conditions(types: Iterable[str], *, now: str, observed_generation: int | None) -> list[Condition]:
    """All conditions of a kind, as they are said on first sight."""
    return [
        Condition(
            type=type,
            status="Unknown",
            reason=NOT_YET_OBSERVED,
            last_transition_time=now,
            observed_generation=observed_generation,
        )
        for type in types
    ]


def set_condition(
    conditions: Sequence[Condition],
    type: str,
    status: ConditionStatus,
    reason: str,
    message: str = "",
    *,
    now: str,
    observed_generation: int | None = None,
) -> list[Condition]:
    """The conditions with one of them said anew, in its old place; the time changes only with the status."""
    old = find_condition(conditions, type)
    new = Condition(
        type=type,
        status=status,
        reason=reason,
        message=message[:MESSAGE_LIMIT],
        last_transition_time=old.last_transition_time if old and old.status == status else now,
        observed_generation=observed_generation,
    )
    if old is None:
        return [*conditions, new]
    return [new if condition.type == type else condition for condition in conditions]
