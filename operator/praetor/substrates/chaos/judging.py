"""What a look at a target says about an experiment. Pure.

Before it: is all well? After the fault: do users notice? Meanwhile: does it break anything that is none of its
business? After the heal: is all well again?
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

GONE = ("crashed", "unhealthy")
KEPT_SHARE = 0.8
"""Of the looks: a single bad one is noise."""
ELSEWHERE_LOOKS = 3
"""So many in a row: a service that was about to answer slowly once is not broken."""


class Objectives(NamedTuple):
    availability: float = 0.99
    latency_p99_ms: float = 500.0


@dataclass(frozen=True, slots=True)
class ServiceSight:
    """One service at one moment; what is not measured is None and counts as kept."""

    name: str
    health: str
    error_share: float | None = None
    latency_p99_ms: float | None = None

    def breach(self, objectives: Objectives) -> str:
        """What is broken, "" for nothing."""
        if self.health in GONE:
            return f"{self.name} is {self.health}"
        if self.error_share is not None and self.error_share > 1.0 - objectives.availability + 1e-9:
            return f"{self.name} fails {100 * self.error_share:.1f} % of its requests"
        if self.latency_p99_ms is not None and self.latency_p99_ms > objectives.latency_p99_ms:
            return f"p99 of {self.name} is {self.latency_p99_ms:.0f} ms"
        return ""


@dataclass(frozen=True, slots=True)
class Sight:
    """The target at one moment. The first service is the one that users reach; `calls` has who calls whom. `unmet` is
    what users were promised and do not get, where that is no figure of one service."""

    services: tuple[ServiceSight, ...]
    calls: Mapping[str, Sequence[str]]
    unmet: str = ""

    def breach(self, objectives: Objectives) -> str:
        """What users notice, "" for nothing."""
        return self.unmet or self.services[0].breach(objectives)


def unsteady(sights: Sequence[Sight], objectives: Objectives) -> str:
    """Why the steady state does not hold, "" if it does: users are served in nearly all looks, and nothing is down."""
    breaches = [breach for sight in sights if (breach := sight.breach(objectives))]
    if not sights or len(breaches) > (1.0 - KEPT_SHARE) * len(sights):
        return breaches[-1] if breaches else "the target was not seen"
    down = [service for service in sights[-1].services if service.health in GONE]
    return down[0].breach(objectives) if down else ""


def noticed(sights: Sequence[Sight], objectives: Objectives, looks: int = 2) -> str:
    """What users notice, "" for nothing: the last looks at what they reach were all bad."""
    last = sights[-looks:]
    breaches = [sight.breach(objectives) for sight in last]
    return breaches[-1] if len(last) == looks and all(breaches) else ""


def callers(service: str, calls: Mapping[str, Collection[str]]) -> set[str]:
    """Who calls it, by whatever detour."""
    found, new = set[str](), {service}
    while new:
        new = {caller for caller, callees in calls.items() if new & set(callees)} - found - {service}
        found |= new
    return found


def unkept(sights: Sequence[Sight], objectives: Objectives) -> tuple[str, ...]:
    """Services that are not as promised, more often than by chance, while all is well. By name."""
    bad = Counter(one.name for sight in sights for one in sight.services if one.breach(objectives))
    return tuple(sorted(name for name, looks in bad.items() if len(sights) - looks < KEPT_SHARE * len(sights)))


def elsewhere(sights: Sequence[Sight], target: str | None, touches: Collection[str], objectives: Objectives) -> str:
    """What broke that is neither the target, nor calls it, nor is what users reach (they are meant to notice), "" for
    nothing. Without a target nobody can say."""
    last = sights[-ELSEWHERE_LOOKS:]
    if target is None or len(last) < ELSEWHERE_LOOKS:
        return ""
    meant = {target, *touches, *callers(target, last[-1].calls), last[-1].services[0].name}
    for service in last[-1].services:
        seen = [one for sight in last for one in sight.services if one.name == service.name]
        if service.name not in meant and len(seen) == len(last) and all(one.breach(objectives) for one in seen):
            return seen[-1].breach(objectives)
    return ""
