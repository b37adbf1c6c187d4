"""Generated topologies: 5 to 30 services in layers, with other names, calls, languages and ways to write logs.

Every service handles a share of the entry's requests that users can notice, and is sized for the load it gets; each
topology has a database with a replica, a cache, a consumer, a rate limit and a third party.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from simcore.kernel.random import Draws, stream_seed
from simcore.topologies.names import Words
from simcore.topologies.rest import entry_p99_ms
from simcore.topologies.topology import Call, Part, Topology

_RUNTIMES = ("java", "go", "node", "python", "dotnet")
_DATABASES = ("postgres", "mysql")
_FORMATS = ("plain", "logfmt", "json")
_SIZES = (5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 21, 25, 30)
_STREAM = 31
_TARGET_LATENCY_MS = 80.0
_CALM_P99_MS, _MOST_TRIES, _GROWTH = 290.0, 6, 1.3
_MOST_CALLS = 8
_DATABASE_MB, _MB_PER_CONNECTION = 400.0, 24.0  # room for four times the connections
_PRIMARY_OVERLOAD = 1.25  # of a primary that serves what its replica should
_COLD_UTILISATION = 2.4  # of a database behind an empty cache
_LEAST_SHARE = 0.08  # of the entry's requests, that every service handles


@lru_cache(maxsize=256)
def generated(words: Words, number: int) -> Topology:
    """Topology `number` of the pool that `words` name; the same every time."""
    draws = Draws(stream_seed(number, _STREAM, len(words.roles[0]) * 1000 + ord(words.roles[0][0])), 1200)
    shape = _Shape(words, draws, _SIZES[number % len(_SIZES)])
    topology = Topology(
        f"{words.gateways[0]}-{number}", shape.parts, shape.calls, round(draws.between(180.0, 420.0)),
        _FORMATS[draws.index(len(_FORMATS))],
    )  # fmt: skip
    return _with_databases(_calm(_sized(topology, draws)))


class _Shape:
    """Who is there and who calls whom; how large each is comes later, from the load."""

    def __init__(self, words: Words, draws: Draws, size: int) -> None:
        self._draws, self._words = draws, words
        self._ending = words.endings[draws.index(len(words.endings))]
        self._roles = _shuffled(words.roles, draws)
        databases = 1 if size <= 12 else 2 if size <= 20 else 3
        workers = 1 if size <= 16 else 2
        count = max(size - 2 - databases - workers, 1)
        first = max(1, round(count * draws.between(0.35, 0.55)))
        self.entry, self.gateway = (
            words.entries[draws.index(len(words.entries))],
            words.gateways[draws.index(len(words.gateways))],
        )
        self.first = [self._name(k) for k in range(min(first, _MOST_CALLS - 2))]
        self.others = [self._name(k) for k in range(len(self.first), count)]
        self.workers = list(words.workers[:workers])
        self.databases = [f"{words.domains[k]}-{'db' if draws.chance(0.5) else 'sql'}" for k in range(databases)]
        self._share = {self.entry: 1.0, self.gateway: 1.0}
        self.calls = tuple(self._calls())
        self.parts = tuple(self._parts())

    def _name(self, number: int) -> str:
        return f"{self._roles[number]}{self._ending}"

    def _calls(self) -> list[Call]:
        found = [Call(self.entry, self.gateway, 1.0)]
        found += [self._call(self.gateway, name, 0.25, 0.7) for name in self.first]
        callers = list(self.first)
        for name in self.others:
            found += [self._call(caller, name, 0.4, 1.0) for caller in self._callers(callers, found)]
            callers.append(name)
        found += [self._publish(worker) for worker in self.workers]
        return found + self._queries()

    def _callers(self, callers: list[str], found: list[Call]) -> list[str]:
        """One or two that handle enough themselves, and do not call too many yet."""
        fit = [name for name in callers if self._share[name] >= 2.5 * _LEAST_SHARE]
        fit = [name for name in fit if sum(call.caller == name for call in found) < _MOST_CALLS - 3] or callers[:1]
        chosen = [fit[self._draws.index(len(fit))]]
        if len(fit) > 1 and self._draws.chance(0.3):
            chosen.append(next(name for name in fit if name not in chosen))
        return chosen

    def _call(self, caller: str, callee: str, low: float, high: float) -> Call:
        rate = round(max(self._draws.between(low, high), _LEAST_SHARE / self._share[caller]), 2)
        self._share[callee] = min(self._share.get(callee, 0.0) + rate * self._share[caller], 1.0)
        return Call(caller, callee, rate)

    def _publish(self, worker: str) -> Call:
        callers = [self.gateway, *self.first]
        caller = callers[self._draws.index(len(callers))]
        rate = max(self._draws.between(0.2, 0.5), 1.5 * _LEAST_SHARE / self._share[caller])
        return Call(caller, worker, round(rate, 2), is_async=True)

    def _queries(self) -> list[Call]:
        """Most services ask one database; the first of them, and now and then another, through a cache."""
        found: list[Call] = []
        services = [*self.first, *self.others]
        for number, name in enumerate(services):
            if number >= 3 and self._draws.chance(0.3):
                continue
            database = self.databases[number % len(self.databases)]
            cached = number == 0 or self._draws.chance(0.15)
            found.append(Call(name, database, round(self._draws.between(0.5, 1.5), 2), is_cached=cached))
        return found

    def _parts(self) -> list[Part]:
        draws, cached = self._draws, {call.caller for call in self.calls if call.is_cached}
        outside = {self.first[-1], *([self.others[-1]] if self.others and draws.chance(0.4) else [])}
        limited = {self.gateway, *([self.first[0]] if draws.chance(0.3) and len(self.first) > 1 else [])}
        services = [self.entry, self.gateway, *self.first, *self.others]
        found = [
            Part(
                name, _RUNTIMES[draws.index(len(_RUNTIMES))], work_ms=draws.between(4.0, 26.0),
                hit_ratio=0.95 if name in cached else 0.0, replicas=2 + draws.index(2),
                outside=self._words.outside[draws.index(3)] if name in outside else "",
                outside_share=round(draws.between(0.3, 0.6), 2) if name in outside else 0.0,
                rate_limit_rps=1.0 if name in limited else 0.0,
            )
            for name in services
        ]  # fmt: skip
        found += [Part(name, "python", "consumer", work_ms=draws.between(8.0, 20.0)) for name in self.workers]
        return found + [
            Part(name, _DATABASES[draws.index(2)], "database", replicas=1, work_ms=draws.between(3.0, 6.0))
            for name in self.databases
        ]


def _shuffled(words: tuple[str, ...], draws: Draws) -> list[str]:
    keys = draws.units(len(words))
    return [word for _, word in sorted(zip(keys, words, strict=True))]


def _sized(topology: Topology, draws: Draws) -> Topology:
    """Work scaled so that a request takes about as long everywhere, then limits for the load that arrives."""
    scale = _TARGET_LATENCY_MS / _work_per_request(topology)
    parts = tuple(
        _limits(replace(part, work_ms=round(max(part.work_ms * min(scale, 1.5), 1.5), 1)), float(rate), draws)
        for part, rate in zip(topology.parts, topology.arrivals, strict=True)
    )
    return Topology(topology.name, parts, topology.calls, topology.nominal_rps, topology.log_format)


def _calm(topology: Topology) -> Topology:
    """The same, busier and larger, until a healthy world keeps well within the usual objective: at the same
    utilisation more requests on more cores wait for less."""
    for _ in range(_MOST_TRIES):
        if entry_p99_ms(topology) <= _CALM_P99_MS:
            break
        parts = tuple(_larger(part) for part in topology.parts)
        topology = Topology(topology.name, parts, topology.calls, topology.nominal_rps * _GROWTH, topology.log_format)
    return topology


def _larger(part: Part) -> Part:
    return replace(
        part, cpu_cores=round(part.cpu_cores * _GROWTH, 3), replica_cores=round(part.replica_cores * _GROWTH, 3),
        pool_max=_round_up(part.pool_max * _GROWTH, 5.0), rate_limit_rps=_round_up(part.rate_limit_rps * _GROWTH, 5.0),
    )  # fmt: skip


def _with_databases(topology: Topology) -> Topology:
    """Databases whose primary alone is just too small, and caches without which their database is overrun."""
    parts = list(topology.parts)
    for s, part in enumerate(parts):
        load = float(topology.arrivals[s]) * part.work_ms / 1000.0
        if part.role == "database":
            total = part.cpu_cores + part.replica_cores
            primary = max(round(load / _PRIMARY_OVERLOAD, 3), 0.05)
            parts[s] = replace(part, cpu_cores=primary, replica_cores=round(max(total - primary, primary), 3))
    for call, (a, b) in zip(topology.calls, topology.pairs, strict=True):
        if call.is_cached:
            usual = topology.utilisation(b)
            share = float(topology.arrivals[a]) * call.rate / float(topology.arrivals[b])
            cold = (_COLD_UTILISATION - usual) / (usual * share) + 1.0
            parts[a] = replace(parts[a], hit_ratio=round(1.0 - 1.0 / cold, 4))
    return Topology(topology.name, tuple(parts), topology.calls, topology.nominal_rps, topology.log_format)


def _work_per_request(topology: Topology) -> float:
    """Milliseconds of CPU that one request takes everywhere together: waiting roughly doubles it."""
    waited = [not call.is_async for call in topology.calls]
    share = np.zeros(len(topology.parts))
    share[topology.entry] = 1.0
    for service in topology.order:
        for call, (a, b), waits in zip(topology.calls, topology.pairs, waited, strict=True):
            if a == service and waits:
                share[b] += share[a] * call.rate
    return 1.6 * float(sum(part.work_ms * s for part, s in zip(topology.parts, share, strict=True)))


def _limits(part: Part, rate: float, draws: Draws) -> Part:
    """CPU for a utilisation of 35 to 50 %, memory for the heap, connections for five times the need."""
    cores = rate * part.work_ms / 1000.0 / draws.between(0.35, 0.5) / part.replicas
    heap = round(draws.between(110.0, 420.0))
    memory = 256.0 * max(1, round(heap / draws.between(0.42, 0.55) / 256.0))
    if heap > 0.6 * memory:
        memory += 256.0
    if part.role != "database":
        limit = _round_up(1.8 * rate / part.replicas, 5.0) if part.rate_limit_rps else 0.0
        return replace(part, cpu_cores=_round_up(cores, 0.05), memory_mb=memory, heap_mb=heap, rate_limit_rps=limit)
    pool = max(20.0, _round_up(5.0 * rate * (part.work_ms + 20.0) / 1000.0, 5.0))
    primary = _round_up(0.37 * cores, 0.05)
    memory = _round_up(1.1 * (_DATABASE_MB + _MB_PER_CONNECTION * pool), 256.0)
    return replace(
        part, cpu_cores=primary, replica_cores=_round_up(cores - primary, 0.05), memory_mb=memory,
        heap_mb=_DATABASE_MB, pool_max=pool,
    )  # fmt: skip


def _round_up(value: float, unit: float) -> float:
    return round(float(np.ceil(value / unit - 1e-9)) * unit, 6)
