"""Notifications of systems that tell of one thing at a time: an incident, an event, a monitor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from praetor.alerts.notification import Alert, Notification, NotificationError
from simcore.errors import ScenarioError, UnknownNameError
from simcore.scenarios.library import library_scenario


@dataclass(frozen=True, slots=True)
class Single:
    """`event_id` is what the sender calls this occurrence, so that it is known again without a time."""

    title: str
    description: str = ""
    service: str = ""
    severity: str = ""
    scenario: str = ""
    firing: bool = True
    event_id: str = ""
    starts_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    def notification(self, source: str, group_parts: tuple[str, ...], group_key: str = "") -> Notification:
        """Raises NotificationError for a scenario that does not exist."""
        return Notification(
            source=source,
            group_parts=group_parts,
            group_key=group_key or " ".join(part for part in group_parts if part),
            alerts=(self._alert(group_parts),),
            scenario=known_scenario(self.scenario),
        )

    def _alert(self, group_parts: tuple[str, ...]) -> Alert:
        named = {"service": self.service, "severity": self.severity}
        said = {"title": self.title, "description": self.description}
        return Alert(
            fingerprint=self.event_id or "\0".join(group_parts),
            starts_at=self.starts_at,
            firing=self.firing,
            labels={**self.labels, **{name: text for name, text in named.items() if text}},
            annotations={**self.annotations, **{name: text for name, text in said.items() if text}},
            identified=bool(self.event_id),
        )


def ignored(source: str) -> Notification:
    """An event that says nothing of an incident: no error, and no run."""
    return Notification(source=source, group_parts=(), group_key="", alerts=())


def known_scenario(name: str) -> str:
    """The scenario's name as the library has it; "" for none. Raises NotificationError."""
    if not name:
        return ""
    try:
        return library_scenario(name).name
    except (UnknownNameError, ScenarioError) as problem:
        raise NotificationError(str(problem), "scenario") from None
