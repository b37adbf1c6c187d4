"""PagerDuty's webhook, version 3: one event of one incident.

Format: https://developer.pagerduty.com/docs/webhooks-overview. Events that are not about an incident's state
(`pagey.ping`, notes, responders, services) are no error and make no run.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from praetor.alerts.alertmanager import explained
from praetor.alerts.delivery import Delivery
from praetor.alerts.moments import moment
from praetor.alerts.notification import Notification
from praetor.alerts.single import Single, ignored

SOURCE = "pagerduty"
_RESOLVED = "incident.resolved"
_REOPENED = "incident.reopened"  # the same incident fires anew; every other event speaks of its first firing

_Moment = Annotated[datetime | None, BeforeValidator(moment)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Named(_Wire):
    summary: str | None = None


class _Incident(_Wire):
    id: str = Field(min_length=1)
    title: str | None = None
    status: str | None = None
    urgency: str | None = None
    html_url: str | None = None
    incident_key: str | None = None
    created_at: _Moment = None
    service: _Named | None = None
    priority: _Named | None = None


class _Event(_Wire):
    event_type: str
    occurred_at: _Moment = None


class _AnyData(_Wire):
    type: str | None = None


class _AnyEvent(_Event):
    data: _AnyData | None = None


class _AnyBody(_Wire):
    event: _AnyEvent


class _IncidentEvent(_Event):
    data: _Incident


class _IncidentBody(_Wire):
    event: _IncidentEvent


def read(delivery: Delivery) -> Notification:
    """Raises NotificationError that names the first field that is wrong."""
    try:
        found = _AnyBody.model_validate_json(delivery.body).event
        if found.data is None or found.data.type != "incident":
            return ignored(SOURCE)
        event = _IncidentBody.model_validate_json(delivery.body).event
    except ValidationError as problem:
        raise explained(problem) from None
    return _single(event).notification(SOURCE, (event.data.id,))


def _single(event: _IncidentEvent) -> Single:
    incident = event.data
    firing = event.event_type != _RESOLVED and incident.status != "resolved"
    priority = incident.priority.summary if incident.priority else None
    links = {"incident_url": incident.html_url, "incident_key": incident.incident_key}
    return Single(
        title=incident.title or f"PagerDuty incident {incident.id}",
        service=(incident.service.summary if incident.service else None) or "",
        severity=priority or incident.urgency or "",
        firing=firing,
        event_id=incident.id,
        starts_at=event.occurred_at if event.event_type == _REOPENED else incident.created_at,
        annotations={name: text for name, text in links.items() if text},
    )
