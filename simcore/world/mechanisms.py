"""Mechanisms: what breaks. Each is data for the kernel, rows that change causes at a time; none touches a symptom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simcore.world import layout as at
from simcore.world.topology import Topology

Row = tuple[float, float, float, float, float, float]
Parameters = Mapping[str, float]


class Place(NamedTuple):
    """Where a mechanism strikes: the target and, for those that need them, innocent services that suffer."""

    topology: Topology
    target: int
    victims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """`parameters` are (low, high) defaults; `onset_seconds` among them is how long before time 0 it begins."""

    name: str
    mechanism_class: str
    summary: str
    parameters: Mapping[str, tuple[float, float]]
    rows: Callable[[Place, Parameters], list[Row]]
    by_release: bool = False
    has_victims: bool = False
    namespace_wide: bool = False


def _set(start: float, service: int, column: int, value: float) -> Row:
    return (start, at.NEVER, float(service), float(column), at.MODE_SET, value)


def _ramp(start: float, end: float, service: int, column: int, change: float) -> Row:
    return (start, end, float(service), float(column), at.MODE_RATE, change / (end - start))


def _release(start: float, service: int, column: int, value: float) -> Row:
    return (start, at.NEVER, float(service), float(column), at.MODE_RELEASE, value)


def _quota(start: float, mebibytes: float) -> Row:
    return (start, at.NEVER, 0.0, 0.0, at.MODE_QUOTA, float(round(mebibytes)))


def _limit(place: Place) -> float:
    return place.topology.memory_mb[place.target]


def _heap_oom(place: Place, given: Parameters) -> list[Row]:
    start = -given["onset_seconds"]
    needed = _limit(place) * given["need_factor"]
    now_needed = place.topology.heap_mb[place.target]
    return [_ramp(start, start + given["ramp_seconds"], place.target, at.HEAP_NEED_MB, needed - now_needed)]


def _memory_leak(place: Place, given: Parameters) -> list[Row]:
    room = _limit(place) - place.topology.heap_mb[place.target]
    rate = room / given["seconds_to_limit"]
    return [_release(-given["onset_seconds"], place.target, at.LEAK_MB_PER_S, rate)]


def _connections_per_second(place: Place, given: Parameters) -> float:
    return place.topology.pool_max[place.topology.database] / given["seconds_to_exhaust"]


def _connection_leak(place: Place, given: Parameters) -> list[Row]:
    rate = _connections_per_second(place, given)
    start = -given["onset_seconds"]
    return [(start, at.NEVER, float(place.target), float(at.CONN_LEAK_PER_S), at.MODE_EVERY_RELEASE, rate)]


def _leaky_connections_release(place: Place, given: Parameters) -> list[Row]:
    rate = _connections_per_second(place, given)
    return [_release(-given["onset_seconds"], place.target, at.CONN_LEAK_PER_S, rate)]


def _pool_misconfigured(place: Place, given: Parameters) -> list[Row]:
    database = place.topology.database
    return [_set(-given["onset_seconds"], database, at.POOL_MAX, float(round(given["connections"])))]


def _pods_lost(place: Place, given: Parameters) -> list[Row]:
    start = -given["pods_lost_seconds"]
    return [
        _set(start + 15.0 * number, victim, at.PODS_LOST, float(at.MAX_PODS))
        for number, victim in enumerate(place.victims)
    ]


def _requested(place: Place) -> float:
    """MiB that all services of the namespace ask for together, before anything scales."""
    return place.topology.requested_mb


def _leaky_release(place: Place, given: Parameters) -> list[Row]:
    start, service = -given["onset_seconds"], place.target
    autoscaled = [
        _set(start, service, at.HPA_MIN, place.topology.replicas[service]),
        _set(start, service, at.HPA_MAX, float(at.MAX_PODS)),
        _set(start, service, at.HPA_TARGET, place.topology.heap_mb[service] / _limit(place)),
        _quota(start, _requested(place) * given["quota_factor"]),
    ]
    return _memory_leak(place, given) + autoscaled + _pods_lost(place, given)


def _quota_lowered(place: Place, given: Parameters) -> list[Row]:
    quota = _requested(place) * given["quota_factor"]
    return [_quota(-given["onset_seconds"], quota), *_pods_lost(place, given)]


MECHANISMS: dict[str, Mechanism] = {
    mechanism.name: mechanism
    for mechanism in (
        Mechanism(
            "heap_oom", "memory", "The live heap of a service outgrew its memory limit.",
            {"need_factor": (1.15, 1.6), "onset_seconds": (300, 700), "ramp_seconds": (120, 240)}, _heap_oom,
        ),
        Mechanism(
            "memory_leak", "release", "A release leaks memory; a larger limit only delays the kill.",
            {"seconds_to_limit": (60, 150), "onset_seconds": (300, 700)}, _memory_leak, by_release=True,
        ),
        Mechanism(
            "connection_leak", "connections", "A service takes database connections and does not give them back.",
            {"seconds_to_exhaust": (420, 800), "onset_seconds": (500, 900)}, _connection_leak,
        ),
        Mechanism(
            "leaky_connections_release", "release", "A release leaks database connections; the one before does not.",
            {"seconds_to_exhaust": (240, 420), "onset_seconds": (500, 900)},
            _leaky_connections_release, by_release=True,
        ),
        Mechanism(
            "pool_misconfigured", "config", "The database's connection limit was set below what its clients need.",
            {"connections": (2, 3), "onset_seconds": (240, 500)}, _pool_misconfigured,
        ),
        Mechanism(
            "leaky_release", "release", "A release leaks memory; the autoscaler answers with pods and eats the quota.",
            {
                "seconds_to_limit": (700, 1000), "onset_seconds": (800, 1100), "pods_lost_seconds": (60, 180),
                "quota_factor": (1.08, 1.14),
            },
            _leaky_release, by_release=True, has_victims=True,
        ),
        Mechanism(
            "quota_lowered", "capacity", "The namespace's memory quota was lowered below what its services ask for.",
            {"quota_factor": (0.72, 0.88), "onset_seconds": (600, 1200), "pods_lost_seconds": (60, 180)},
            _quota_lowered, has_victims=True, namespace_wide=True,
        ),
    )
}  # fmt: skip


def mechanism_class(name: str) -> str | None:
    """The class of a mechanism, or the name itself if it is a class, or None."""
    if name in MECHANISMS:
        return MECHANISMS[name].mechanism_class
    return name if name in CLASSES else None


CLASSES = frozenset(
    {
        "memory", "cpu", "connections", "storage", "release", "config", "certificate", "names", "rate limit",
        "dependency", "capacity", "data lock", "network", "cache", "queue", "time",
    }
)  # fmt: skip
