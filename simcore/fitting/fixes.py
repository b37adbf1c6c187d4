"""What can be tried without a diagnosis: every change that is a cure of something, at every place that can be named
from the alerted service alone."""

from functools import cache

from simcore.policies.cures import Change
from simcore.policies.reflex.policy import Fix

_SETTINGS = {
    "probe.timeout_ms": "2000", "hpa.max_replicas": "8", "server.threads.max": "32", "cpu.limit": "fivefold",
    "feature.rollout": "off", "cache.hot_key_copies": "8", "cache.coalesce": "on", "cache.ttl_seconds": "300",
    "tls.renewal": "on", "dns.resolver": "cluster", "network.policy": "allow", "network.mtu": "1450",
    "client.timeout_ms": "3000", "client.retries": "0", "client.retry_budget_percent": "20",
    "fallback.enabled": "on", "clock.sync": "on", "rate_limit.rps": "fourfold", "log.level": "INFO",
    "disk.size_mb": "fourfold", "canary.weight": "0", "queue.dead_letter": "on",
}  # fmt: skip
_OF_DATABASES = {
    "db.pool.max_size": "fourfold", "db.index.rebuild": "on", "db.replica.cancel_conflicts": "on",
    "db.read_only": "off", "db.wal.max_size_mb": "1024",
}  # fmt: skip
_OF_THE_NAMESPACE = {"cluster.resource.quota.memory_mb": "double", "cluster.nodes": "more"}
_DATABASES = ("database", "entry.database", "callee_1.database", "callee_2.database", "callee_3.database")
PLACES = (
    "alerted", "entry", "entry.callee_1", *(f"callee_{k}" for k in range(1, 6)), *(f"caller_{k}" for k in (1, 2, 3)),
    *(f"entry.callee_1.callee_{k}" for k in range(1, 6)), "callee_1.callee_1", "callee_1.callee_2",
    "callee_1.callee_3", "callee_2.callee_1", "callee_2.callee_2", "callee_3.callee_1", "callee_1.callee_1.callee_1",
    "caller_1.caller_1", "caller_1.callee_1", "caller_1.callee_2", "caller_1.callee_3", "consumer", "cache", "limiter",
    "outside", "entry.cache", "entry.limiter", "entry.outside", *_DATABASES,
)  # fmt: skip
PLAIN: tuple[Change, ...] = (
    Change(do="restart_service"),
    Change(do="restart_service", memory_limit="double"),
    Change(do="scale_service", replicas="more"),
    Change(do="scale_service", replicas="usual"),
    Change(do="rollback_deployment", to="previous_version"),
)


def _configured(settings: dict[str, str]) -> list[Change]:
    return [Change(do="update_config", key=key, value=value) for key, value in settings.items()]


@cache
def all_fixes() -> tuple[Fix, ...]:
    """Each change at each place where it can make sense."""
    pairs = [(change, place) for change in (*PLAIN, *_configured(_SETTINGS)) for place in PLACES]
    pairs += [(change, place) for change in _configured(_OF_DATABASES) for place in _DATABASES]
    pairs += [(change, "alerted") for change in _configured(_OF_THE_NAMESPACE)]
    return tuple(Fix(at=place, **change.model_dump()) for change, place in pairs)


def in_words(fix: Fix) -> str:
    """For tables: what, how much, where."""
    how = fix.to or fix.memory_limit or fix.replicas or (f"{fix.key} {fix.value}" if fix.key else "")
    return f"{fix.do}{f' ({how})' if how else ''} @ {fix.at}"
