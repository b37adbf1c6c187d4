"""Events about a workload, its ReplicaSets and its pods: what went wrong lately, in Kubernetes' own words."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from praetor.substrates.cluster.times import seconds_ago
from simcore.protocols import Manifest

_RECENT_WARNING_S, _RECENT_S = 900.0, 3600.0
_LONGEST_CHARACTERS = 300
_SCALED_DOWN = re.compile(r"Scaled down replica set \S+ from (\d+) to 0\b")


@dataclass(frozen=True, slots=True)
class Event:
    """`first_ago` and `last_ago` in seconds; a repeated event has a count."""

    about: str
    reason: str
    message: str
    count: int
    first_ago: float
    last_ago: float
    is_warning: bool

    @property
    def text(self) -> str:
        times = f", {self.count} times" if self.count > 1 else ""
        return f"{self.reason} ({self.about}, {self.last_ago:.0f} s ago{times}): {self.message}"[:_LONGEST_CHARACTERS]


def events_about(manifests: Iterable[Manifest], names: Collection[str], now: datetime) -> tuple[Event, ...]:
    """Oldest first, as far as they are recent."""
    found = [_event(one, now) for one in manifests if one["involvedObject"].get("name") in names]
    recent = [one for one in found if one.last_ago <= (_RECENT_WARNING_S if one.is_warning else _RECENT_S)]
    return tuple(sorted(recent, key=lambda one: -one.last_ago))


def _event(manifest: Manifest, now: datetime) -> Event:
    series = manifest.get("series") or {}
    created = manifest["metadata"].get("creationTimestamp")
    first = manifest.get("firstTimestamp") or manifest.get("eventTime") or created
    last = series.get("lastObservedTime") or manifest.get("lastTimestamp") or manifest.get("eventTime") or created
    return Event(
        about=f"{manifest['involvedObject'].get('kind', '')} {manifest['involvedObject'].get('name', '')}".strip(),
        reason=manifest.get("reason") or "",
        message=" ".join((manifest.get("message") or "").split()),
        count=int(series.get("count") or manifest.get("count") or 1),
        first_ago=seconds_ago(first, now) or 0.0,
        last_ago=seconds_ago(last, now) or 0.0,
        is_warning=manifest.get("type") == "Warning",
    )


def replicas_before(events: Sequence[Event]) -> int:
    """How many pods there were before the newest scaling to zero that was no rollout; 0 where no event tells."""
    for event in reversed(events):
        if found := _SCALED_DOWN.search(event.message):
            return int(found[1])
    return 0
