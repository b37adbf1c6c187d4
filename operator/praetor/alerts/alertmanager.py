"""Alertmanager's webhook body, version 4.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Unknown fields are no error:
a newer Alertmanager may send more, and a refused alert is lost (4xx is never retried).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from praetor.alerts.notification import Alert, Notification, NotificationError

SOURCE = "alertmanager"
_NO_TIME_YEAR = 1  # Go's zero time: 0001-01-01T00:00:00Z


def _timestamp(value: object) -> object:
    return None if value == "" else value


class _Wire(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=to_camel, validate_by_alias=True)


class _WireAlert(_Wire):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: Annotated[datetime | None, BeforeValidator(_timestamp)] = None
    fingerprint: str = ""


class _WireBody(_Wire):
    version: Literal["4", 4] = "4"
    receiver: str = ""
    group_key: str = Field(min_length=1)
    truncated_alerts: int = Field(0, ge=0)
    alerts: list[_WireAlert]


def parse(body: bytes | str) -> Notification:
    """The notification of a body. Raises NotificationError that names the first field that is wrong."""
    try:
        wire = _WireBody.model_validate_json(body)
    except ValidationError as problem:
        raise _explained(problem) from None
    return Notification(
        source=SOURCE,
        group_parts=(wire.receiver, wire.group_key),
        group_key=wire.group_key,
        alerts=tuple(_alert(alert) for alert in wire.alerts),
        truncated=wire.truncated_alerts,
    )


def _alert(wire: _WireAlert) -> Alert:
    return Alert(
        fingerprint=wire.fingerprint or _fingerprint(wire.labels),
        starts_at=_known_time(wire.starts_at),
        firing=wire.status == "firing",
        labels=wire.labels,
        annotations=wire.annotations,
    )


def _known_time(moment: datetime | None) -> datetime | None:
    """In UTC; none for what is no moment of the calendar there."""
    if moment is None or moment.year == _NO_TIME_YEAR:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _fingerprint(labels: Mapping[str, str]) -> str:
    """An identity of our own for senders that give none: the labels, as Alertmanager has it."""
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


def _explained(problem: ValidationError) -> NotificationError:
    first = problem.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return NotificationError(first["msg"], field)
