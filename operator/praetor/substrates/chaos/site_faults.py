"""What the faults of the `/ops/break` contract truly are: where, and which mechanism. For the verdict, never for a
policy."""

from typing import NamedTuple

from simcore.mechanisms.table import mechanism_class
from simcore.results import CauseName


class SiteFault(NamedTuple):
    """`touches`: services that do not call the one at fault, and suffer all the same."""

    service: str
    mechanism: str
    touches: tuple[str, ...] = ()


SITE_FAULTS = {
    "oom_crash": SiteFault("api", "heap_oom"),
    "db_pool_exhaustion": SiteFault("api", "connection_leak", ("postgres",)),
    "bad_deployment_cascade": SiteFault("api", "leaky_release"),
    "disk_full": SiteFault("api", "log_growth"),
    "slow_query": SiteFault("api", "slow_query_release", ("postgres",)),
    "cert_expiry": SiteFault("api", "cert_expiry"),
    "dns_failure": SiteFault("api", "dns_failure"),
    "rate_limit_exhaustion": SiteFault("api", "rate_limit_exhaustion"),
}


def cause_of(service: str, mechanism: str) -> CauseName:
    return CauseName(service, mechanism, mechanism_class(mechanism) or mechanism)
