"""How a service is, from what its pods and its callers see: a number for the kernel, a word for people."""

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats
from simcore.kernel.queueing import p99_exceeds

WORDS = ("healthy", "degraded", "unhealthy", "restarting", "crashed")
_UNHEALTHY_ERRORS, _DEGRADED_ERRORS, _DEGRADED_GC = 0.2, 0.02, 0.25
_SLOW_FACTOR, _SLOW_MS, _SLOW_QUERY_MS = 4.0, 250.0, 60.0
_FULL_TOPIC = 0.5
_WELL_AFTER_S = 150.0  # without trouble, what comes and goes is over


@inlined
def count_pods(services: Floats, pods: Floats, s: int, now: float) -> tuple[float, float]:
    """(pods that are ready, crashes that are not forgotten)."""
    up, crashes = 0.0, 0.0
    for p in range(int(services[s, at.PODS])):
        up += 1.0 if pods[s, p, at.DOWN_UNTIL] <= now else 0.0
        crashes += pods[s, p, at.CRASHES]
    return up, crashes


@inlined
def assess(services: Floats, pods: Floats, now: float) -> None:
    """Writes down how many pods of every service are ready, and how it is."""
    for s in range(services.shape[0]):
        up, crashes = services[s, at.PODS], 0.0
        if services[s, at.SETTLED_PODS] != up:
            up, crashes = count_pods(services, pods, s, now)
        services[s, at.UP] = up
        health = services[s, at.HEALTH] = _code(services, s, up, crashes)
        if health != at.HEALTHY:
            if now - services[s, at.SICK_AT_S] > _WELL_AFTER_S:
                services[s, at.SICK_SINCE_S] = now
            services[s, at.SICK_AT_S] = now
        elif now - services[s, at.SICK_AT_S] > _WELL_AFTER_S:
            services[s, at.SICK_SINCE_S] = at.NEVER


@inlined
def _code(services: Floats, s: int, up: float, crashes: float) -> float:
    if services[s, at.DESIRED] > 0.0 and up == 0.0:
        return at.CRASHED if crashes > 0.0 or services[s, at.PODS] == 0.0 else at.RESTARTING
    if services[s, at.FAIL] > _UNHEALTHY_ERRORS or services[s, at.DESIRED] == 0.0:
        return at.UNHEALTHY
    if services[s, at.FAIL] > _DEGRADED_ERRORS or up < services[s, at.DESIRED] or _is_slow(services, s):
        return at.DEGRADED
    return at.DEGRADED if services[s, at.GC_SHARE] > _DEGRADED_GC else at.HEALTHY


@inlined
def _is_slow(services: Floats, s: int) -> bool:
    """Much slower than it used to be, or, for a consumer, far behind."""
    if services[s, at.IS_CONSUMER] > 0.0:
        return services[s, at.LAG] > _FULL_TOPIC * services[s, at.TOPIC_LIMIT]
    least = _SLOW_QUERY_MS if services[s, at.POOL_MAX] > 0.0 else _SLOW_MS
    limit = max(_SLOW_FACTOR * services[s, at.USUAL_P99_MS], least)
    return p99_exceeds(limit, services[s, at.MEAN_MS], services[s, at.VAR_MS2])
