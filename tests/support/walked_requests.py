"""Services that call one another, by SimPy: every request is walked through them. It knows nothing of the kernel."""

import random
import statistics
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy


@dataclass(frozen=True)
class Station:
    """Work is exponential. `calls` are (callee, how often on average), made one after the other, again while they fail,
    `retries` times at most; `failing` is the share of requests that fail here."""

    servers: int
    work_ms: float
    calls: Sequence[tuple[str, float]] = ()
    failing: float = 0.0
    retries: int = 0


@dataclass
class Walked:
    """Milliseconds of every visit and how many there were, by station; of requests at the entry, how many failed."""

    latencies: dict[str, list[float]]
    waits: dict[str, list[float]]
    failed: int = 0
    requests: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    in_system: float = 0.0

    def p99(self, name: str) -> float:
        return statistics.quantiles(self.latencies[name], n=100)[98]


class _Walk:
    def __init__(self, stations: dict[str, Station], seed: int) -> None:
        self.stations, self.rng, self.env = stations, random.Random(seed), simpy.Environment()
        self.pools = {name: simpy.Resource(self.env, capacity=s.servers) for name, s in stations.items()}
        empty = {name: [] for name in stations}
        self.seen = Walked(empty, {name: [] for name in stations}, visits=dict.fromkeys(stations, 0))
        self._inside, self._area, self._last = 0, 0.0, 0.0

    def visit(self, name: str) -> Generator[Any, Any, bool]:
        station, began = self.stations[name], self.env.now
        self.seen.visits[name] += 1
        with self.pools[name].request() as place:
            yield place
            self.seen.waits[name].append(self.env.now - began)
            yield self.env.timeout(self.rng.expovariate(1.0 / station.work_ms))
        good = self.rng.random() >= station.failing
        for callee, rate in station.calls:
            for _ in range(int(rate) + (self.rng.random() < rate % 1.0)):
                good &= yield from self.call(callee, station.retries)
        self.seen.latencies[name].append(self.env.now - began)
        return good

    def call(self, callee: str, retries: int) -> Generator[Any, Any, bool]:
        for _ in range(retries + 1):
            if (yield from self.visit(callee)):
                return True
        return False

    def request(self, entry: str) -> Generator[Any, Any, None]:
        self._count(+1)
        good = yield from self.visit(entry)
        self._count(-1)
        self.seen.requests += 1
        self.seen.failed += not good

    def _count(self, by: int) -> None:
        """How many are inside, as an average over time, never by L = lambda W."""
        self._area += self._inside * (self.env.now - self._last)
        self._inside, self._last = self._inside + by, self.env.now

    def arrivals(self, entry: str, per_ms: float, requests: int) -> Generator[Any, Any, None]:
        for _ in range(requests):
            self.env.process(self.request(entry))
            yield self.env.timeout(self.rng.expovariate(per_ms))

    def run(self, rate: float, requests: int) -> Walked:
        entry = next(iter(self.stations))
        self.env.process(self.arrivals(entry, rate / 1000.0, requests))
        self.env.run()
        self.seen.in_system = self._area / self._last
        return self.seen


def walk(stations: dict[str, Station], rate: float, requests: int, seed: int = 1) -> Walked:
    """Poisson arrivals, `rate` per second, at the first of the stations."""
    return _Walk(stations, seed).run(rate, requests)
