"""Remedies as predicates on the world: what a lasting fix makes true, whatever actions led there."""

from simcore.kernel import layout as at
from simcore.kernel import plan
from simcore.kernel.compiled import compiled
from simcore.kernel.conditions import disk_rate
from simcore.kernel.layout import Floats

_POOL_MARGIN = 1.2
_LOAD_MARGIN = 1.1
_OUTLASTS_S = 900.0
_FULL_DISK = 0.9
_SHORT_STALL_PERIODS = 2.5
_CLOCK_LEEWAY_S = 60.0


@compiled
def is_fresh(services: Floats, pods: Floats, s: int, since: float) -> bool:
    """Every pod was started since then, or is about to be replaced."""
    for p in range(int(services[s, at.PODS])):
        if pods[s, p, at.STARTED_AT] < since and pods[s, p, at.REPLACE_AT] >= at.NEVER:
            return False
    return services[s, at.PODS] > 0.0


@compiled
def pool_need(services: Floats, d: int) -> float:
    """Connections that the clients of a database need: arrival rate x hold time (Little's law)."""
    rate = max(services[d, at.NOMINAL_RPS] * services[d, at.USUAL_REPLICAS], services[d, at.OFFERED])
    return rate * (services[d, at.EFF_WORK_MS] + services[d, at.POOL_HOLD_MS]) / 1000.0


@compiled
def leak_rate(services: Floats, releases: Floats, d: int) -> float:
    """Connections per second that the clients of a database leak together."""
    total = 0.0
    for s in range(services.shape[0]):
        if services[s, at.DATABASE] == d and s != d:
            total += releases[s, int(services[s, at.RELEASE]), at.CONN_LEAK_PER_S]
    return total


@compiled
def wanted_mb(services: Floats) -> float:
    total = 0.0
    for s in range(services.shape[0]):
        total += services[s, at.DESIRED] * services[s, at.MEM_LIMIT_MB]
    return total


@compiled
def is_clean(services: Floats, releases: Floats, s: int) -> bool:
    """The running release has no fault, and no canary that has one gets traffic."""
    for r in range(at.MAX_RELEASES):
        if r == services[s, at.RELEASE] or (r == at.MAX_RELEASES - 1 and services[s, at.CANARY_WEIGHT] > 0.0):
            faults = releases[s, r, at.LEAK_MB_PER_S] + releases[s, r, at.CONN_LEAK_PER_S]
            faults += releases[s, r, at.ERROR_SHARE] + releases[s, r, at.LOCK_MS] + releases[s, r, at.LOG_MB_PER_S]
            if faults > 0.0 or releases[s, r, at.BREAKS] > 0.0 or releases[s, r, at.WORK_FACTOR] > 1.0:
                return False
    return True


@compiled
def covers_load(services: Floats, s: int) -> bool:
    """The CPU of the pods that are wanted suffices for what arrives."""
    cores = services[s, at.DESIRED] * (services[s, at.CPU_CORES] + services[s, at.REPLICA_CORES])
    return 1000.0 * cores / services[s, at.EFF_WORK_MS] >= _LOAD_MARGIN * services[s, at.OFFERED]


@compiled
def has_room(services: Floats, releases: Floats, s: int) -> bool:
    """The disk is not almost full, and will not be for a quarter of an hour."""
    rate = disk_rate(services, releases, s)
    used, size = services[s, at.DISK_USED_MB], services[s, at.DISK_MB]
    return used < _FULL_DISK * size and used + rate * _OUTLASTS_S < size


@compiled
def holds(clock: Floats, services: Floats, releases: Floats, pods: Floats, part: Floats) -> bool:
    """Whether one part of a remedy holds."""
    code, s, limit = int(part[at.PART_PREDICATE]), int(part[at.PART_SERVICE]), part[at.PART_LIMIT]
    if code == plan.AT_LEAST:
        return services[s, int(part[at.PART_COLUMN])] >= limit
    if code == plan.AT_MOST:
        return services[s, int(part[at.PART_COLUMN])] <= limit
    if code == plan.RELEASE_CLEAN:
        return is_clean(services, releases, s)
    if code == plan.CONNECTIONS_RELEASED or code == plan.RESTARTED:
        return is_fresh(services, pods, s, clock[at.ALERT_S])
    if code == plan.POOL_OUTLASTS_LEAK:
        left = services[s, at.POOL_MAX] - _POOL_MARGIN * pool_need(services, s)
        return left >= _OUTLASTS_S * leak_rate(services, releases, s)
    if code == plan.POOL_COVERS_NEED:
        return services[s, at.POOL_MAX] >= _POOL_MARGIN * pool_need(services, s)
    if code == plan.QUOTA_COVERS_DEMAND:
        return wanted_mb(services) <= clock[at.QUOTA_MB]
    if code == plan.NODES_COVER_DEMAND:
        return wanted_mb(services) <= clock[at.NODES_MB]
    if code == plan.REPLICAS_READY:
        desired = services[s, at.DESIRED]
        return services[s, at.PODS] >= desired and desired >= services[s, at.USUAL_REPLICAS]
    if code == plan.CAPACITY_COVERS_LOAD:
        return covers_load(services, s)
    if code == plan.BUDGET_COVERS_LOAD:
        return services[s, at.RATE_LIMIT_RPS] * services[s, at.DESIRED] >= services[s, at.OFFERED]
    if code == plan.DISK_HAS_ROOM:
        return has_room(services, releases, s)
    if code == plan.STALLS_ARE_SHORT:
        return services[s, at.BURST_MS] / (100.0 * services[s, at.CPU_CORES]) <= 1.0 + _SHORT_STALL_PERIODS
    if code == plan.NEIGHBOUR_IS_QUIET:
        burnt = min(clock[at.HOG_CORES], services[s, at.CPU_CORES])
        return burnt <= clock[at.SPARE_CORES] + 0.1 * clock[at.NODE_CORES]
    if code == plan.CLOCK_IS_RIGHT:
        return abs(services[s, at.CLOCK_OFFSET_S]) <= _CLOCK_LEEWAY_S and services[s, at.CLOCK_DRIFT] == 0.0
    return False
