"""Requests on their way: load from callers to callees, latency and failures from callees to callers."""

import math

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.queueing import attempts, late_share

WAVE_PERIOD_S = 1800.0
_RETRANSMIT_MS = 220.0  # a lost segment: the least retransmission timeout of Linux, and the round trip
_SEGMENTS = 4.0  # of a request and its answer
_PUBLISH_MS = 2.0
_LATE_AND_LOST = 2.5  # retransmissions that a call survives
_USUAL_MTU = 1450.0  # what fits through the overlay network; larger segments that may not be split are lost
_LARGE_ANSWERS = 0.35


@inlined
def offer_load(
    services: Floats, edges: Floats, clock: Floats, order: Ints, first: Ints, callees: Ints, entry: int, dt: float
) -> None:
    """Arrival rates, callers first: what a caller lets through, times its calls, times its retries."""
    for s in range(services.shape[0]):
        services[s, at.OFFERED] = 0.0
    wave = 1.0 + clock[at.WAVE_AMPLITUDE] * math.sin(
        2.0 * math.pi * clock[at.NOW_S] / WAVE_PERIOD_S + clock[at.WAVE_PHASE]
    )
    services[entry, at.OFFERED] = clock[at.BASE_RPS] * clock[at.SURGE] * wave
    for i in range(order.shape[0]):
        s = order[i]
        services[s, at.OFFERED] += services[s, at.EXTRA_RPS]
        through = let_through(services, s, dt)
        for e in range(first[s], first[s + 1]):
            calls = through * calls_per_request(services, edges, s, e)
            services[callees[e], at.OFFERED] += calls * edges[e, at.ATTEMPTS] * edges[e, at.REACH]


@inlined
def let_through(services: Floats, s: int, dt: float) -> float:
    """Requests per second that go on to callees within `dt`: of those that come and of those that were queued, not what
    is turned away, nor what direct clients ask, which is answered from memory."""
    offered = services[s, at.OFFERED]
    queued = (services[s, at.BACKLOG] + services[s, at.LAG]) / dt
    admitted = min(offered * (1.0 - services[s, at.EARLY_FAIL]) + queued, services[s, at.CAPACITY])
    return admitted if services[s, at.EXTRA_RPS] <= 0.0 else admitted * (1.0 - services[s, at.EXTRA_RPS] / offered)


@inlined
def calls_per_request(services: Floats, edges: Floats, s: int, e: int) -> float:
    """Of one request of `s`; what its cache answers is not asked."""
    if edges[e, at.IS_CACHED] <= 0.0:
        return edges[e, at.RATE_PER_REQUEST]
    misses = edges[e, at.RATE_PER_REQUEST] * (1.0 - services[s, at.HIT])
    if services[s, at.COALESCE] > 0.0:
        return misses / coalesced(services, s, edges[e, at.RATE_PER_REQUEST])
    return misses * services[s, at.HERD]


@inlined
def coalesced(services: Floats, s: int, lookups: float) -> float:
    """How many misses of one key share a query: those that arrive while the first one is asking."""
    per_key = services[s, at.OFFERED] * lookups / services[s, at.CACHE_KEYS]
    return 1.0 + per_key * services[int(services[s, at.DATABASE]), at.MEAN_MS] / 1000.0


@inlined
def link(services: Floats, s: int, c: int) -> tuple[float, float, float]:
    """(share of calls that never arrive, mean ms, variance) of the way from `s` to `c`."""
    reached = (1.0 - services[c, at.TLS_BROKEN]) * (1.0 - services[s, at.DNS_BROKEN])
    if c == services[s, at.DATABASE]:
        reached *= 1.0 - services[s, at.AUTH_BROKEN]
    mean, variance = services[c, at.NET_DELAY_MS], 0.25 * services[c, at.NET_DELAY_MS] ** 2
    loss = services[c, at.NET_LOSS]
    if services[c, at.NET_MTU] > _USUAL_MTU:
        reached *= 1.0 - _LARGE_ANSWERS
        mean += _LARGE_ANSWERS * services[s, at.CLIENT_TIMEOUT_MS]
    if loss > 0.0:
        lost = _SEGMENTS * loss / (1.0 - loss)
        mean += lost * _RETRANSMIT_MS
        variance += lost * _RETRANSMIT_MS * _RETRANSMIT_MS * (1.0 + 2.0 * loss)
        reached *= 1.0 - (1.0 - (1.0 - loss) ** _SEGMENTS) ** (2.0 * _LATE_AND_LOST)
    if services[c, at.NET_POLICY] > 0.0:
        return 1.0, services[s, at.CLIENT_TIMEOUT_MS], 0.0
    return 1.0 - reached, mean, variance


@inlined
def call(services: Floats, edges: Floats, s: int, e: int, c: int) -> tuple[float, float, float]:
    """(mean ms, variance, share that fails) of one call with its retries; notes how often it is made and arrives."""
    failing, mean, variance = services[c, at.FAIL], services[c, at.MEAN_MS], services[c, at.VAR_MS2]
    unreached = 0.0
    if services[c, at.SPECIAL] + services[s, at.SPECIAL] > 0.0:
        unreached, way_ms, way_variance = link(services, s, c)
        failing = 1.0 - (1.0 - failing) * (1.0 - unreached)
        mean, variance = mean * (1.0 - unreached) + way_ms, variance + way_variance
    timeout = services[s, at.CLIENT_TIMEOUT_MS]
    late = late_share(timeout, mean, variance)
    if late > 0.0:
        failing = 1.0 - (1.0 - failing) * (1.0 - late)
        mean, variance = min(mean, timeout), min(variance, 0.25 * timeout * timeout)
    made = attempts(failing, services[s, at.RETRIES], services[s, at.RETRY_BUDGET])
    edges[e, at.ATTEMPTS], edges[e, at.REACH], edges[e, at.LATE] = made, 1.0 - unreached, late
    return made * mean, made * variance, max(1.0 - made * (1.0 - failing), 0.0)


@inlined
def downstream(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int) -> tuple[float, float, float]:
    """(mean ms, variance, share that succeeds) of the calls that one request of `s` makes, one after the other."""
    mean, variance, good = 0.0, 0.0, 1.0
    for e in range(first[s], first[s + 1]):
        c = callees[e]
        if edges[e, at.IS_ASYNC] > 0.0:
            n, failed = edges[e, at.RATE_PER_REQUEST], services[c, at.LAG_REFUSED]
            part = n - math.floor(n)
            mean += n * _PUBLISH_MS
        else:
            n = calls_per_request(services, edges, s, e)
            took, spread, failed = call(services, edges, s, e, c)
            part = n - math.floor(n)
            mean += n * took
            variance += n * spread + part * (1.0 - part) * took * took
        if failed > 0.0:
            good *= (1.0 - part * failed) * (1.0 - failed) ** (n - part)
    return mean, variance, good
