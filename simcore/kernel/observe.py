"""What each read shows, as numbers: the world through lagging, noisy and sometimes missing instruments.

A payload is a row of `OUT_COLUMNS` numbers that begins with what the step was paid; the rest depends on the action and
is turned into words by `simcore.world.decoding`. NaN stands for a series that is missing.
"""

import math

from simcore.kernel import keys
from simcore.kernel import layout as at
from simcore.kernel.books import sample_before
from simcore.kernel.changes import applies
from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.layout import Floats, Singles
from simcore.kernel.pods import used_quota
from simcore.kernel.queueing import median, percentile_99
from simcore.kernel.random import normal, uniform

OUT_REFUSAL, OUT_PAID, OUT_ENDED, OUT_NOW, OUT_FIRING, OUT_COUNT, OUT_PAYLOAD = 0, 1, 7, 8, 9, 10, 11
LIST_COLUMNS = 5
OUT_COLUMNS = OUT_PAYLOAD + LIST_COLUMNS * at.MAX_SERVICES + 4

# describe_service
(
    O_HEALTH, O_UP, O_DESIRED, O_RESTARTS, O_RELEASE, O_VERSION, O_ROLLED_OUT, O_CANARY, O_MEMORY, O_CPU, O_OOM_AT,
    O_KILLED_AT, O_REFUSED_AT, O_UNSCHEDULABLE_AT, O_BACK_OFF, O_HPA_MAX, O_USUAL_REPLICAS, O_HPA_TARGET, O_CONFIG_KEY,
    O_CONFIG_AT, O_CONFIG_OLD, O_CONFIG_NEW, O_SICK_SINCE, O_OLDEST_POD, O_QUOTA_USED, O_QUOTA, O_AT_HPA_MAX, O_KEYS,
) = (0, 1, 2, 3, 4, 5, 7, *range(9, 30))  # fmt: skip

# check_metrics
(
    M_AGE, M_WINDOW, M_CPU, M_MEMORY, M_P50, M_P99, M_ERRORS, M_CONNS, M_RPS, M_MEMORY_LIMIT, M_CONN_LIMIT,
    M_MEMORY_BEFORE, M_P99_BEFORE, M_ERRORS_BEFORE, M_CONNS_BEFORE, M_READY_BEFORE, M_CPU_BEFORE, M_RPS_BEFORE,
    M_THROTTLED, M_THREADS, M_DISK, M_HIT, M_LAG, M_REPLICA_LAG,
) = range(24)  # fmt: skip
_SERIES = 32
_NOISE_STREAM, _MISSING_STREAM = 3, 1


@compiled
def show_list(services: Floats, releases: Floats, out: Floats) -> None:
    for s in range(services.shape[0]):
        begin = OUT_PAYLOAD + LIST_COLUMNS * s
        out[begin] = services[s, at.HEALTH]
        out[begin + 1] = services[s, at.UP]
        out[begin + 2] = services[s, at.DESIRED]
        out[begin + 3] = releases[s, int(services[s, at.RELEASE]), at.VERSION]
        out[begin + 4] = services[s, at.RESTARTS]
    out[OUT_COUNT] = services.shape[0]


@compiled
def shown_setting(services: Floats, clock: Floats, key: int, s: int) -> float:
    """The value of a setting as `describe_service` shows it."""
    if key == keys.MEMORY_QUOTA:
        return clock[at.QUOTA_MB]
    if key == keys.NODES:
        return math.floor(clock[at.NODES_MB] / clock[at.NODE_MB] + 0.5)
    if key == keys.SHED:
        return 100.0 * clock[at.SHED]
    if key == keys.RENEWAL:
        return 1.0 - services[s, at.RENEWAL_OFF]
    if key == keys.RESOLVER:
        return 1.0 if services[s, at.RESOLVER] == 2.0 else 0.0
    if key == keys.CLOCK_SYNC:
        return 1.0 if services[s, at.CLOCK_DRIFT] == 0.0 else 0.0
    if keys.COLUMN[key] < 0:
        return 0.0
    value = services[s, keys.COLUMN[key]]
    return 100.0 * value if key == keys.RETRY_BUDGET or key == keys.CANARY_WEIGHT else value


