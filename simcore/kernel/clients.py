"""What clients do to their database: connections that they hold or leak, rows that they lock, caches that they fill."""

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.conditions import fill_cache
from simcore.kernel.flow import calls_per_request, let_through
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.serve import LOCK_SHARE


@inlined
def held_connections(services: Floats, d: int) -> float:
    """Connections of database `d` that do no work: leaked ones and the idle minimum of every client pod."""
    held = 0.0
    for s in range(services.shape[0]):
        if services[s, at.DATABASE] == d and s != d:
            held += services[s, at.LEAKED_CONN] + services[s, at.POOL_MIN] * services[s, at.READY]
    return held


@inlined
def leak_connections(services: Floats, pods: Floats, s: int, leaked: float) -> None:
    services[s, at.LEAKED_CONN] += leaked
    for p in range(int(services[s, at.PODS])):
        pods[s, p, at.POD_LEAKED_CONN] += leaked / services[s, at.PODS]


@inlined
def use_database(
    services: Floats, pods: Floats, releases: Floats, edges: Floats, first: Ints, callees: Ints, d: int, dt: float
) -> None:
    """Advances what every client of database `d` holds of it; a leaking release keeps some connections for good."""
    left = services[d, at.POOL_MAX] - held_connections(services, d)
    hold = (services[d, at.MEAN_MS] + services[d, at.POOL_HOLD_MS]) / 1000.0
    locked_s, lock_rate = 0.0, 0.0
    for s in range(services.shape[0]):
        if services[s, at.DATABASE] != d or s == d:
            continue
        load = services[s, at.OFFERED] / (services[s, at.NOMINAL_RPS] * max(services[s, at.READY], 1.0))
        leaked = releases[s, int(services[s, at.RELEASE]), at.CONN_LEAK_PER_S] * min(load, 2.0) * dt
        leaked = max(0.0, min(leaked, left)) if services[s, at.PODS] > 0.0 else 0.0
        left -= leaked
        leak_connections(services, pods, s, leaked)
        queries = queries_per_s(services, edges, first, callees, s, d, dt)
        working = queries * (1.0 - services[d, at.OWN_FAIL]) * hold
        services[s, at.CONNS] = services[s, at.LEAKED_CONN] + services[s, at.POOL_MIN] * services[s, at.READY] + working
        lock_ms = services[s, at.LOCK_HOLD_MS] + releases[s, int(services[s, at.RELEASE]), at.LOCK_MS]
        locked_s += LOCK_SHARE * queries * lock_ms / 1000.0
        lock_rate += LOCK_SHARE * queries if lock_ms > 0.0 else 0.0
        if services[s, at.CACHE_KEYS] > 0.0:
            fill_cache(services, s, services[d, at.FAIL], lookups_per_s(services, edges, first, callees, s, d, dt), dt)
    services[d, at.LOCK_BUSY] = locked_s
    services[d, at.LOCK_HOLD_MS] = 1000.0 * locked_s / lock_rate if lock_rate > 0.0 else 0.0


@inlined
def lookups_per_s(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int, d: int, dt: float) -> float:
    """How often a second a service asks its cache."""
    for e in range(first[s], first[s + 1]):
        if callees[e] == d:
            return let_through(services, s, dt) * edges[e, at.RATE_PER_REQUEST]
    return 0.0


@inlined
def queries_per_s(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int, d: int, dt: float) -> float:
    through = let_through(services, s, dt)
    for e in range(first[s], first[s + 1]):
        if callees[e] == d:
            return through * calls_per_request(services, edges, s, e) * edges[e, at.REACH]
    return 0.0
