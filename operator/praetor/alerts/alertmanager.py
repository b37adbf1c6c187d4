"""Alertmanager's webhook body, version 4.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Unknown fields are no error:
a newer Alertmanager may send more, and a refused alert is lost (4xx is never retried).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from praetor.alerts.delivery import Delivery
from praetor.alerts.moments import in_utc
from praetor.alerts.notification import Alert, Notification, NotificationError

SOURCE = "alertmanager"


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


class GroupBody(_Wire):
    receiver: str = ""
    group_key: str = Field(min_length=1)
    truncated_alerts: int = Field(0, ge=0)
    alerts: list[_WireAlert]


class _WireBody(GroupBody):
    version: Literal["4", 4] = "4"


def read(delivery: Delivery) -> Notification:
    return parse(delivery.body)


def parse(body: bytes | str) -> Notification:
    """The notification of a body. Raises NotificationError that names the first field that is wrong."""
    try:
        wire = _WireBody.model_validate_json(body)
    except ValidationError as problem:
        raise explained(problem) from None
    return group_notification(SOURCE, (wire.receiver, wire.group_key), wire)


def group_notification(source: str, group_parts: tuple[str, ...], wire: GroupBody) -> Notification:
    return Notification(
        source=source,
        group_parts=group_parts,
        group_key=wire.group_key,
        alerts=tuple(_alert(alert) for alert in wire.alerts),
        truncated=wire.truncated_alerts,
    )


def _alert(wire: _WireAlert) -> Alert:
    return Alert(
        fingerprint=wire.fingerprint or _fingerprint(wire.labels),
        starts_at=in_utc(wire.starts_at),
        firing=wire.status == "firing",
        labels=wire.labels,
        annotations=wire.annotations,
    )


def _fingerprint(labels: Mapping[str, str]) -> str:
    """An identity of our own for senders that give none: the labels, as Alertmanager has it."""
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


def explained(problem: ValidationError) -> NotificationError:
    first = problem.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return NotificationError(first["msg"], field)
