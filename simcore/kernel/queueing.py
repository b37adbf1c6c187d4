"""Closed forms for one service, one call or one resource. Times in ms or s as their names say, rates per second."""

import math

from simcore.kernel.compiled import compiled, inlined

_Z99 = 2.3263478740408408
_LARGEST_UTILISATION = 0.98
_TAIL_STARTS_AT = 10.0  # standard deviations under a limit: the share over it is then below one in a thousand
_WITHIN_ITS_QUOTA = 20.0  # times its mean: of exponential work one in 5e8 exceeds that
CPU_PERIOD_MS = 100.0  # of Linux's CFS bandwidth control: Documentation/scheduler/sched-bwc.rst


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
def attempts(failing: float, retries: float, budget: float) -> float:
    """How often a call is made on average: again while it fails, `retries` times at most, and by all callers together
    at most `budget` times more than they have requests (a retry budget, as in Finagle)."""
    if retries <= 0.0 or failing <= 0.0:
        return 1.0
    made = 1.0 + retries if failing >= 1.0 else (1.0 - failing ** (1.0 + retries)) / (1.0 - failing)
    return min(made, 1.0 + budget)


@inlined
def relaxed(value: float, target: float, seconds: float, life_s: float) -> float:
    """Exponential approach: what connections that live for `life_s` on average make of a change."""
    return target + (value - target) * math.exp(-seconds / life_s)


@compiled
def cached_share(share: float, miss_rate_per_key: float, ttl_s: float, seconds: float) -> float:
    """The share of keys in a cache after `seconds`: filled by misses that succeed, emptied as entries expire.

    Of `dh/dt = a (1 - h) - h / ttl`, with a key asked for `a` times a second; equilibrium `a / (a + 1 / ttl)`.
    """
    speed = miss_rate_per_key + 1.0 / ttl_s
    return relaxed(share, miss_rate_per_key / speed, seconds, 1.0 / speed)


@compiled
def admitted_by_bucket(
    tokens: float, refill: float, burst: float, arrival: float, seconds: float
) -> tuple[float, float]:
    """(share of arrivals that get a token, tokens left): a bucket of `burst` tokens refilled at `refill` per second."""
    available = tokens + refill * seconds
    wanted = arrival * seconds
    left = min(max(available - wanted, 0.0), burst)
    return (1.0 if wanted <= available else available / wanted), left


@compiled
def throttled(cores: float, burst_cpu_ms: float, every_s: float) -> tuple[float, float]:
    """(share of time that a pod stands still, for how many ms at a time) under a CPU limit of `cores`.

    Background threads burn `burst_cpu_ms` of CPU time at once, every so often. Each 100 ms period has a quota of
    100 ms x cores; a burst uses up whole quotas, and until it is over every thread of the pod waits for the next.
    """
    stall_ms = CPU_PERIOD_MS * max(burst_cpu_ms / (CPU_PERIOD_MS * cores) - 1.0, 0.0)
    return min(stall_ms / (1000.0 * every_s), 1.0), stall_ms


@inlined
def quota_wait(hogged: float, visits: float) -> tuple[float, float]:
    """(mean ms, variance) that a request waits for CPU quota in `visits` turns at the CPU, when something in its
    container burns the share `hogged` of each 100 ms period: whoever comes then waits for the period's end."""
    gone_ms = CPU_PERIOD_MS * hogged
    mean = 0.5 * hogged * gone_ms
    return visits * mean, visits * (hogged * gone_ms * gone_ms / 3.0 - mean * mean)


@compiled
def quota_stall(cores: float, work_ms: float, visits: float, hogged: float) -> tuple[float, float]:
    """(mean ms, variance) that a request stands still because a turn at the CPU needs more than a period's quota.

    A thread that has used up `CPU_PERIOD_MS` x `cores` stops until the period ends. With the work of a turn
    exponential, the periods that it takes beyond the first are geometric, and what it uses of its last does not depend
    on them. That is so for turns that begin with a period, as those do that had to wait for it (the share `hogged`);
    the others begin at any time of a period and may see its end before theirs.
    """
    quota_ms, turn_ms = CPU_PERIOD_MS * cores, work_ms / visits
    if cores >= 1.0 or quota_ms > _WITHIN_ITS_QUOTA * turn_ms:
        return 0.0, 0.0
    pause_ms, again = CPU_PERIOD_MS - quota_ms, math.exp(-quota_ms / turn_ms)
    amid = ((1.0 - again) * (turn_ms + 0.5 * pause_ms) + again * pause_ms) / CPU_PERIOD_MS
    periods = visits * (hogged + (1.0 - hogged) * amid) * again / (1.0 - again)
    return pause_ms * periods, pause_ms * (CPU_PERIOD_MS + quota_ms) * periods / (1.0 - again)


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


@inlined
def p99_exceeds(limit: float, mean: float, variance: float) -> bool:
    """Whether the 99th percentile is over `limit`; it never is more than four standard deviations over the mean."""
    room = limit - mean
    if room > 0.0 and room * room > 16.0 * variance:
        return False
    return percentile_99(mean, variance) > limit


@compiled
def share_over(limit: float, mean: float, variance: float) -> float:
    """The share of values over `limit`."""
    mu, sigma = lognormal(mean, variance)
    if sigma <= 0.0:
        return 1.0 if mean > limit else 0.0
    return 0.5 * math.erfc((math.log(limit) - mu) / (sigma * math.sqrt(2.0)))


@inlined
def late_share(limit: float, mean: float, variance: float) -> float:
    """The same, and 0 where the limit is so far away that it need not be asked."""
    room = limit - mean
    if room > 0.0 and room * room > _TAIL_STARTS_AT * _TAIL_STARTS_AT * variance:
        return 0.0
    return share_over(limit, mean, variance)
