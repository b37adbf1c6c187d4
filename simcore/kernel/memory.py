"""Memory and readiness of running pods: live data, leaks, garbage collection, kills with back-off.

Facts: Kubernetes restarts a container at once, then after 10, 20, 40 ... 300 s, and forgets crashes after 10 minutes of
running (pod lifecycle documentation); a liveness probe kills after three failures, one every 10 s (probe defaults).
"""

import math

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats
from simcore.kernel.pods import give_back, roll_pod

_FORGET_CRASHES_S = 600.0
_LONGEST_CRASH_DELAY_S = 300.0
_GC_STARTS_AT = 0.85
_GC_COST = 0.08  # of a collection, relative to the work between two of them, at equal shares of live and free memory
_IMBALANCE = 0.2  # load balancers do not spread evenly: pods leak at 0.8 to 1.2 of the average
_HEAP_IMBALANCE = 0.005
_MB_PER_SLOT = 0.5  # what a database reserves for a connection that it allows, used or not
_MB_PER_CONN = 5.0
_WARMUP_S, _WARM_AFTER_S = 60.0, 1200.0
_PROBE_FAILURES, _PROBE_PERIOD_S = 3.0, 10.0
_PROBE_WORK_MS = 120.0  # a probe that asks the service's own dependencies
_PROBE_QUEUES = 0.25  # of the wait of a request, what a probe waits
_PROBES_PASS = 12.0  # mean answers that fit into the timeout: then no probe fails


@inlined
def crash_delay(crashes: float) -> float:
    """Seconds until the container is started again after its crash number `crashes` (0 is the first)."""
    return 0.0 if crashes < 1.0 else min(_LONGEST_CRASH_DELAY_S, 10.0 * 2.0 ** (crashes - 1.0))


@inlined
def gc_share(used: float) -> float:
    """The share of CPU that garbage collection takes when this share of the limit is used.

    Each collection costs in proportion to what lives and is needed after what is free has been filled, so that its
    cost is that of live / free (A. Appel, Garbage collection can be faster than stack allocation, 1987); what a
    heap that is not nearly full costs is part of the service's work.
    """
    if used <= _GC_STARTS_AT:
        return 0.0
    ratio = min(used / max(1.0 - used, 1e-3), 1e3) - _GC_STARTS_AT / (1.0 - _GC_STARTS_AT)
    return _GC_COST * ratio / (1.0 + _GC_COST * ratio)


@inlined
def heap(services: Floats, s: int, age: float) -> float:
    """MiB of live data in a pod of this age: it warms up from the start value to what it needs."""
    if age > _WARM_AFTER_S:
        return services[s, at.HEAP_NEED_MB]
    warm = 1.0 - math.exp(-max(age, 0.0) / _WARMUP_S)
    return services[s, at.HEAP_START_MB] + (services[s, at.HEAP_NEED_MB] - services[s, at.HEAP_START_MB]) * warm


@inlined
def stop_container(services: Floats, pods: Floats, s: int, p: int, when: float) -> None:
    """A container ends and starts again after its back-off, in the same pod with the same limit."""
    if when - pods[s, p, at.STARTED_AT] > _FORGET_CRASHES_S:
        pods[s, p, at.CRASHES] = 0.0
    ready_at = when + crash_delay(pods[s, p, at.CRASHES]) + services[s, at.START_S]
    pods[s, p, at.CRASHES] += 1.0
    pods[s, p, at.DOWN_UNTIL] = ready_at
    pods[s, p, at.STARTED_AT] = ready_at
    pods[s, p, at.LEAKED_MB] = 0.0
    services[s, at.RESTARTS] += 1.0
    give_back(services, pods, s, p)


@inlined
def unevenness(p: float, pods: float) -> float:
    """From -1 for the first pod to 1 for the last; on average, and for a pod alone, 0."""
    return 2.0 * p / (pods - 1.0) - 1.0 if pods > 1.0 else 0.0


@inlined
def run_pod(
    services: Floats, pods: Floats, s: int, p: int, leak_rate: float, fixed: float, now: float, dt: float
) -> tuple[float, float]:
    """Advances a pod by dt; returns (share of dt in which it was ready, its memory in MiB while it was)."""
    if pods[s, p, at.DOWN_UNTIL] >= now + dt:
        return 0.0, 0.0
    begin = max(now, pods[s, p, at.DOWN_UNTIL])
    span = now + dt - begin
    age, other = now + dt - pods[s, p, at.STARTED_AT], pods[s, p, at.LEAKED_MB] + fixed
    uneven = 1.0 + _HEAP_IMBALANCE * (p % 3 - 1.0)
    before = heap(services, s, age - span) * uneven + other
    after = heap(services, s, age) * uneven + other + leak_rate * span
    if after >= pods[s, p, at.LIMIT_MB]:
        alive = span * min(max((pods[s, p, at.LIMIT_MB] - before) / max(after - before, 1e-9), 0.0), 1.0)
        stop_container(services, pods, s, p, begin + alive)
        services[s, at.OOM_AT] = begin + alive
        return alive / dt, 0.5 * (min(before, pods[s, p, at.LIMIT_MB]) + pods[s, p, at.LIMIT_MB])
    pods[s, p, at.LEAKED_MB] += leak_rate * span
    return span / dt, after


