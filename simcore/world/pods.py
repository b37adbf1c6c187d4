"""The life of pods: memory that grows, OOM kills with back-off, rollouts, quota, autoscaling.

Facts: Kubernetes restarts a container at once, then after 10, 20, 40 ... 300 s, and forgets crashes after 10 minutes of
running (pod lifecycle documentation); a ReplicaSet whose pods are refused retries with a growing delay up to 1000 s
(client-go's default controller rate limiter); the HPA has a tolerance of 10 % and a scale-down window of 300 s.
"""

import math

from simcore.world import layout as at
from simcore.world.compiled import compiled, inlined
from simcore.world.layout import Floats

_FORGET_CRASHES_S = 600.0
_LONGEST_CRASH_DELAY_S = 300.0
_LONGEST_CREATE_DELAY_S = 1000.0
_STUCK_ROLLOUT_RETRY_S = 60.0
_WAKE_UP_S = 15.0
_NODE_GRACE_S = 50.0
_GC_STARTS_AT = 0.85
_GC_WORST = 0.9
_IMBALANCE = 0.2  # load balancers do not spread evenly: pods leak at 0.8, 1.0 and 1.2 of the average
_HEAP_IMBALANCE = 0.04
_MB_PER_SLOT = 1.0  # what a database reserves for a connection that it allows, used or not
_WARM_AFTER = 20.0
_HPA_TOLERANCE = 0.1
_HPA_DOWN_WINDOW_S = 300.0
_NO_METRICS_S = 90.0  # pods of a rollout have no metrics at first, and the autoscaler waits


@compiled
def crash_delay(crashes: float) -> float:
    """Seconds until the container is started again after its crash number `crashes` (0 is the first)."""
    return 0.0 if crashes < 1.0 else min(_LONGEST_CRASH_DELAY_S, 10.0 * 2.0 ** (crashes - 1.0))


@compiled
def gc_share(used: float) -> float:
    """The share of CPU that garbage collection takes when this share of the limit is used."""
    over = min(max((used - _GC_STARTS_AT) / (1.0 - _GC_STARTS_AT), 0.0), 1.0)
    return _GC_WORST * over * over


@compiled
def used_quota(services: Floats, pods: Floats) -> float:
    total = 0.0
    for s in range(services.shape[0]):
        for p in range(int(services[s, at.PODS])):
            total += pods[s, p, at.LIMIT_MB]
    return total


@compiled
def start_pod(services: Floats, pods: Floats, s: int, p: int, ready_at: float) -> None:
    pods[s, p, at.DOWN_UNTIL] = ready_at
    pods[s, p, at.STARTED_AT] = ready_at
    pods[s, p, at.LEAKED_MB] = 0.0
    pods[s, p, at.CRASHES] = 0.0
    pods[s, p, at.LIMIT_MB] = services[s, at.MEM_LIMIT_MB]
    pods[s, p, at.REPLACE_AT] = at.NEVER


@compiled
def release_connections(services: Floats, pods: Floats, s: int, p: int) -> None:
    """A pod that ends gives the connections back that it had leaked."""
    services[s, at.LEAKED_CONN] = max(0.0, services[s, at.LEAKED_CONN] - pods[s, p, at.POD_LEAKED_CONN])
    pods[s, p, at.POD_LEAKED_CONN] = 0.0


@compiled
def remove_pods(services: Floats, pods: Floats, s: int, count: float) -> None:
    left = max(0.0, services[s, at.PODS] - count)
    for p in range(int(left), int(services[s, at.PODS])):
        release_connections(services, pods, s, p)
    services[s, at.PODS] = left


@compiled
def create_delay(pods: float, failures: float) -> float:
    """Seconds until a refused pod is tried again: every event of a living pod wakes its controller up, but a
    service without pods has only the growing delay."""
    return _WAKE_UP_S if pods > 0.0 else min(_LONGEST_CREATE_DELAY_S, 10.0 * 2.0**failures)


@compiled
def lose_pods(services: Floats, pods: Floats, now: float) -> None:
    """Pods whose node is gone; their replacements are made once the node is given up."""
    for s in range(services.shape[0]):
        if services[s, at.PODS_LOST] > 0.0:
            remove_pods(services, pods, s, services[s, at.PODS_LOST])
            services[s, at.PODS_LOST] = 0.0
            services[s, at.CREATE_RETRY_AT] = now + _NODE_GRACE_S


@compiled
def create_pods(services: Floats, pods: Floats, s: int, now: float, quota: float) -> None:
    """Creates what is missing as far as the quota admits; a refusal is retried later and later."""
    used = used_quota(services, pods)
    while services[s, at.PODS] < min(services[s, at.DESIRED], at.MAX_PODS):
        if used + services[s, at.MEM_LIMIT_MB] > quota:
            services[s, at.REFUSED_AT] = now
            services[s, at.CREATE_RETRY_AT] = now + create_delay(services[s, at.PODS], services[s, at.CREATE_FAILURES])
            services[s, at.CREATE_FAILURES] += 1.0
            return
        start_pod(services, pods, s, int(services[s, at.PODS]), now + services[s, at.START_S])
        services[s, at.PODS] += 1.0
        used += services[s, at.MEM_LIMIT_MB]
    services[s, at.CREATE_FAILURES] = 0.0


@compiled
def reconcile_pods(services: Floats, pods: Floats, clock: Floats) -> None:
    now = clock[at.NOW_S]
    for s in range(services.shape[0]):
        if services[s, at.PODS] > services[s, at.DESIRED]:
            remove_pods(services, pods, s, services[s, at.PODS] - services[s, at.DESIRED])
    for s in range(services.shape[0]):
        if services[s, at.PODS] < services[s, at.DESIRED] and now >= services[s, at.CREATE_RETRY_AT]:
            create_pods(services, pods, s, now, min(clock[at.QUOTA_MB], clock[at.NODES_MB]))


