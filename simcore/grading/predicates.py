"""Remedies as predicates on the world: what a lasting fix makes true, whatever actions led there."""

from collections.abc import Callable

from simcore.scenarios.spec import Remedy
from simcore.world import layout as at
from simcore.world.world import World

_MEMORY_MARGIN = 1.05  # the busiest pod needs 4 % more than the average
_POOL_MARGIN = 1.2
_LEAK_OUTLASTS_S = 900.0


def holds(world: World, remedy: Remedy) -> bool:
    """Whether one predicate holds everywhere it must."""
    predicate = _PREDICATES[remedy.predicate]
    return all(predicate(world, service) for service in _places(world, remedy.where))


def fixed(world: World) -> bool:
    """Whether one of the alternative remedies holds whole: the cause is gone, not masked."""
    if world.incident.kind != "Fault":
        return True
    return any(all(holds(world, part) for part in parts) for parts in world.incident.variant.remedies)


def held_parts(world: World) -> tuple[tuple[bool, ...], ...]:
    """Which parts of which alternative hold."""
    return tuple(tuple(holds(world, part) for part in parts) for parts in world.incident.variant.remedies)


def _places(world: World, where: str) -> tuple[int, ...]:
    if where == "Victims":
        return world.incident.victims
    return (world.incident.topology.database if where == "Database" else world.incident.target,)


def _memory_covers_need(world: World, s: int) -> bool:
    row = world.state.services[s]
    final = world.incident.topology.memory_mb[s] * world.incident.parameters.get("need_factor", 0.0)
    return bool(row[at.MEM_LIMIT_MB] >= _MEMORY_MARGIN * max(row[at.HEAP_NEED_MB], final))


def _release_without_fault(world: World, s: int) -> bool:
    return not bool(world.state.releases[s, int(world.state.services[s, at.RELEASE])].any())


def _connections_released(world: World, s: int) -> bool:
    """No pod holds on to what it had leaked when the alert fired: each was replaced, or is about to be."""
    pods = world.state.pods[s, : int(world.state.services[s, at.PODS])]
    fresh = (pods[:, at.STARTED_AT] >= world.start_s) | (pods[:, at.REPLACE_AT] < at.NEVER)
    return bool(fresh.all()) and len(pods) > 0


def _pool_need(world: World) -> float:
    """Connections that the clients need at this load: arrival rate x hold time (Little's law)."""
    services, database = world.state.services, world.incident.topology.database
    rates = world.incident.topology.arrivals / world.incident.topology.nominal_rps * world.state.clock[at.BASE_RPS]
    return float(rates[database] * (services[database, at.WORK_MS] + services[database, at.POOL_HOLD_MS]) / 1000.0)


def _pool_outlasts_leak(world: World, s: int) -> bool:
    rate = world.state.releases[:, 0, at.CONN_LEAK_PER_S].sum()
    left = world.state.services[s, at.POOL_MAX] - _POOL_MARGIN * _pool_need(world)
    return bool(left >= _LEAK_OUTLASTS_S * rate)


def _pool_covers_need(world: World, s: int) -> bool:
    return bool(world.state.services[s, at.POOL_MAX] >= _POOL_MARGIN * _pool_need(world))


def _quota_covers_demand(world: World, _: int) -> bool:
    services = world.state.services
    return bool(services[:, at.DESIRED] @ services[:, at.MEM_LIMIT_MB] <= world.state.clock[at.QUOTA_MB])


def _replicas_ready(world: World, s: int) -> bool:
    row = world.state.services[s]
    return bool(row[at.PODS] >= row[at.DESIRED] and row[at.DESIRED] >= world.incident.topology.replicas[s])


_PREDICATES: dict[str, Callable[[World, int], bool]] = {
    "MemoryCoversNeed": _memory_covers_need,
    "ReleaseWithoutFault": _release_without_fault,
    "ConnectionsReleased": _connections_released,
    "PoolOutlastsLeak": _pool_outlasts_leak,
    "PoolCoversNeed": _pool_covers_need,
    "QuotaCoversDemand": _quota_covers_demand,
    "ReplicasReady": _replicas_ready,
}