@inlined
def steady_memory(services: Floats, pods: Floats, s: int, p: int, leak: float, fixed: float, now: float) -> float:
    """MiB of a pod that has long been warm and does not leak; -1 if it is not such a pod, or is over its limit."""
    old = now - pods[s, p, at.STARTED_AT] > _WARM_AFTER_S
    if leak > 0.0 or not old or pods[s, p, at.DOWN_UNTIL] > now or pods[s, p, at.REPLACE_AT] < at.NEVER:
        return -1.0
    uneven = 1.0 + _HEAP_IMBALANCE * (p % 3 - 1.0)
    used = services[s, at.HEAP_NEED_MB] * uneven + pods[s, p, at.LEAKED_MB] + fixed
    return used if used < pods[s, p, at.LIMIT_MB] else -1.0


@inlined
def is_settled(services: Floats, s: int, leak_rate: float, fixed: float) -> bool:
    """Whether nothing moves in a service's pods: all are as they were when last looked at one by one."""
    same_pods = services[s, at.PODS] > 0.0 and services[s, at.SETTLED_PODS] == services[s, at.PODS]
    return same_pods and services[s, at.SETTLED_NEED_MB] == services[s, at.HEAP_NEED_MB] and leak_rate + fixed == 0.0


@inlined
def run_pods(services: Floats, pods: Floats, releases: Floats, clock: Floats, s: int, dt: float) -> float:
    """Advances a service's pods by dt; returns the share of dt in which none of them was ready."""
    now = clock[at.NOW_S]
    load = services[s, at.OFFERED] / max(services[s, at.READY], 1.0) / services[s, at.NOMINAL_RPS]
    leak_rate = releases[s, int(services[s, at.RELEASE]), at.LEAK_MB_PER_S] * min(max(load, 0.2), 2.0)
    fixed = 0.0
    if services[s, at.POOL_MAX] > 0.0:
        fixed = _MB_PER_CONN * services[s, at.CONNS] + _MB_PER_SLOT * services[s, at.POOL_MAX]
    if is_settled(services, s, leak_rate, fixed):
        return 0.0
    ready, none_ready, memory, running, collecting = 0.0, 1.0, 0.0, 0.0, 0.0
    settled = services[s, at.PODS]
    for p in range(int(services[s, at.PODS])):
        share, used = 1.0, steady_memory(services, pods, s, p, leak_rate, fixed, now)
        if used < 0.0:
            settled = -1.0
            if pods[s, p, at.REPLACE_AT] <= now:
                roll_pod(services, pods, clock, s, p)
            leak = leak_rate * (1.0 + _IMBALANCE * unevenness(p, services[s, at.PODS]))
            share, used = run_pod(services, pods, s, p, leak, fixed, now, dt)
        ready += share
        none_ready *= 1.0 - share
        if used > 0.0:
            memory += used
            running += 1.0
            if used > _GC_STARTS_AT * pods[s, p, at.LIMIT_MB]:
                collecting += share * gc_share(used / pods[s, p, at.LIMIT_MB])
    services[s, at.SETTLED_PODS] = settled
    services[s, at.SETTLED_NEED_MB] = services[s, at.HEAP_NEED_MB]
    services[s, at.READY] = ready
    services[s, at.MEM_MB] = memory / running if running > 0.0 else 0.0
    services[s, at.GC_SHARE] = collecting / ready if ready > 0.0 else 0.0
    return none_ready


@inlined
def probe_failures(services: Floats, s: int, wait_ms: float) -> float:
    """The share of liveness probes that time out, their answers being exponential around what a request waits."""
    mean = _PROBE_QUEUES * wait_ms + _PROBE_WORK_MS / (1.0 - services[s, at.GC_SHARE])
    timeout = services[s, at.PROBE_TIMEOUT_MS]
    return 0.0 if timeout > _PROBES_PASS * mean else math.exp(-timeout / mean)


@inlined
def probe_pods(services: Floats, pods: Floats, s: int, failing: float, now: float, dt: float) -> None:
    """Liveness probes that fail three times in a row kill containers, at the rate at which that happens."""
    rate = services[s, at.READY] * failing**_PROBE_FAILURES / (_PROBE_FAILURES * _PROBE_PERIOD_S)
    services[s, at.KILL_DEBT] = min(services[s, at.KILL_DEBT] + rate * dt, services[s, at.PODS])
    for p in range(int(services[s, at.PODS])):
        is_up = pods[s, p, at.DOWN_UNTIL] + _PROBE_FAILURES * _PROBE_PERIOD_S <= now
        if services[s, at.KILL_DEBT] >= 1.0 and is_up:
            services[s, at.KILL_DEBT] -= 1.0
            stop_container(services, pods, s, p, now)
            services[s, at.KILLED_AT] = now
            services[s, at.SETTLED_PODS] = -1.0
