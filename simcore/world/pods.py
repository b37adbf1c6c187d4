"""The life of pods: memory that grows, OOM kills with back-off, rollouts, quota, autoscaling.

Facts: Kubernetes restarts a container at once, then after 10, 20, 40 ... 300 s, and forgets crashes after 10 minutes of
running (pod lifecycle documentation); a ReplicaSet whose pods are refused retries with a growing delay up to 1000 s
(client-go's default controller rate limiter); the HPA has a tolerance of 10 % and a scale-down window of 300 s.
"""

import math

from numba import njit

from simcore.world.layout import (
    CRASHES, CREATE_FAILURES, CREATE_RETRY_AT, DESIRED, DOWN_UNTIL, Floats, GC_SHARE,
    HEAP_NEED_MB, HEAP_START_MB, HPA_LOW_SINCE, HPA_MAX, HPA_MIN, HPA_TARGET, LEAK_MB_PER_S, LEAKED_CONN, LEAKED_MB,
    LIMIT_MB, MAX_PODS, MB_PER_CONN, CONNS, MEM_LIMIT_MB, MEM_MB, NEVER, NOMINAL_RPS, NOW_S, OFFERED, OOM_AT, PODS,
    QUOTA_MB, READY, REFUSED_AT, RELEASE, REPLACE_AT, RESTARTS, START_S, STARTED_AT, WARMUP_S,
)  # fmt: skip

_FORGET_CRASHES_S = 600.0
_LONGEST_CRASH_DELAY_S = 300.0
_LONGEST_CREATE_DELAY_S = 1000.0
_STUCK_ROLLOUT_RETRY_S = 60.0
_GC_STARTS_AT = 0.85
_GC_WORST = 0.9
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
def start_pod(service: Floats, pod: Floats, ready_at: float) -> None:
    pod[DOWN_UNTIL] = ready_at
    pod[STARTED_AT] = ready_at
    pod[LEAKED_MB] = 0.0
    pod[CRASHES] = 0.0
    pod[LIMIT_MB] = service[MEM_LIMIT_MB]
    pod[REPLACE_AT] = NEVER


@njit(cache=True)
def release_connections(service: Floats, pods_gone: float) -> None:
    """A pod that ends gives the connections back that it had leaked."""
    before = max(service[PODS], 1.0)
    service[LEAKED_CONN] *= max(0.0, 1.0 - pods_gone / before)


@njit(cache=True)
def remove_pods(service: Floats, count: float) -> None:
    gone = min(count, service[PODS])
    release_connections(service, gone)
    service[PODS] -= gone


@njit(cache=True)
def create_pods(services: Floats, pods: Floats, s: int, now: float, quota: float) -> None:
    """Creates what is missing as far as the quota admits; a refusal is retried later and later."""
    service = services[s]
    if service[PODS] >= service[DESIRED] or now < service[CREATE_RETRY_AT]:
        return
    used = used_quota(services, pods)
    while service[PODS] < min(service[DESIRED], MAX_PODS):
        if used + service[MEM_LIMIT_MB] > quota:
            service[REFUSED_AT] = now
            service[CREATE_RETRY_AT] = now + min(_LONGEST_CREATE_DELAY_S, 10.0 * 2.0 ** service[CREATE_FAILURES])
            service[CREATE_FAILURES] += 1.0
            return
        start_pod(service, pods[s, int(service[PODS])], now + service[START_S])
        service[PODS] += 1.0
        used += service[MEM_LIMIT_MB]
    service[CREATE_FAILURES] = 0.0


@njit(cache=True)
def reconcile_pods(services: Floats, pods: Floats, clock: Floats) -> None:
    now = clock[NOW_S]
    for s in range(services.shape[0]):
        if services[s, PODS] > services[s, DESIRED]:
            remove_pods(services[s], services[s, PODS] - services[s, DESIRED])
    for s in range(services.shape[0]):
        create_pods(services, pods, s, now, clock[QUOTA_MB])


@njit(cache=True)
def roll_pod(services: Floats, pods: Floats, s: int, p: int, now: float, quota: float) -> None:
    """The rollout reaches this pod: its replacement is ready and takes over, if the quota had room for it."""
    service, pod = services[s], pods[s, p]
    if used_quota(services, pods) - pod[LIMIT_MB] + service[MEM_LIMIT_MB] > quota:
        service[REFUSED_AT] = now
        pod[REPLACE_AT] = now + _STUCK_ROLLOUT_RETRY_S
        return
    release_connections(service, 1.0)
    start_pod(service, pod, now)


