"""What instruments showed of one fault, real or simulated, in one form; and the effects that are read off it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.calibration.quartiles import middle

CPU, RATE, P50, P99, ERRORS = "cpu_percent", "requests_per_second", "p50_ms", "p99_ms", "error_percent"
ENTRY = "entry"
Readings = Mapping[str, Mapping[str, float]]
"""By place, then by metric. A place is a service, `ENTRY` (what users see), or a call as its caller sees it."""


def call_of(caller: str, callee: str) -> str:
    return f"{caller} > {callee}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A fault of a service: medians of calm minutes, and of the minutes of the fault."""

    kind: str
    service: str
    before: Readings
    during: Readings

    def change(self, place: str, metric: str) -> tuple[float, float]:
        return self.before.get(place, {}).get(metric, math.nan), self.during.get(place, {}).get(metric, math.nan)


def ratio(before: float, during: float) -> float:
    return during / before if before > 0.0 else math.nan


def added(before: float, during: float) -> float:
    return during - before


def level(before: float, during: float) -> float:
    return during


Places = Callable[[str], tuple[str, ...]]
"""Where to look when something befalls this service."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One number of a fault: the median over its places."""

    title: str
    places: Places
    metric: str
    how: Callable[[float, float], float]

    def of(self, seen: Seen) -> float:
        return middle(self.how(*seen.change(place, self.metric)) for place in self.places(seen.service))
