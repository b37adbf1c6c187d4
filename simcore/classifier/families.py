"""The families that the classifier knows, and to which of them a mechanism belongs."""

from functools import cache

from simcore.scenarios.library import library_names, library_scenario

_TWINS = {
    "memory_leak": "bad_deployment_cascade",
    "memory_limit_lowered": "oom_crash",
    "leaky_connections_release": "db_pool_exhaustion",
    "pool_misconfigured": "db_pool_exhaustion",
    "debug_logging": "disk_full",
    "verbose_release": "disk_full",
    "wal_growth": "disk_full",
    "renewal_disabled": "cert_expiry",
    "bundled_certificate_release": "cert_expiry",
    "resolver_misconfigured": "dns_failure",
    "wrong_name_release": "dns_failure",
    "rate_limit_lowered": "rate_limit_exhaustion",
    "failing_release": "canary_errors",
    "corrupt_state": "canary_errors",
    "cache_ttl_lowered": "cache_stampede",
    "heavy_consumer_release": "consumer_lag",
    "runaway_process": "cpu_saturation",
    "heavy_release": "cpu_saturation",
    "mtu_mismatch": "network_loss",
    "wrong_login_release": "stale_secret",
    "deadlocking_release": "thread_deadlock",
}
"""Mechanisms that are no family's first: they are a family's other ways to come about. A release that leaks is a bad
deployment, as in the contract of sites, whether its pods are killed (in the library a twin of `oom_crash`) or an
autoscaler hides it."""


@cache
def family_of() -> dict[str, str]:
    """By mechanism, of the families that may be trained on."""
    spec = [library_scenario(name).spec for name in library_names()]
    return {one.variants[0].mechanism: one.family for one in spec if not one.held_out} | _TWINS


@cache
def families() -> tuple[str, ...]:
    return tuple(sorted(set(family_of().values())))
