"""What ails a service, folded into what its requests feel: extra work, extra time, a share that fails.

Only services that something is special about (`SPECIAL`) come here; for the others the folded columns stay as they are.
"""

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats
from simcore.kernel.queueing import cached_share, quota_stall, quota_wait, relaxed, throttled

DEBUG_LEVEL = 1.0
DEBUG_MB_PER_S = 4.0
_RECOVERS_IN_S = 8.0  # what fails is tried again at once
_HANDSHAKE_LIFE_S = 60.0  # of a TLS connection: a server drops idle ones and limits the age of the others
_NAME_LIFE_S = 40.0  # of what a resolver's answer is used for: its TTL, then the connection made with it
_LOGIN_LIFE_S = 90.0  # of a pooled database connection
_CLOCK_LEEWAY_S = 60.0  # that validators of tokens allow, RFC 7519 section 4.1.4: "usually no more than a few minutes"
_CLOCK_REFUSED = 0.9
_DEBUG_WORK = 1.15
_RELEASE_STICKS_IN_S = 240.0
_REPLICA_LAG_ALLOWED_S = 10.0


@inlined
def renewed(broken: float, failing: float, dt: float, life_s: float) -> float:
    """The share of broken connections, as old ones end and new ones fail or do not."""
    if broken == failing:
        return broken
    return relaxed(broken, failing, dt, life_s if failing > broken else _RECOVERS_IN_S)


@inlined
def age_connections(services: Floats, breaks: float, s: int, now: float, dt: float) -> None:
    """New connections fail at once, old ones live on for a while: the share of broken ones follows."""
    expired = 1.0 if now >= services[s, at.CERT_EXPIRES_S] or breaks == at.BREAKS_TLS else 0.0
    services[s, at.TLS_BROKEN] = renewed(services[s, at.TLS_BROKEN], expired, dt, _HANDSHAKE_LIFE_S)
    lost = 1.0 if services[s, at.RESOLVER] != 0.0 or breaks == at.BREAKS_NAMES else 0.0
    services[s, at.DNS_BROKEN] = renewed(services[s, at.DNS_BROKEN], lost, dt, _NAME_LIFE_S)
    stale = 1.0 if now >= services[s, at.SECRET_ROTATED_S] or breaks == at.BREAKS_LOGIN else 0.0
    services[s, at.AUTH_BROKEN] = renewed(services[s, at.AUTH_BROKEN], stale, dt, _LOGIN_LIFE_S)


@inlined
def disk_rate(services: Floats, releases: Floats, s: int) -> float:
    """MB that are written a second and not rotated away."""
    rate = services[s, at.DISK_MB_PER_S] + releases[s, int(services[s, at.RELEASE]), at.LOG_MB_PER_S]
    return rate + DEBUG_MB_PER_S if services[s, at.LOG_LEVEL] >= DEBUG_LEVEL else rate


@inlined
def fill_disk(services: Floats, releases: Floats, s: int, dt: float) -> float:
    """Log and WAL grow; returns the share of requests that fail because they cannot write."""
    used = services[s, at.DISK_USED_MB] + disk_rate(services, releases, s) * dt
    services[s, at.DISK_USED_MB] = min(max(used, 0.0), services[s, at.DISK_MB])
    return services[s, at.WRITE_SHARE] if services[s, at.DISK_USED_MB] >= services[s, at.DISK_MB] else 0.0


@inlined
def drift_clock(services: Floats, s: int, dt: float) -> float:
    """The share of requests whose tokens a service with a wrong clock refuses."""
    services[s, at.CLOCK_OFFSET_S] += services[s, at.CLOCK_DRIFT] * dt
    return _CLOCK_REFUSED if abs(services[s, at.CLOCK_OFFSET_S]) > _CLOCK_LEEWAY_S else 0.0


@inlined
def call_outside(services: Floats, s: int) -> tuple[float, float, float]:
    """(mean ms, variance, share that fails) of what requests ask of a third party; a fallback answers at once."""
    share = services[s, at.EXTERNAL_SHARE]
    if share <= 0.0 or services[s, at.FALLBACK] > 0.0:
        return 0.0, 0.0, 0.0
    taken = min(services[s, at.EXTERNAL_MS], services[s, at.CLIENT_TIMEOUT_MS])
    late = 1.0 if services[s, at.EXTERNAL_MS] > services[s, at.CLIENT_TIMEOUT_MS] else 0.0
    failed = 1.0 - (1.0 - services[s, at.EXTERNAL_FAIL]) * (1.0 - late)
    return share * taken, share * taken * taken * (2.0 - share), share * failed


@inlined
def stolen_cpu(services: Floats, clock: Floats, s: int) -> float:
    """The share of its CPU that a noisy neighbour takes from pods on its node."""
    if services[s, at.ON_HOG_NODE] <= 0.0 or clock[at.HOG] < 0.0:
        return 0.0
    burnt = min(clock[at.HOG_CORES], services[int(clock[at.HOG]), at.CPU_CORES])
    return min(max((burnt - clock[at.SPARE_CORES]) / clock[at.NODE_CORES], 0.0), 0.9)


@inlined
def released_errors(services: Floats, releases: Floats, s: int) -> float:
    """Of the running release, or of the canary beside it by its share of the traffic."""
    current = int(services[s, at.RELEASE])
    failing = releases[s, current, at.ERROR_SHARE]
    canary = releases[s, at.MAX_RELEASES - 1, at.ERROR_SHARE]
    return failing + services[s, at.CANARY_WEIGHT] * (canary - failing)


