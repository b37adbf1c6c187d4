"""What an anomaly of the flat form is in the world: mechanisms, the most fitting first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simcore.policies.cures import cures

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Way:
    """A mechanism, with ranges of its parameters where they are other than its own."""

    mechanism: str
    parameters: Mapping[str, Bounds] = field(default_factory=dict)

    def __str__(self) -> str:
        ranges = ", ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in self.parameters.items())
        return f"{self.mechanism} with {ranges}" if ranges else self.mechanism


_SMALLER_HEAP = Way("heap_oom", {"need_factor": (1.15, 1.25)})
_SLOW_CONNECTION_LEAK = Way(
    "connection_leak", {"onset_seconds": (1500.0, 1800.0), "seconds_to_exhaust": (1400.0, 1800.0)}
)
"""So slow that a restart keeps for a quarter of an hour, with the pool as it is."""
_LESS_TRAFFIC = Way("rate_limit_exhaustion", {"extra_share": (0.7, 1.0)})

WAYS: dict[str, tuple[Way, ...]] = {
    "oom": (Way("heap_oom"), _SMALLER_HEAP, Way("memory_limit_lowered"), Way("memory_leak")),
    "db_pool_exhaustion": (
        Way("connection_leak"),
        _SLOW_CONNECTION_LEAK,
        Way("leaky_connections_release"),
        Way("pool_misconfigured"),
    ),
    "connection_leak": (Way("connection_leak"), _SLOW_CONNECTION_LEAK, Way("leaky_connections_release")),
    "memory_leak": (Way("memory_leak"), Way("slow_leak")),
    "resource_starved": (
        Way("cpu_saturation"),
        Way("thread_pool_exhaustion"),
        Way("thread_deadlock"),
        Way("heavy_release"),
        Way("quota_lowered"),
        Way("node_pressure"),
    ),
    "disk_full": (Way("log_growth"), Way("verbose_release"), Way("wal_growth")),
    "lock_contention": (Way("lock_contention"), Way("slow_query_release")),
    "cert_expired": (Way("cert_expiry"), Way("bundled_certificate_release")),
    "cascade_degradation": (
        Way("leaky_release"),
        Way("heavy_release"),
        Way("failing_release"),
        Way("retry_storm"),
        Way("cpu_saturation"),
        Way("thread_deadlock"),
        Way("corrupt_state"),
    ),
    "dns_broken": (Way("dns_failure"), Way("resolver_misconfigured"), Way("wrong_name_release")),
    "rate_limited": (Way("rate_limit_exhaustion"), _LESS_TRAFFIC, Way("rate_limit_lowered")),
}
ANOMALIES = tuple(WAYS)


def ways_of(anomaly: str, action_type: str) -> list[Way]:
    """First those that are put right by such an action as a rule: what is rolled back is a release, although any
    fresh process finds its resolver again."""
    return sorted(WAYS[anomaly], key=lambda way: all(step.do != action_type for step in cures()[way.mechanism]))
