"""The four changes. Each takes effect over time; one that makes no sense is refused and changes nothing."""

from simcore.kernel import keys
from simcore.kernel import layout as at
from simcore.kernel.compiled import compiled
from simcore.kernel.layout import Floats
from simcore.kernel.pods import roll_out

(
    ACCEPTED, MALFORMED, UNKNOWN_SERVICE, RUNNING_VERSION, UNKNOWN_VERSION, UNKNOWN_KEY, BAD_VALUE, NOT_SCALABLE,
    TOO_MANY, WRONG_SERVICE,
) = range(10)  # fmt: skip

_USUAL_APPLY_SPEED = 1.5
_FEATURE_ON = 2.0
_WRONG_RESOLVER = 2.0
_ROTATED_SHARE = 0.3


@compiled
def forget_state(services: Floats, usual_disk_mb: float, s: int) -> None:
    """What a fresh process does not have: broken resolver caches, stale secrets, runaway logs, open transactions.
    A certificate is renewed as it starts, if renewal is not switched off; it is scheduled on another node; its cache
    is cold."""
    if services[s, at.RESOLVER] == 1.0:
        services[s, at.RESOLVER] = 0.0
    services[s, at.SECRET_ROTATED_S] = at.NEVER
    if services[s, at.RENEWAL_OFF] <= 0.0:
        services[s, at.CERT_EXPIRES_S] = at.NEVER
    services[s, at.STUCK_PER_S] = 0.0
    services[s, at.HOGGED] = 0.0
    services[s, at.EXTRA_ERRORS] = 0.0
    services[s, at.NET_DELAY_MS] = 0.0
    services[s, at.NET_LOSS] = 0.0
    services[s, at.HIT] = 0.0
    if services[s, at.POOL_MAX] <= 0.0:
        services[s, at.LOCK_HOLD_MS] = 0.0
        services[s, at.DISK_MB_PER_S] = 0.0
        services[s, at.DISK_USED_MB] = min(services[s, at.DISK_USED_MB], usual_disk_mb)
    else:
        services[s, at.APPLY_SPEED] = _USUAL_APPLY_SPEED


@compiled
def restart(services: Floats, pods: Floats, s: int, now: float) -> None:
    """A rollout restart. A database has one pod, so it is away while it starts."""
    forget_state(services, _ROTATED_SHARE * services[s, at.DISK_MB], s)
    roll_out(services, pods, s, now)
    if services[s, at.POOL_MAX] > 0.0:
        for p in range(int(services[s, at.PODS])):
            pods[s, p, at.DOWN_UNTIL] = now + services[s, at.START_S]
            pods[s, p, at.REPLACE_AT] = now + services[s, at.START_S]


@compiled
def scale(services: Floats, s: int, replicas: float, now: float) -> int:
    if services[s, at.POOL_MAX] > 0.0 and replicas > 1.0:
        return NOT_SCALABLE
    if replicas > at.MAX_PODS:
        return TOO_MANY
    services[s, at.DESIRED] = replicas
    services[s, at.CREATE_RETRY_AT] = now
    services[s, at.CHANGED_AT] = now
    return ACCEPTED


@compiled
def roll_back(services: Floats, pods: Floats, releases: Floats, s: int, version: float, now: float) -> int:
    """Puts a whole release back as it was: version and replicas, what an autoscaler added and any canary gone."""
    running = int(services[s, at.RELEASE])
    if version == releases[s, running, at.VERSION] and services[s, at.CANARY_WEIGHT] <= 0.0:
        return RUNNING_VERSION
    found = -1
    for r in range(at.MAX_RELEASES):
        if releases[s, r, at.VERSION] == version:
            found = r
    if found < 0:
        return UNKNOWN_VERSION
    services[s, at.RELEASE] = found
    services[s, at.CANARY_WEIGHT] = 0.0
    services[s, at.DESIRED] = services[s, at.USUAL_REPLICAS]
    services[s, at.HPA_LOW_SINCE] = at.NEVER
    restart(services, pods, s, now)
    return ACCEPTED


@compiled
def applies(services: Floats, key: int, s: int, entry: int) -> bool:
    """Whether a service has the setting."""
    where = keys.APPLIES[key]
    if where == keys.DATABASES:
        return services[s, at.POOL_MAX] > 0.0
    if where == keys.CONSUMERS:
        return services[s, at.IS_CONSUMER] > 0.0
    if where == keys.CACHES:
        return services[s, at.CACHE_KEYS] > 0.0
    if where == keys.OUTSIDE:
        return services[s, at.EXTERNAL_SHARE] > 0.0
    if where == keys.RATE_LIMITED:
        return services[s, at.RATE_LIMIT_RPS] > 0.0
    if where == keys.AUTOSCALED:
        return services[s, at.HPA_MAX] > 0.0
    return where == keys.ANYWHERE or s == entry


@compiled
def configure(services: Floats, pods: Floats, clock: Floats, s: int, key: int, value: float, entry: int) -> int:
    now = clock[at.NOW_S]
    if key < 0:
        return UNKNOWN_KEY
    if value != value:
        return BAD_VALUE
    if not applies(services, key, s, entry):
        return WRONG_SERVICE
    services[s, at.CHANGED_AT] = now
    if key == keys.MEMORY_QUOTA:
        clock[at.QUOTA_MB] = value
    elif key == keys.NODES:
        clock[at.NODES_MB] = value * clock[at.NODE_MB]
    elif key == keys.SHED:
        clock[at.SHED] = value / 100.0
    elif key == keys.POOL_MIN:
        for client in range(services.shape[0]):
            if services[client, at.DATABASE] == s and client != s:
                services[client, at.POOL_MIN] = value
    elif key == keys.WAL_SIZE:
        services[s, at.DISK_MB_PER_S] = 0.0
        services[s, at.DISK_USED_MB] = min(
            services[s, at.DISK_USED_MB], _ROTATED_SHARE * services[s, at.DISK_MB] + value
        )
    elif key == keys.INDEX_REBUILD:
        services[s, at.SCAN_FACTOR] = 1.0 if value > 0.0 else services[s, at.SCAN_FACTOR]
    elif key == keys.CANCEL_CONFLICTS:
        services[s, at.APPLY_SPEED] = _USUAL_APPLY_SPEED if value > 0.0 else services[s, at.APPLY_SPEED]
    elif key == keys.CLOCK_SYNC:
        if value > 0.0:
            services[s, at.CLOCK_DRIFT] = services[s, at.CLOCK_OFFSET_S] = 0.0
    elif key == keys.RESOLVER:
        if value > 0.0:
            services[s, at.RESOLVER] = _WRONG_RESOLVER
        elif services[s, at.RESOLVER] == _WRONG_RESOLVER:
            services[s, at.RESOLVER] = 0.0
    elif key == keys.RENEWAL:
        services[s, at.RENEWAL_OFF] = 0.0 if value > 0.0 else 1.0
    else:
        factor = 0.01 if key in (keys.RETRY_BUDGET, keys.CANARY_WEIGHT) else 1.0
        services[s, keys.COLUMN[key]] = value * factor
        if key == keys.FEATURE and value > 0.0:
            services[s, at.FEATURE] = _FEATURE_ON
    if key == keys.MEMORY_LIMIT or key == keys.CPU_LIMIT:
        restart(services, pods, s, now)
    services[s, at.SPECIAL] = 1.0
    return ACCEPTED
