"""The life of pods: memory that grows, OOM kills with back-off, rollouts, quota, autoscaling.

Facts: Kubernetes restarts a container at once, then after 10, 20, 40 ... 300 s, and forgets crashes after 10 minutes of
running (pod lifecycle documentation); a ReplicaSet whose pods are refused retries with a growing delay up to 1000 s
(client-go's default controller rate limiter); the HPA has a tolerance of 10 % and a scale-down window of 300 s.
"""

import math

from numba import njit

from simcore.world.layout import (
    CONNS,
    CRASHES,
    CREATE_FAILURES,
    CREATE_RETRY_AT,
    DESIRED,
    DOWN_UNTIL,
    GC_SHARE,
    HEAP_NEED_MB,
    HEAP_START_MB,
    HPA_LOW_SINCE,
    HPA_MAX,
    HPA_MIN,
    HPA_TARGET,
    LEAK_MB_PER_S,
    LEAKED_CONN,
    LEAKED_MB,
    LIMIT_MB,
    MAX_PODS,
    MB_PER_CONN,
    MEM_LIMIT_MB,
    MEM_MB,
    NEVER,
    NOMINAL_RPS,
    NOW_S,
    OFFERED,
    OOM_AT,
    PODS,
    PODS_LOST,
    QUOTA_MB,
    READY,
    REFUSED_AT,
    RELEASE,
    REPLACE_AT,
    RESTARTS,
    START_S,
    STARTED_AT,
    WARMUP_S,
    Floats,
)  # fmt: skip

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
_WARM_AFTER = 20.0
_HPA_TOLERANCE = 0.1
_HPA_DOWN_WINDOW_S = 300.0


@njit(cache=True)
def crash_delay(crashes: float) -> float:
    """Seconds until the container is started again after its crash number `crashes` (0 is the first)."""
    return 0.0 if crashes < 1.0 else min(_LONGEST_CRASH_DELAY_S, 10.0 * 2.0 ** (crashes - 1.0))


@njit(cache=True)
def gc_share(used: float) -> float:
    """The share of CPU that garbage collection takes when this share of the limit is used."""
    over = min(max((used - _GC_STARTS_AT) / (1.0 - _GC_STARTS_AT), 0.0), 1.0)
    return _GC_WORST * over * over


@njit(cache=True)
def used_quota(services: Floats, pods: Floats) -> float:
    total = 0.0
    for s in range(services.shape[0]):
        for p in range(int(services[s, PODS])):
            total += pods[s, p, LIMIT_MB]
    return total


@njit(cache=True)
def start_pod(services: Floats, pods: Floats, s: int, p: int, ready_at: float) -> None:
    pods[s, p, DOWN_UNTIL] = ready_at
    pods[s, p, STARTED_AT] = ready_at
    pods[s, p, LEAKED_MB] = 0.0
    pods[s, p, CRASHES] = 0.0
    pods[s, p, LIMIT_MB] = services[s, MEM_LIMIT_MB]
    pods[s, p, REPLACE_AT] = NEVER


@njit(cache=True)
def release_connections(services: Floats, s: int, pods_gone: float) -> None:
    """A pod that ends gives the connections back that it had leaked."""
    before = max(services[s, PODS], 1.0)
    services[s, LEAKED_CONN] *= max(0.0, 1.0 - pods_gone / before)


@njit(cache=True)
def remove_pods(services: Floats, s: int, count: float) -> None:
    gone = min(count, services[s, PODS])
    release_connections(services, s, gone)
    services[s, PODS] -= gone


@njit(cache=True)
def create_delay(pods: float, failures: float) -> float:
    """Seconds until a refused pod is tried again: every event of a living pod wakes its controller up, but a
    service without pods has only the growing delay."""
    return _WAKE_UP_S if pods > 0.0 else min(_LONGEST_CREATE_DELAY_S, 10.0 * 2.0**failures)


@njit(cache=True)
def lose_pods(services: Floats, now: float) -> None:
    """Pods whose node is gone; their replacements are made once the node is given up."""
    for s in range(services.shape[0]):
        if services[s, PODS_LOST] > 0.0:
            remove_pods(services, s, services[s, PODS_LOST])
            services[s, PODS_LOST] = 0.0
            services[s, CREATE_RETRY_AT] = now + _NODE_GRACE_S


@njit(cache=True)
def create_pods(services: Floats, pods: Floats, s: int, now: float, quota: float) -> None:
    """Creates what is missing as far as the quota admits; a refusal is retried later and later."""
    if services[s, PODS] >= services[s, DESIRED] or now < services[s, CREATE_RETRY_AT]:
        return
    used = used_quota(services, pods)
    while services[s, PODS] < min(services[s, DESIRED], MAX_PODS):
        if used + services[s, MEM_LIMIT_MB] > quota:
            services[s, REFUSED_AT] = now
            services[s, CREATE_RETRY_AT] = now + create_delay(services[s, PODS], services[s, CREATE_FAILURES])
            services[s, CREATE_FAILURES] += 1.0
            return
        start_pod(services, pods, s, int(services[s, PODS]), now + services[s, START_S])
        services[s, PODS] += 1.0
        used += services[s, MEM_LIMIT_MB]
    services[s, CREATE_FAILURES] = 0.0


@njit(cache=True)
def reconcile_pods(services: Floats, pods: Floats, clock: Floats) -> None:
    now = clock[NOW_S]
    for s in range(services.shape[0]):
        if services[s, PODS] > services[s, DESIRED]:
            remove_pods(services, s, services[s, PODS] - services[s, DESIRED])
    for s in range(services.shape[0]):
        create_pods(services, pods, s, now, clock[QUOTA_MB])