@inlined
def work_factor(services: Floats, releases: Floats, s: int) -> float:
    """How much more CPU a request takes than it used to."""
    current = releases[s, int(services[s, at.RELEASE]), at.WORK_FACTOR]
    canary = releases[s, at.MAX_RELEASES - 1, at.WORK_FACTOR]
    factor = services[s, at.SCAN_FACTOR] * (current + services[s, at.CANARY_WEIGHT] * (canary - current))
    if services[s, at.FEATURE] > 0.0:
        factor *= services[s, at.FEATURE]
    return factor * _DEBUG_WORK if services[s, at.LOG_LEVEL] >= DEBUG_LEVEL else factor


@inlined
def replicate(services: Floats, s: int, dt: float) -> None:
    """A replica that applies slower than its primary writes falls behind; it catches up at the speed it has left."""
    services[s, at.REPLICA_LAG_S] = max(services[s, at.REPLICA_LAG_S] + (1.0 - services[s, at.APPLY_SPEED]) * dt, 0.0)


@inlined
def database_cores(services: Floats, s: int) -> float:
    """Cores that serve queries: with those of the replica, as long as it is fresh enough to be read from."""
    fresh = services[s, at.REPLICA_LAG_S] <= _REPLICA_LAG_ALLOWED_S
    return services[s, at.CPU_CORES] + (services[s, at.REPLICA_CORES] if fresh else 0.0)


@inlined
def stick_threads(services: Floats, pods: Floats, s: int, per_pod: float, now: float, dt: float) -> None:
    """Threads that wait for one another for ever; a fresh pod has none of them."""
    ready = max(services[s, at.READY], 1.0)
    stuck = per_pod * ready * dt
    if services[s, at.STUCK] <= 0.0:
        services[s, at.STUCK_SINCE_S] = now
    stuck = min(stuck, max(services[s, at.WORKERS] * ready - services[s, at.STUCK], 0.0))
    services[s, at.STUCK] += stuck
    for p in range(int(services[s, at.PODS])):
        pods[s, p, at.POD_STUCK] += stuck / services[s, at.PODS]


@inlined
def fill_cache(services: Floats, s: int, database_fails: float, lookups_per_s: float, dt: float) -> None:
    """Misses that the database answers fill the cache, entries expire."""
    per_key = lookups_per_s * (1.0 - database_fails) / services[s, at.CACHE_KEYS]
    services[s, at.HIT] = cached_share(services[s, at.HIT], per_key, services[s, at.CACHE_TTL_S], dt)


@inlined
def fold(services: Floats, pods: Floats, releases: Floats, clock: Floats, s: int, dt: float) -> None:
    """Writes `EFF_WORK_MS`, `EFF_MS`, `EFF_VAR_MS2` and `EFF_FAIL` for the sub-step that begins now."""
    now, breaks = clock[at.NOW_S], releases[s, int(services[s, at.RELEASE]), at.BREAKS]
    age_connections(services, breaks, s, now, dt)
    stuck_per_s = services[s, at.STUCK_PER_S]
    if breaks == at.BREAKS_THREADS:
        stuck_per_s += services[s, at.WORKERS] / _RELEASE_STICKS_IN_S
    if stuck_per_s > 0.0 and services[s, at.PODS] > 0.0:
        stick_threads(services, pods, s, stuck_per_s, now, dt)
    if services[s, at.REPLICA_CORES] > 0.0:
        replicate(services, s, dt)
    unwritten, refused = fill_disk(services, releases, s, dt), drift_clock(services, s, dt)
    outside_ms, outside_var, outside_fail = call_outside(services, s)
    hogged = services[s, at.HOGGED]
    work = services[s, at.WORK_MS] * work_factor(services, releases, s) / (1.0 - hogged)
    wait_ms, wait_var = quota_wait(hogged, services[s, at.VISITS])
    stolen, share = stolen_cpu(services, clock, s), services[s, at.ON_HOG_NODE]
    slower = work * stolen / (1.0 - stolen)
    still_ms, still_var = quota_stall(services[s, at.CPU_CORES], work + share * slower, services[s, at.VISITS], hogged)
    stalled, stall_ms = throttled(services[s, at.CPU_CORES], services[s, at.BURST_MS], services[s, at.BURST_EVERY_S])
    readonly = services[s, at.WRITE_SHARE] if services[s, at.READ_ONLY] > 0.0 else 0.0
    broken = services[s, at.EXTRA_ERRORS] + released_errors(services, releases, s)
    services[s, at.THROTTLED] = stalled
    services[s, at.EFF_WORK_MS] = work + share * slower
    services[s, at.EFF_MS] = outside_ms + stalled * 0.5 * stall_ms + wait_ms + still_ms
    services[s, at.EFF_VAR_MS2] = (
        outside_var
        + wait_var
        + still_var
        + share * (1.0 - share) * slower * slower
        + stalled * stall_ms * stall_ms * (1.0 / 3.0 - 0.25 * stalled)
    )
    services[s, at.EFF_FAIL] = 1.0 - (1.0 - min(broken, 1.0)) * (1.0 - max(unwritten, readonly)) * (1.0 - refused) * (
        1.0 - outside_fail
    )
