"""How a service is, from what its pods and its callers see: a number for the kernel, a word for people."""

from simcore.world import layout as at
from simcore.world.compiled import compiled
from simcore.world.layout import Floats

WORDS = ("healthy", "degraded", "unhealthy", "restarting", "crashed")
_UNHEALTHY_ERRORS, _DEGRADED_ERRORS, _DEGRADED_GC = 0.2, 0.02, 0.25


@compiled
def assess(services: Floats, pods: Floats, now: float) -> None:
    """Writes down how many pods of every service are ready, and how it is."""
    for s in range(services.shape[0]):
        up, crashes = 0.0, 0.0
        for p in range(int(services[s, at.PODS])):
            up += 1.0 if pods[s, p, at.DOWN_UNTIL] <= now else 0.0
            crashes += pods[s, p, at.CRASHES]
        services[s, at.UP] = up
        services[s, at.HEALTH] = _code(services, s, up, crashes)


@compiled
def _code(services: Floats, s: int, up: float, crashes: float) -> float:
    if services[s, at.DESIRED] > 0.0 and up == 0.0:
        return at.CRASHED if crashes > 0.0 or services[s, at.PODS] == 0.0 else at.RESTARTING
    if services[s, at.FAIL] > _UNHEALTHY_ERRORS or services[s, at.DESIRED] == 0.0:
        return at.UNHEALTHY
    if services[s, at.FAIL] > _DEGRADED_ERRORS or up < services[s, at.DESIRED]:
        return at.DEGRADED
    return at.DEGRADED if services[s, at.GC_SHARE] > _DEGRADED_GC else at.HEALTHY


def health(services: Floats, s: int) -> str:
    """`healthy|degraded|unhealthy|restarting|crashed`."""
    return WORDS[int(services[s, at.HEALTH])]