@njit(cache=True)
def heap(service: Floats, age: float) -> float:
    """MiB of live data in a pod of this age: it warms up from the start value to what it needs."""
    warm = 1.0 - math.exp(-max(age, 0.0) / service[WARMUP_S])
    return service[HEAP_START_MB] + (service[HEAP_NEED_MB] - service[HEAP_START_MB]) * warm


@njit(cache=True)
def run_pod(service: Floats, pod: Floats, leak_rate: float, fixed: float, now: float, dt: float) -> tuple[float, float]:
    """Advances a pod by dt; returns (share of dt in which it was ready, memory at the end in MiB)."""
    if pod[DOWN_UNTIL] >= now + dt:
        return 0.0, 0.0
    begin = max(now, pod[DOWN_UNTIL])
    span = now + dt - begin
    before = heap(service, begin - pod[STARTED_AT]) + pod[LEAKED_MB] + fixed
    after = heap(service, now + dt - pod[STARTED_AT]) + pod[LEAKED_MB] + leak_rate * span + fixed
    if after >= pod[LIMIT_MB]:
        alive = span * min(max((pod[LIMIT_MB] - before) / max(after - before, 1e-9), 0.0), 1.0)
        kill_pod(service, pod, begin + alive)
        return alive / dt, pod[LIMIT_MB]
    pod[LEAKED_MB] += leak_rate * span
    return span / dt, after


@njit(cache=True)
def kill_pod(service: Floats, pod: Floats, at: float) -> None:
    """OOMKilled: the container starts again after its back-off, in the same pod with the same limit."""
    if at - pod[STARTED_AT] > _FORGET_CRASHES_S:
        pod[CRASHES] = 0.0
    ready_at = at + crash_delay(pod[CRASHES]) + service[START_S]
    pod[CRASHES] += 1.0
    pod[DOWN_UNTIL] = ready_at
    pod[STARTED_AT] = ready_at
    pod[LEAKED_MB] = 0.0
    service[RESTARTS] += 1.0
    service[OOM_AT] = at
    release_connections(service, 1.0)


@njit(cache=True)
def run_pods(services: Floats, pods: Floats, releases: Floats, s: int, clock: Floats, dt: float) -> float:
    """Advances a service's pods by dt; returns the share of dt in which none of them was ready."""
    service, now = services[s], clock[NOW_S]
    count = int(service[PODS])
    load = min(max(service[OFFERED] / max(service[READY], 1.0) / service[NOMINAL_RPS], 0.2), 2.0)
    leak_rate = releases[s, int(service[RELEASE]), LEAK_MB_PER_S] * load
    fixed = service[MB_PER_CONN] * service[CONNS]
    ready, none_ready, memory, running = 0.0, 1.0, 0.0, 0.0
    for p in range(count):
        pod = pods[s, p]
        if pod[REPLACE_AT] <= now:
            roll_pod(services, pods, s, p, now, clock[QUOTA_MB])
        share, used = run_pod(service, pod, leak_rate, fixed, now, dt)
        ready += share
        none_ready *= 1.0 - share
        if used > 0.0:
            memory += used
            running += 1.0
    service[READY] = ready
    service[MEM_MB] = memory / running if running > 0.0 else 0.0
    service[GC_SHARE] = gc_share(service[MEM_MB] / max(pods[s, 0, LIMIT_MB], 1.0)) if count > 0 else 0.0
    return none_ready


@njit(cache=True)
def autoscale(service: Floats, now: float) -> None:
    """One tick of a memory-based HorizontalPodAutoscaler."""
    if service[HPA_MAX] <= 0.0 or service[PODS] < 1.0:
        return
    ratio = service[MEM_MB] / service[MEM_LIMIT_MB] / service[HPA_TARGET]
    wanted = service[DESIRED]
    if abs(ratio - 1.0) > _HPA_TOLERANCE:
        wanted = min(max(math.ceil(service[PODS] * ratio - 1e-9), service[HPA_MIN]), service[HPA_MAX])
    if wanted >= service[DESIRED]:
        service[HPA_LOW_SINCE] = NEVER
        service[DESIRED] = wanted
    elif service[HPA_LOW_SINCE] >= NEVER:
        service[HPA_LOW_SINCE] = now
    elif now - service[HPA_LOW_SINCE] >= _HPA_DOWN_WINDOW_S:
        service[DESIRED] = wanted
        service[HPA_LOW_SINCE] = NEVER
