"""What the values of mechanisms are measured against: quantities of the healthy world, with Little's law and
utilisation as they are defined, so that one parameter range is equally hard in every topology."""

import math

from simcore.kernel import layout as at
from simcore.kernel import plan
from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.serve import LOCK_SHARE

_BUSY = 0.78  # of the CPU: full pods, and still a tolerable wait


@inlined
def rps_at_full(services: Floats, s: int) -> float:
    """Requests per second at which the CPU of a service is fully used."""
    cores = services[s, at.USUAL_REPLICAS] * (services[s, at.CPU_CORES] + services[s, at.REPLICA_CORES])
    return 1000.0 * cores / services[s, at.WORK_MS]


@inlined
def arrivals(services: Floats, s: int) -> float:
    return services[s, at.NOMINAL_RPS] * services[s, at.USUAL_REPLICAS]


@compiled
def callees_ms(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int) -> float:
    """Mean latency of the slowest service that `s` waits for."""
    slowest = 1.0
    for e in range(first[s], first[s + 1]):
        if edges[e, at.IS_ASYNC] <= 0.0:
            slowest = max(slowest, services[callees[e], at.MEAN_MS])
    return slowest


@compiled
def queries(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int) -> float:
    """Queries per second that `s` makes."""
    for e in range(first[s], first[s + 1]):
        if callees[e] == services[s, at.DATABASE]:
            missed = 1.0 - services[s, at.HIT] if edges[e, at.IS_CACHED] > 0.0 else 1.0
            return arrivals(services, s) * edges[e, at.RATE_PER_REQUEST] * missed
    return 1.0


@compiled
def reference(
    services: Floats, edges: Floats, clock: Floats, first: Ints, callees: Ints, code: int, s: int, begin: float
) -> float:
    """The number that `code` stands for at service `s`."""
    if code < at.SERVICE_COLUMNS:
        return services[s, code]
    if code == plan.OF_MEMORY_ROOM_MB:
        return services[s, at.MEM_LIMIT_MB] - services[s, at.HEAP_NEED_MB]
    if code == plan.OF_HEAP_SHARE:
        return services[s, at.HEAP_NEED_MB] / services[s, at.MEM_LIMIT_MB]
    if code == plan.OF_WORK_AT_FULL_MS:
        return services[s, at.WORK_MS] * rps_at_full(services, s) / arrivals(services, s)
    if code == plan.OF_RPS_AT_FULL:
        return rps_at_full(services, s)
    if code == plan.OF_FULL_FACTOR:
        return rps_at_full(services, s) / arrivals(services, s)
    if code == plan.OF_PRIMARY_FACTOR:
        return (
            rps_at_full(services, s)
            / arrivals(services, s)
            * services[s, at.CPU_CORES]
            / (services[s, at.CPU_CORES] + services[s, at.REPLICA_CORES])
        )
    if code == plan.OF_POOL_NEED:
        return arrivals(services, s) * (services[s, at.WORK_MS] + services[s, at.POOL_HOLD_MS]) / 1000.0
    if code == plan.OF_THREADS_NEED:
        return services[s, at.NOMINAL_RPS] * services[s, at.MEAN_MS] / 1000.0
    if code == plan.OF_CALLEES_MS:
        return callees_ms(services, edges, first, callees, s)
    if code == plan.OF_LOCK_FULL_MS:
        return 1000.0 / (LOCK_SHARE * queries(services, edges, first, callees, s))
    if code == plan.OF_DISK_ROOM_MB:
        return services[s, at.DISK_MB] - services[s, at.DISK_USED_MB]
    if code == plan.OF_BUDGET_RPS:
        return services[s, at.RATE_LIMIT_RPS] * services[s, at.USUAL_REPLICAS]
    if code == plan.OF_PERIOD_QUOTA_MS:
        return 100.0 * services[s, at.CPU_CORES]
    if code == plan.OF_ARRIVALS:
        return arrivals(services, s)
    if code == plan.OF_REQUESTED_MB:
        requested = 0.0
        for other in range(services.shape[0]):
            requested += services[other, at.USUAL_REPLICAS] * services[other, at.MEM_LIMIT_MB]
        return requested
    if code == plan.OF_NODE_CORES:
        return clock[at.NODE_CORES]
    if code == plan.OF_RPS_TO_BUSY:
        return max(_BUSY * rps_at_full(services, s) - arrivals(services, s), 0.1 * rps_at_full(services, s))
    if code == plan.OF_HERD_AT_FULL:
        d, own = int(services[s, at.DATABASE]), queries(services, edges, first, callees, s)
        return max((rps_at_full(services, d) - arrivals(services, d) + own) / own, 2.0)
    return s if code == plan.OF_NUMBER else begin


@compiled
def evaluated(
    services: Floats, edges: Floats, clock: Floats, first: Ints, callees: Ints, template: Floats, parameters: Floats,
    places: Ints, begin: float,
) -> float:  # fmt: skip
    """The value of a row template, with these parameters, at these places."""
    value = template[plan.T_CONSTANT]
    if template[plan.T_PARAMETER] >= 0.0:
        value *= parameters[int(template[plan.T_PARAMETER])]
    if template[plan.T_DIVISOR] >= 0.0:
        value /= parameters[int(template[plan.T_DIVISOR])]
    if template[plan.T_OF] >= 0.0:
        s = places[int(template[plan.T_OF_AT])]
        value *= reference(services, edges, clock, first, callees, int(template[plan.T_OF]), s, begin)
    return max(1.0, math.floor(value)) if template[plan.T_WHOLE] > 0.0 else value
