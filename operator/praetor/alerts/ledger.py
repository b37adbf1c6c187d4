"""Which occurrences of a group its runs have taken in: bounded, and kept with the run itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from praetor.alerts.notification import Occurrence
from simcore.trace import canonical_json

LIMIT = 200
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ledger:
    """`seen` holds the newest keys, oldest first. `newest_starts_at` is set once keys of alerts that still
    fire had to be dropped; from then on whatever started no later counts as seen."""

    seen: tuple[str, ...] = ()
    firing: int = 0
    newest_starts_at: datetime | None = None

    def knows(self, occurrence: Occurrence) -> bool:
        """An occurrence with neither a time nor a name of its own is never known: nothing tells it from the one
        before."""
        if occurrence.starts_at is None:
            return occurrence.identified and occurrence.key in self.seen
        covered = self.newest_starts_at is not None and occurrence.starts_at <= self.newest_starts_at
        return covered or occurrence.key in self.seen

    def _fires(self, occurrence: Occurrence) -> bool:
        """Not what was over already: the sender of an event that has a name tells of each change once, so that
        "it fires" after "it is over" only came late. Senders of groups repeat what is."""
        came_late = occurrence.identified and self.firing == 0 and occurrence.key in self.seen
        return occurrence.firing and not came_late

    def counting(self, occurrences: Iterable[Occurrence]) -> "Ledger":
        """What fires now, nothing taken in."""
        return replace(self, firing=sum(map(self._fires, occurrences)))

    def joined(self, occurrences: Sequence[Occurrence]) -> "Ledger":
        """With all of `occurrences` taken in."""
        arrivals = sorted(occurrences, key=lambda occurrence: occurrence.starts_at or _EARLIEST)
        keys = list(dict.fromkeys((*self.seen, *(occurrence.key for occurrence in arrivals))))
        firing = {occurrence.key for occurrence in arrivals if self._fires(occurrence)}
        kept = _bounded(keys, firing)
        newest = self.newest_starts_at if firing <= kept.keys() else _newest(self.newest_starts_at, arrivals)
        return Ledger(tuple(kept), len(firing), newest)

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"seen": list(self.seen), "firing": self.firing}
        if self.newest_starts_at is not None:
            value["newestStartsAt"] = self.newest_starts_at.astimezone(UTC).isoformat()
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Ledger":
        newest = value.get("newestStartsAt")
        return cls(
            tuple(value.get("seen", ())),
            int(value.get("firing", 0)),
            datetime.fromisoformat(newest) if newest else None,
        )

    def dumps(self) -> str:
        """For an annotation, in which every quote would take two bytes."""
        return canonical_json(self.to_json() | {"seen": " ".join(self.seen)})

    @classmethod
    def loads(cls, text: str) -> "Ledger":
        """Empty for a text that is not ours: an annotation can be edited by anybody."""
        try:
            value = json.loads(text or "{}")
            return cls.from_json(value | {"seen": value.get("seen", "").split()})
        except (ValueError, TypeError, AttributeError):
            return cls()


def _bounded(keys: Sequence[str], firing: set[str]) -> dict[str, None]:
    """At most LIMIT keys in their order: the oldest go first, but none that fires while another can go."""
    excess = max(0, len(keys) - LIMIT)
    idle = [key for key in keys if key not in firing]
    leaving = set(idle[:excess])
    still = [key for key in keys if key not in leaving]
    return dict.fromkeys(still[max(0, len(still) - LIMIT) :])


def _newest(known: datetime | None, occurrences: Iterable[Occurrence]) -> datetime:
    moments = (occurrence.starts_at for occurrence in occurrences)
    return max((moment for moment in (known, *moments) if moment is not None), default=_EARLIEST)
