"""Closed forms that the kernel uses for one service: waiting in M/M/c, and a lognormal through mean and variance."""

import math

from simcore.world.compiled import compiled

_Z99 = 2.3263478740408408
_LARGEST_UTILISATION = 0.98


@compiled
def erlang_c(servers: int, load: float) -> float:
    """The probability to wait in M/M/c. `load` = arrival rate / rate of one server, below `servers`.

    Erlang B by its recursion, then C; Cooper, Introduction to Queueing Theory, 1981.
    """
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    busy = load / servers
    return blocked / (1.0 - busy * (1.0 - blocked))


@compiled
def waiting(servers: int, capacity: float, arrival: float) -> tuple[float, float]:
    """(probability to wait, mean wait in seconds) at `arrival`, both per second; utilisation counts up to 0.98."""
    rate = min(arrival, _LARGEST_UTILISATION * capacity)
    probability = erlang_c(servers, servers * rate / capacity)
    return probability, probability / (capacity - rate)


@compiled
def lognormal(mean: float, variance: float) -> tuple[float, float]:
    """(mu, sigma) of the lognormal distribution with this mean and variance."""
    if mean <= 0.0:
        return 0.0, 0.0
    spread = math.log(1.0 + variance / (mean * mean))
    return math.log(mean) - 0.5 * spread, math.sqrt(spread)


@compiled
def median(mean: float, variance: float) -> float:
    mu, _ = lognormal(mean, variance)
    return math.exp(mu)


@compiled
def percentile_99(mean: float, variance: float) -> float:
    mu, sigma = lognormal(mean, variance)
    return math.exp(mu + _Z99 * sigma)


@compiled
def share_over(limit: float, mean: float, variance: float) -> float:
    """The share of values over `limit`."""
    mu, sigma = lognormal(mean, variance)
    if sigma <= 0.0:
        return 1.0 if mean > limit else 0.0
    return 0.5 * math.erfc((math.log(limit) - mu) / (sigma * math.sqrt(2.0)))