@compiled
def show_detail(
    clock: Floats, services: Floats, releases: Floats, pods: Floats, s: int, entry: int, out: Floats
) -> None:
    now = clock[at.NOW_S]
    o = out[OUT_PAYLOAD:]
    o[O_HEALTH], o[O_UP], o[O_DESIRED] = services[s, at.HEALTH], services[s, at.UP], services[s, at.DESIRED]
    o[O_RESTARTS], o[O_RELEASE], o[O_CANARY] = (
        services[s, at.RESTARTS],
        services[s, at.RELEASE],
        services[s, at.CANARY_WEIGHT],
    )
    for r in range(at.MAX_RELEASES):
        o[O_VERSION + r] = releases[s, r, at.VERSION]
        o[O_ROLLED_OUT + r] = now - releases[s, r, at.ROLLED_OUT_S]
    o[O_MEMORY], o[O_CPU] = services[s, at.MEM_LIMIT_MB], services[s, at.CPU_CORES]
    o[O_OOM_AT], o[O_KILLED_AT] = now - services[s, at.OOM_AT], now - services[s, at.KILLED_AT]
    o[O_REFUSED_AT], o[O_UNSCHEDULABLE_AT] = now - services[s, at.REFUSED_AT], now - services[s, at.UNSCHEDULABLE_AT]
    o[O_BACK_OFF], o[O_OLDEST_POD] = 0.0, 0.0
    for p in range(int(services[s, at.PODS])):
        if pods[s, p, at.DOWN_UNTIL] > now + services[s, at.START_S] and pods[s, p, at.CRASHES] > 0.0:
            o[O_BACK_OFF] = 1.0
        o[O_OLDEST_POD] = max(o[O_OLDEST_POD], now - pods[s, p, at.STARTED_AT])
    o[O_HPA_MAX], o[O_USUAL_REPLICAS] = services[s, at.HPA_MAX], services[s, at.USUAL_REPLICAS]
    o[O_HPA_TARGET] = services[s, at.HPA_TARGET] if services[s, at.HPA_ON_CPU] > 0.0 else -services[s, at.HPA_TARGET]
    used = (
        services[s, at.CPU_PERCENT] / 100.0
        if services[s, at.HPA_ON_CPU] > 0.0
        else (services[s, at.MEM_MB] / services[s, at.MEM_LIMIT_MB])
    )
    at_max = services[s, at.HPA_MAX] > 0.0 and services[s, at.DESIRED] >= services[s, at.HPA_MAX]
    o[O_AT_HPA_MAX] = 1.0 if at_max and used > 1.1 * services[s, at.HPA_TARGET] else 0.0
    o[O_CONFIG_KEY], o[O_CONFIG_AT] = services[s, at.CONFIG_KEY], now - services[s, at.CONFIG_AT]
    if services[s, at.CONFIG_AT] > now:
        o[O_CONFIG_KEY] = -1.0
    o[O_CONFIG_OLD], o[O_CONFIG_NEW] = services[s, at.CONFIG_OLD], services[s, at.CONFIG_NEW]
    o[O_SICK_SINCE] = now - services[s, at.SICK_SINCE_S]
    o[O_QUOTA_USED], o[O_QUOTA] = used_quota(services, pods), clock[at.QUOTA_MB]
    for key in range(keys.KEY_COUNT):
        o[O_KEYS + key] = shown_setting(services, clock, key, s) if applies(services, key, s, entry) else math.nan
    out[OUT_COUNT] = O_KEYS + keys.KEY_COUNT