@njit(cache=True)
def roll_pod(services: Floats, pods: Floats, s: int, p: int, now: float, quota: float) -> None:
    """The rollout reaches this pod: its replacement is ready and takes over, if the quota had room for it."""
    if used_quota(services, pods) - pods[s, p, LIMIT_MB] + services[s, MEM_LIMIT_MB] > quota:
        services[s, REFUSED_AT] = now
        pods[s, p, REPLACE_AT] = now + _STUCK_ROLLOUT_RETRY_S
        return
    release_connections(services, s, 1.0)
    start_pod(services, pods, s, p, now)


@njit(cache=True)
def heap(services: Floats, s: int, age: float) -> float:
    """MiB of live data in a pod of this age: it warms up from the start value to what it needs."""
    if age > _WARM_AFTER * services[s, WARMUP_S]:
        return services[s, HEAP_NEED_MB]
    warm = 1.0 - math.exp(-max(age, 0.0) / services[s, WARMUP_S])
    return services[s, HEAP_START_MB] + (services[s, HEAP_NEED_MB] - services[s, HEAP_START_MB]) * warm


@njit(cache=True)
def run_pod(
    services: Floats, pods: Floats, s: int, p: int, leak_rate: float, fixed: float, now: float, dt: float
) -> tuple[float, float]:
    """Advances a pod by dt; returns (share of dt in which it was ready, its memory in MiB while it was)."""
    if pods[s, p, DOWN_UNTIL] >= now + dt:
        return 0.0, 0.0
    begin = max(now, pods[s, p, DOWN_UNTIL])
    span = now + dt - begin
    age, other = now + dt - pods[s, p, STARTED_AT], pods[s, p, LEAKED_MB] + fixed
    uneven = 1.0 + _HEAP_IMBALANCE * (p % 3 - 1.0)
    before = heap(services, s, age - span) * uneven + other
    after = heap(services, s, age) * uneven + other + leak_rate * span
    if after >= pods[s, p, LIMIT_MB]:
        alive = span * min(max((pods[s, p, LIMIT_MB] - before) / max(after - before, 1e-9), 0.0), 1.0)
        kill_pod(services, pods, s, p, begin + alive)
        return alive / dt, 0.5 * (min(before, pods[s, p, LIMIT_MB]) + pods[s, p, LIMIT_MB])
    pods[s, p, LEAKED_MB] += leak_rate * span
    return span / dt, after


@njit(cache=True)
def kill_pod(services: Floats, pods: Floats, s: int, p: int, at: float) -> None:
    """OOMKilled: the container starts again after its back-off, in the same pod with the same limit."""
    if at - pods[s, p, STARTED_AT] > _FORGET_CRASHES_S:
        pods[s, p, CRASHES] = 0.0
    ready_at = at + crash_delay(pods[s, p, CRASHES]) + services[s, START_S]
    pods[s, p, CRASHES] += 1.0
    pods[s, p, DOWN_UNTIL] = ready_at
    pods[s, p, STARTED_AT] = ready_at
    pods[s, p, LEAKED_MB] = 0.0
    services[s, RESTARTS] += 1.0
    services[s, OOM_AT] = at
    release_connections(services, s, 1.0)


@njit(cache=True)
def run_pods(services: Floats, pods: Floats, releases: Floats, s: int, clock: Floats, dt: float) -> float:
    """Advances a service's pods by dt; returns the share of dt in which none of them was ready."""
    now = clock[NOW_S]
    count = int(services[s, PODS])
    load = min(max(services[s, OFFERED] / max(services[s, READY], 1.0) / services[s, NOMINAL_RPS], 0.2), 2.0)
    leak_rate = releases[s, int(services[s, RELEASE]), LEAK_MB_PER_S] * load
    fixed = services[s, MB_PER_CONN] * services[s, CONNS]
    ready, none_ready, memory, running, collecting = 0.0, 1.0, 0.0, 0.0, 0.0
    for p in range(count):
        if pods[s, p, REPLACE_AT] <= now:
            roll_pod(services, pods, s, p, now, clock[QUOTA_MB])
        leak = leak_rate * (1.0 + _IMBALANCE * (p % 3 - 1.0))
        share, used = run_pod(services, pods, s, p, leak, fixed, now, dt)
        ready += share
        none_ready *= 1.0 - share
        if used > 0.0:
            memory += used
            running += 1.0
            collecting += share * gc_share(used / pods[s, p, LIMIT_MB])
    services[s, READY] = ready
    services[s, MEM_MB] = memory / running if running > 0.0 else 0.0
    services[s, GC_SHARE] = collecting / ready if ready > 0.0 else 0.0
    return none_ready


@njit(cache=True)
def autoscale(services: Floats, s: int, now: float) -> None:
    """One tick of a memory-based HorizontalPodAutoscaler."""
    if services[s, HPA_MAX] <= 0.0 or services[s, PODS] < 1.0:
        return
    ratio = services[s, MEM_MB] / services[s, MEM_LIMIT_MB] / services[s, HPA_TARGET]
    wanted = services[s, DESIRED]
    if abs(ratio - 1.0) > _HPA_TOLERANCE:
        wanted = min(max(math.ceil(services[s, PODS] * ratio - 1e-9), services[s, HPA_MIN]), services[s, HPA_MAX])
    if wanted >= services[s, DESIRED]:
        services[s, HPA_LOW_SINCE] = NEVER
        services[s, DESIRED] = wanted
    elif services[s, HPA_LOW_SINCE] >= NEVER:
        services[s, HPA_LOW_SINCE] = now
    elif now - services[s, HPA_LOW_SINCE] >= _HPA_DOWN_WINDOW_S:
        services[s, DESIRED] = wanted
        services[s, HPA_LOW_SINCE] = NEVER
