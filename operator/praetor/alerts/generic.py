"""The source for everything that can be told what to send: minimal JSON, bare or in one of two envelopes.

Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
CloudEvents: `praetor.alerts.cloudevents`.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from praetor.alerts import cloudevents
from praetor.alerts.alertmanager import explained
from praetor.alerts.delivery import Delivery
from praetor.alerts.moments import moment
from praetor.alerts.notification import Notification
from praetor.alerts.single import Single

SOURCE = "generic"
EVENT_ID = "webhook-id"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Minimal(BaseModel):
    """What anybody can send who has nothing but an HTTP client. Other fields are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    title: str | None = Field(None, description="The alert in one line; this or `alert` is needed.")
    alert: str | None = Field(None, description="The alert's name.")
    description: str | None = Field(None, description="The alert at length; `summary` says the same.")
    summary: str | None = None
    service: str | None = Field(None, description="The service that it is about.")
    severity: str | None = Field(None, description="In the sender's words.")
    scenario: str | None = Field(None, description="A scenario of the library to rehearse; otherwise it is classified.")
    dedup_key: str | None = Field(None, description="What is the same incident; default: title and service.")
    status: Annotated[Literal["firing", "resolved"], BeforeValidator(_lower)] = "firing"
    starts_at: Annotated[datetime | None, BeforeValidator(moment)] = Field(
        None, description="Since when it fires. Without it a repeat after the run's end begins a new run."
    )
    labels: dict[str, str] = Field(default_factory=dict, description="What TargetSites are matched by.")

    @model_validator(mode="after")
    def _has_a_title(self) -> "Minimal":
        if not (self.title or self.alert):
            raise ValueError("`title` or `alert` must say in one line what is wrong")
        return self

    @property
    def group_parts(self) -> tuple[str, ...]:
        return (self.dedup_key,) if self.dedup_key else (self.title or self.alert or "", self.service or "")

    def single(self, event_id: str = "", starts_at: datetime | None = None) -> Single:
        return Single(
            title=self.title or self.alert or "",
            description=self.description or self.summary or "",
            service=self.service or "",
            severity=self.severity or "",
            scenario=self.scenario or "",
            firing=self.status == "firing",
            event_id=event_id,
            starts_at=self.starts_at or starts_at,
            labels=self.labels | ({"alertname": self.alert} if self.alert else {}),
        )


def read(delivery: Delivery) -> Notification:
    """Raises NotificationError that names the first field that is wrong."""
    if cloudevents.is_event(delivery.headers):
        event = cloudevents.read(delivery)
        found = minimal(event.data_with_a_title())
        return found.single(event.id, event.time).notification(SOURCE, event.group_parts)
    body = delivery.json_object()
    event_id = delivery.headers.get(EVENT_ID, "")
    enveloped = bool(event_id) and isinstance(body.get("data"), dict) and not (body.get("title") or body.get("alert"))
    found = minimal(body["data"] if enveloped else body)
    sent = moment(body.get("timestamp")) if enveloped else None
    return found.single(event_id, sent).notification(SOURCE, found.group_parts)


def minimal(value: dict[str, Any]) -> Minimal:
    try:
        return Minimal.model_validate(value)
    except ValidationError as problem:
        raise explained(problem) from None
