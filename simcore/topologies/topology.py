"""Topologies: which services there are, how each is built, and who calls whom."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from simcore.kernel.layout import MAX_SERVICES, Floats, Ints

Role = Literal["service", "database", "consumer"]


@dataclass(frozen=True, slots=True)
class Part:
    """One service. `cpu_cores`, `memory_mb` and `heap_mb` are of a pod, `pool_max` and `replica_cores` of a database.

    `hit_ratio` is of its cache of the database, 0 for none; `outside` names a third party that `outside_share` of its
    requests ask; `rate_limit_rps` is what a replica admits, 0 for all.
    """

    name: str
    runtime: str
    role: Role = "service"
    replicas: int = 2
    work_ms: float = 10.0
    cpu_cores: float = 0.5
    memory_mb: float = 512.0
    heap_mb: float = 250.0
    pool_max: float = 0.0
    replica_cores: float = 0.0
    hit_ratio: float = 0.0
    outside: str = ""
    outside_share: float = 0.0
    rate_limit_rps: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """`rate`: how often one request of the caller calls, on average; of a cached call, when its cache is warm."""

    caller: str
    callee: str
    rate: float
    is_async: bool = False
    is_cached: bool = False


@dataclass(frozen=True, eq=False)
class Topology:
    """The services in columns by number, and the calls sorted by caller. `nominal_rps` arrive at the entry, number 0.

    `log_format` is how all of its services write: `plain`, `logfmt` or `json`.
    """

    name: str
    parts: tuple[Part, ...]
    calls: tuple[Call, ...]
    nominal_rps: float
    log_format: str = "plain"
    index: dict[str, int] = field(init=False, repr=False)
    order: Ints = field(init=False, repr=False)
    entry = 0

    def __post_init__(self) -> None:
        if len(self.parts) > MAX_SERVICES:
            raise ValueError(f"topology {self.name}: {len(self.parts)} services are more than {MAX_SERVICES}")
        index = {part.name: number for number, part in enumerate(self.parts)}
        calls = tuple(sorted(self.calls, key=lambda call: (index[call.caller], index[call.callee])))
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "calls", calls)
        object.__setattr__(self, "order", callers_first(len(self.parts), self._pairs()))

    def _pairs(self) -> list[tuple[int, int]]:
        return [(self.index[call.caller], self.index[call.callee]) for call in self.calls]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(caller, callee) of every call, by number."""
        return tuple(self._pairs())

    @cached_property
    def _callees(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(b for a, b in self.pairs if a == s) for s in range(len(self.parts)))

    @cached_property
    def _callers(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(a for a, b in self.pairs if b == s) for s in range(len(self.parts)))

    def callers(self, service: int) -> tuple[int, ...]:
        return self._callers[service]

    def callees(self, service: int) -> tuple[int, ...]:
        return self._callees[service]

    @cached_property
    def databases(self) -> tuple[int, ...]:
        """For each service the number of its database, or -1; a database is its own."""
        kinds = [part.role == "database" for part in self.parts]
        return tuple(
            s if kinds[s] else next((c for c in self.callees(s) if kinds[c]), -1) for s in range(len(self.parts))
        )

    @cached_property
    def arrivals(self) -> Floats:
        """Requests (of a consumer: messages) per second of each service at nominal load without faults."""
        rates = np.zeros(len(self.parts))
        rates[self.entry] = self.nominal_rps
        for service in self.order:
            for call, (caller, callee) in zip(self.calls, self.pairs, strict=True):
                if caller == service:
                    rates[callee] += rates[service] * call.rate
        return rates

    def utilisation(self, s: int) -> float:
        """The share of its CPU that a service uses at nominal load."""
        part = self.parts[s]
        cores = part.replicas * (part.cpu_cores + part.replica_cores)
        return float(self.arrivals[s]) * part.work_ms / 1000.0 / cores

    @cached_property
    def requested_mb(self) -> float:
        """MiB that the memory limits of all pods add up to."""
        return sum(part.replicas * part.memory_mb for part in self.parts)

    @cached_property
    def graph(self) -> Ints:
        """As the kernel takes it: see `simcore.kernel.layout`."""
        n, m = len(self.parts), len(self.pairs)
        first = np.searchsorted([a for a, _ in self.pairs], np.arange(n + 1))
        by_callee = sorted(range(m), key=lambda e: (self.pairs[e][1], e))
        first_caller = np.searchsorted([self.pairs[e][1] for e in by_callee], np.arange(n + 1))
        sections = (
            [n, m, self.entry], self.order, first, [b for _, b in self.pairs],
            first_caller, by_callee, [self.pairs[e][0] for e in by_callee],
        )  # fmt: skip
        return np.concatenate([np.asarray(section, dtype=np.int64) for section in sections])


def callers_first(count: int, pairs: list[tuple[int, int]]) -> Ints:
    """Service numbers in an order in which every caller stands before its callees (Kahn, 1962)."""
    waiting = [sum(1 for _, b in pairs if b == s) for s in range(count)]
    ready, order = [s for s in range(count) if waiting[s] == 0], []
    while ready:
        caller = ready.pop(0)
        order.append(caller)
        for a, callee in pairs:
            if a == caller:
                waiting[callee] -= 1
                if waiting[callee] == 0:
                    ready.append(callee)
    if len(order) != count:
        raise ValueError("the call graph has a cycle")
    return np.array(order, dtype=np.int64)
