"""The HorizontalPodAutoscaler: every 15 s, with a tolerance of 10 % and 300 s before it scales down.

Algorithm: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""

import math

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats

_PERIOD_S = 15.0
_TOLERANCE = 0.1
_DOWN_WINDOW_S = 300.0
_AT_MOST_TIMES, _AT_MOST_MORE = 2.0, 4.0  # replicas in a period: the larger of the two default policies to scale up
_NO_METRICS_S = 90.0  # pods of a rollout have no metrics at first, and the autoscaler waits


@inlined
def autoscale(services: Floats, s: int, now: float, dt: float) -> None:
    """Decides once if a tick of the loop falls into `[now, now + dt)`: within it nothing it looks at changes. It scales
    down to the highest number that was recommended in the five minutes before."""
    ticks = math.floor((now + dt) / _PERIOD_S) > math.floor(now / _PERIOD_S)
    rolling_out = now - services[s, at.CHANGED_AT] < _NO_METRICS_S
    if not ticks or services[s, at.PODS] < 1.0 or rolling_out:
        return
    wanted = recommended(services, s)
    if wanted >= services[s, at.DESIRED]:
        services[s, at.HPA_LOW_SINCE] = at.NEVER
        services[s, at.DESIRED] = wanted
    elif services[s, at.HPA_LOW_SINCE] >= at.NEVER:
        services[s, at.HPA_LOW_SINCE] = now
        services[s, at.HPA_HIGHEST] = wanted
    else:
        services[s, at.HPA_HIGHEST] = max(services[s, at.HPA_HIGHEST], wanted)
        if now - services[s, at.HPA_LOW_SINCE] >= _DOWN_WINDOW_S:
            services[s, at.DESIRED] = services[s, at.HPA_HIGHEST]
            services[s, at.HPA_LOW_SINCE] = at.NEVER


@inlined
def recommended(services: Floats, s: int) -> float:
    """ceil(pods x usage / target), unless usage is within the tolerance of its target; of more no more than the default
    policies add in a period."""
    used = services[s, at.MEM_MB] / services[s, at.MEM_LIMIT_MB]
    if services[s, at.HPA_ON_CPU] > 0.0:
        used = services[s, at.CPU_PERCENT] / 100.0
    ratio = used / services[s, at.HPA_TARGET]
    wanted = services[s, at.DESIRED]
    if abs(ratio - 1.0) > _TOLERANCE:
        allowed = max(_AT_MOST_TIMES * wanted, wanted + _AT_MOST_MORE)
        wanted = min(math.ceil(services[s, at.PODS] * ratio - 1e-9), allowed)
    return min(max(wanted, services[s, at.HPA_MIN]), services[s, at.HPA_MAX])
