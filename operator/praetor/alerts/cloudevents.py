"""CloudEvents 1.0 over HTTP, one event a request, structured (all in the body) or binary (attributes in headers).

Binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from praetor.alerts.delivery import Delivery, json_object
from praetor.alerts.moments import moment
from praetor.alerts.notification import NotificationError

_STRUCTURED = "application/cloudevents"
_PREFIX = "ce-"
_REQUIRED = ("specversion", "id", "source", "type")


@dataclass(frozen=True, slots=True)
class CloudEvent:
    id: str
    source: str
    type: str
    subject: str
    time: datetime | None
    data: dict[str, Any]

    @property
    def group_parts(self) -> tuple[str, str]:
        return (self.source, self.subject)

    def data_with_a_title(self) -> dict[str, Any]:
        """An event whose data names no alert is called as its type."""
        named = self.data.get("title") or self.data.get("alert")
        return self.data if named else self.data | {"title": self.type}


def is_event(headers: Mapping[str, str]) -> bool:
    return _is_structured(headers) or f"{_PREFIX}specversion" in headers


def read(delivery: Delivery) -> CloudEvent:
    """Raises NotificationError."""
    if _is_structured(delivery.headers):
        if delivery.headers["content-type"].startswith(f"{_STRUCTURED}-batch"):
            raise NotificationError("a batch of CloudEvents; send one event a request")
        attributes = delivery.json_object()
        return _event(attributes, attributes.get("data"))
    found = {name: unquote(text) for name, text in delivery.headers.items() if name.startswith(_PREFIX)}
    attributes = {name.removeprefix(_PREFIX): text for name, text in found.items()}
    return _event(attributes, json_object(delivery.body) if delivery.body else None)


def _is_structured(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").strip().lower().startswith(_STRUCTURED)


def _event(attributes: Mapping[str, Any], data: object) -> CloudEvent:
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise NotificationError("a CloudEvent has this attribute, a string that is not empty", name)
    if attributes["specversion"] != "1.0":
        raise NotificationError(f"1.0 is understood, not {attributes['specversion'][:20]!r}", "specversion")
    return CloudEvent(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        subject=str(attributes.get("subject") or ""),
        time=moment(attributes.get("time")),
        data=data if isinstance(data, dict) else {"description": str(data)} if data is not None else {},
    )
