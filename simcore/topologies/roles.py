"""Which services of a topology a mechanism can befall, by what they do there."""

from collections.abc import Callable

from simcore.topologies.rest import threads_needed
from simcore.topologies.topology import Topology

_LEAST_BUSY_THREADS = 1.15
_BUSIEST = 3
_LOADED = 0.3


def _stateless(topology: Topology, s: int) -> bool:
    return topology.parts[s].role == "service" and s != topology.entry


def _is_database(topology: Topology, s: int) -> bool:
    return topology.parts[s].role == "database"


def _waited_for(topology: Topology, s: int) -> list[int]:
    """The services that `s` calls and waits for."""
    calls = zip(topology.calls, topology.pairs, strict=True)
    return [b for call, (a, b) in calls if a == s and not call.is_async]


def _busy(topology: Topology, s: int) -> bool:
    """Whether it is among the busiest, and a pod keeps more than one thread busy, so that too few can be noticed."""
    needed = {
        other: threads_needed(topology, other) for other in range(len(topology.parts)) if _stateless(topology, other)
    }
    busiest = sorted(needed, key=lambda other: -needed[other])[:_BUSIEST]
    return s in busiest and needed[s] >= _LEAST_BUSY_THREADS


ROLES: dict[str, Callable[[Topology, int], bool]] = {
    "Services": lambda topology, s: not _is_database(topology, s),
    "Stateless": _stateless,
    "Unlimited": lambda topology, s: _stateless(topology, s) and topology.parts[s].rate_limit_rps == 0,
    "Loaded": lambda topology, s: _stateless(topology, s) and topology.utilisation(s) >= _LOADED,
    "Busy": _busy,
    "Databases": _is_database,
    "ReplicatedDatabases": lambda topology, s: topology.parts[s].replica_cores > 0,
    "DatabaseClients": lambda topology, s: _stateless(topology, s) and topology.databases[s] >= 0,
    "CachingServices": lambda topology, s: topology.parts[s].hit_ratio > 0,
    "Consumers": lambda topology, s: topology.parts[s].role == "consumer",
    "RateLimitedServices": lambda topology, s: topology.parts[s].rate_limit_rps > 0,
    "CallersOutside": lambda topology, s: topology.parts[s].outside_share > 0,
    "Called": _stateless,
    "Callers": lambda topology, s: _stateless(topology, s) and bool(_waited_for(topology, s)),
    "CallersOfServices": lambda topology, s: (
        _stateless(topology, s) and any(not _is_database(topology, c) for c in _waited_for(topology, s))
    ),
}


def services_of(topology: Topology, words: tuple[str, ...]) -> tuple[int, ...]:
    """The numbers of the services that are named, or have a role that is named, in order."""
    return tuple(
        s
        for s, name in enumerate(topology.names)
        if any(word == name or (word in ROLES and ROLES[word](topology, s)) for word in words)
    )