@compiled
def roll_pod(services: Floats, pods: Floats, s: int, p: int, now: float, quota: float) -> None:
    """The rollout reaches this pod: its replacement is ready and takes over, if the quota had room for it."""
    if used_quota(services, pods) - pods[s, p, at.LIMIT_MB] + services[s, at.MEM_LIMIT_MB] > quota:
        services[s, at.REFUSED_AT] = now
        pods[s, p, at.REPLACE_AT] = now + _STUCK_ROLLOUT_RETRY_S
        return
    release_connections(services, pods, s, p)
    start_pod(services, pods, s, p, now)


@compiled
def heap(services: Floats, s: int, age: float) -> float:
    """MiB of live data in a pod of this age: it warms up from the start value to what it needs."""
    if age > _WARM_AFTER * services[s, at.WARMUP_S]:
        return services[s, at.HEAP_NEED_MB]
    warm = 1.0 - math.exp(-max(age, 0.0) / services[s, at.WARMUP_S])
    return services[s, at.HEAP_START_MB] + (services[s, at.HEAP_NEED_MB] - services[s, at.HEAP_START_MB]) * warm


@compiled
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
        kill_pod(services, pods, s, p, begin + alive)
        return alive / dt, 0.5 * (min(before, pods[s, p, at.LIMIT_MB]) + pods[s, p, at.LIMIT_MB])
    pods[s, p, at.LEAKED_MB] += leak_rate * span
    return span / dt, after


@compiled
def kill_pod(services: Floats, pods: Floats, s: int, p: int, when: float) -> None:
    """OOMKilled: the container starts again after its back-off, in the same pod with the same limit."""
    if when - pods[s, p, at.STARTED_AT] > _FORGET_CRASHES_S:
        pods[s, p, at.CRASHES] = 0.0
    ready_at = when + crash_delay(pods[s, p, at.CRASHES]) + services[s, at.START_S]
    pods[s, p, at.CRASHES] += 1.0
    pods[s, p, at.DOWN_UNTIL] = ready_at
    pods[s, p, at.STARTED_AT] = ready_at
    pods[s, p, at.LEAKED_MB] = 0.0
    services[s, at.RESTARTS] += 1.0
    services[s, at.OOM_AT] = when
    release_connections(services, pods, s, p)


@inlined
def steady_memory(services: Floats, pods: Floats, s: int, p: int, leak: float, fixed: float, now: float) -> float:
    """MiB of a pod that has long been warm and does not leak; -1 if it is not such a pod, or is over its limit."""
    old = now - pods[s, p, at.STARTED_AT] > _WARM_AFTER * services[s, at.WARMUP_S]
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


@compiled
def run_pods(services: Floats, pods: Floats, releases: Floats, s: int, clock: Floats, dt: float) -> float:
    """Advances a service's pods by dt; returns the share of dt in which none of them was ready."""
    now = clock[at.NOW_S]
    load = services[s, at.OFFERED] / max(services[s, at.READY], 1.0) / services[s, at.NOMINAL_RPS]
    leak_rate = releases[s, int(services[s, at.RELEASE]), at.LEAK_MB_PER_S] * min(max(load, 0.2), 2.0)
    fixed = services[s, at.MB_PER_CONN] * services[s, at.CONNS] + _MB_PER_SLOT * services[s, at.POOL_MAX]
    if is_settled(services, s, leak_rate, fixed):
        return 0.0
    ready, none_ready, memory, running, collecting = 0.0, 1.0, 0.0, 0.0, 0.0
    settled = services[s, at.PODS]
    for p in range(int(services[s, at.PODS])):
        share, used = 1.0, steady_memory(services, pods, s, p, leak_rate, fixed, now)
        if used < 0.0:
            settled = -1.0
            if pods[s, p, at.REPLACE_AT] <= now:
                roll_pod(services, pods, s, p, now, min(clock[at.QUOTA_MB], clock[at.NODES_MB]))
            leak = leak_rate * (1.0 + _IMBALANCE * (p % 3 - 1.0))
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


@compiled
def autoscale(services: Floats, s: int, now: float) -> None:
    """One tick of a memory-based HorizontalPodAutoscaler."""
    rolling_out = now - services[s, at.CHANGED_AT] < _NO_METRICS_S
    if services[s, at.HPA_MAX] <= 0.0 or services[s, at.PODS] < 1.0 or rolling_out:
        return
    ratio = services[s, at.MEM_MB] / services[s, at.MEM_LIMIT_MB] / services[s, at.HPA_TARGET]
    wanted = services[s, at.DESIRED]
    if abs(ratio - 1.0) > _HPA_TOLERANCE:
        wanted = min(
            max(math.ceil(services[s, at.PODS] * ratio - 1e-9), services[s, at.HPA_MIN]), services[s, at.HPA_MAX]
        )
    if wanted >= services[s, at.DESIRED]:
        services[s, at.HPA_LOW_SINCE] = at.NEVER
        services[s, at.DESIRED] = wanted
    elif services[s, at.HPA_LOW_SINCE] >= at.NEVER:
        services[s, at.HPA_LOW_SINCE] = now
    elif now - services[s, at.HPA_LOW_SINCE] >= _HPA_DOWN_WINDOW_S:
        services[s, at.DESIRED] = wanted
        services[s, at.HPA_LOW_SINCE] = at.NEVER
