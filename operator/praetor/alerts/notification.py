"""What every webhook source is brought into: a group of alerts, some firing, some resolved."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

KEY_CHARS = 16
_TITLE_ANNOTATIONS = ("summary", "title", "message")
_SERVICE_LABELS = ("service", "app_kubernetes_io_name", "app", "deployment", "statefulset")


class NotificationError(ValueError):
    """A body that is not a notification of its source; `field` is the dotted path of what is wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a group. `starts_at` is None where the source gives no time. `identified` says that the
    fingerprint is of this occurrence alone, so that it is known again without a time."""

    fingerprint: str
    starts_at: datetime | None
    firing: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    identified: bool = False

    @property
    def occurrence(self) -> "Occurrence":
        started = self.starts_at.astimezone(UTC).isoformat() if self.starts_at else ""
        digest = hashlib.sha256(f"{self.fingerprint}\0{started}".encode("utf-8", "replace")).hexdigest()
        return Occurrence(digest[:KEY_CHARS], self.starts_at, self.firing, self.identified)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that one alert fires: `key` is the hash of its (fingerprint, startsAt)."""

    key: str
    starts_at: datetime | None
    firing: bool
    identified: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """One delivery of one group. `group_parts` identify the group; `truncated` counts alerts left out;
    `scenario` is the one that the sender names, if it names any."""

    source: str
    group_parts: tuple[str, ...]
    group_key: str
    alerts: tuple[Alert, ...]
    truncated: int = 0
    scenario: str = ""

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        return tuple(alert.occurrence for alert in self.alerts)

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if alert.firing)

    @property
    def labels(self) -> dict[str, str]:
        return common(alert.labels for alert in self.firing or self.alerts)

    @property
    def annotations(self) -> dict[str, str]:
        return common(alert.annotations for alert in self.firing or self.alerts)

    @property
    def service(self) -> str:
        labels = self.labels
        return next((labels[name] for name in _SERVICE_LABELS if labels.get(name)), "")

    @property
    def title(self) -> str:
        """What a person would call the group: a common summary, else the first alert's, else its name."""
        first = (self.firing or self.alerts)[0]
        said = self.annotations | {name: text for name, text in first.annotations.items() if text}
        name = first.labels.get("alertname") or "Alert without a name"
        title = next((said[key] for key in _TITLE_ANNOTATIONS if said.get(key)), name)
        others = len(self.firing or self.alerts) - 1 + self.truncated
        return f"{title} (and {others} more)" if others else title

    @property
    def description(self) -> str:
        first = (self.firing or self.alerts)[0]
        return first.annotations.get("description", "")

    def only(self, alerts: Iterable[Alert]) -> "Notification":
        """The same group with some of its alerts."""
        return replace(self, alerts=tuple(alerts))


def common(maps: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The entries that all of `maps` share."""
    shared: set[tuple[str, str]] | None = None
    for entries in maps:
        shared = set(entries.items()) if shared is None else shared & entries.items()
    return dict(sorted(shared or ()))