@compiled
def noisy(seed: int, counter: int, spread: float, value: float) -> float:
    return max(0.0, value * (1.0 + spread * normal(seed + _NOISE_STREAM, counter)))


@compiled
def show_metrics(
    clock: Floats, facts: Floats, times: Floats, services: Floats, history: Singles, s: int, window: float, seed: int,
    step: int, out: Floats,
) -> None:  # fmt: skip
    """The newest scrape that has arrived, with noise, and what it was `window` seconds before."""
    difficulty, now = facts[at.DIFFICULTY], clock[at.NOW_S]
    counter = (step * 64 + s) * _SERIES
    lag = 5.0 + 30.0 * difficulty * uniform(seed + _MISSING_STREAM, counter)
    new = sample_before(clock, times, now - lag)
    old = sample_before(clock, times, times[new] - window)
    spread, gap = 0.005 + 0.04 * difficulty, 0.01 + 0.05 * difficulty
    m = out[OUT_PAYLOAD:]
    m[M_AGE], m[M_WINDOW] = now - times[new], times[new] - times[old]
    for side in range(2):
        row = history[new if side == 0 else old, s]
        columns = (
            (M_CPU, M_MEMORY, M_P50, M_P99, M_ERRORS, M_CONNS, M_RPS)
            if side == 0
            else (M_CPU_BEFORE, M_MEMORY_BEFORE, M_P50, M_P99_BEFORE, M_ERRORS_BEFORE, M_CONNS_BEFORE, M_RPS_BEFORE)
        )
        mean, variance = float(row[at.H_MEAN]), float(row[at.H_VARIANCE])
        c = counter + 8 * side
        if side == 0:
            m[columns[2]] = noisy(seed, c + 2, spread, median(mean, variance))
        m[columns[0]] = min(noisy(seed, c, spread, float(row[at.H_CPU])), 100.0)
        m[columns[1]] = noisy(seed, c + 1, spread, float(row[at.H_MEMORY]))
        m[columns[3]] = noisy(seed, c + 3, spread, percentile_99(mean, variance))
        m[columns[4]] = min(noisy(seed, c + 4, spread, 100.0 * float(row[at.H_FAIL])), 100.0)
        m[columns[5]] = noisy(seed, c + 5, spread, float(row[at.H_CONNS]))
        m[columns[6]] = noisy(seed, c + 6, spread, float(row[at.H_RPS]))
    for k in range(7):
        if uniform(seed + _MISSING_STREAM, counter + 1 + k) < gap:
            m[M_CPU + k] = math.nan
    m[M_READY_BEFORE] = history[old, s, at.H_READY]
    m[M_MEMORY_LIMIT] = services[s, at.MEM_LIMIT_MB]
    m[M_CONN_LIMIT] = services[s, at.POOL_MAX] if services[s, at.POOL_MAX] > 0.0 else math.nan
    m[M_THROTTLED], m[M_THREADS] = 100.0 * services[s, at.THROTTLED], 100.0 * services[s, at.THREADS_BUSY]
    m[M_DISK] = 100.0 * services[s, at.DISK_USED_MB] / services[s, at.DISK_MB]
    m[M_HIT] = 100.0 * services[s, at.HIT] if services[s, at.CACHE_KEYS] > 0.0 else math.nan
    m[M_LAG] = services[s, at.LAG] if services[s, at.IS_CONSUMER] > 0.0 else math.nan
    m[M_REPLICA_LAG] = services[s, at.REPLICA_LAG_S] if services[s, at.REPLICA_CORES] > 0.0 else math.nan
    for k in (M_THROTTLED, M_THREADS, M_DISK, M_HIT):
        if uniform(seed + _MISSING_STREAM, counter + 10 + k) < gap:
            m[k] = math.nan
    out[OUT_COUNT] = M_REPLICA_LAG + 1


@inlined
def firing(clock: Floats) -> bool:
    """Whether the page still holds."""
    return clock[at.SLO_BROKEN_S] > 0.0
