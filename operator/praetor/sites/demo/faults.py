"""The faults of the contract's table. Each changes a cause; what is seen of it the running processes bring about."""

import socket
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from praetor.sites.demo.site import DemoSite

CATALOGUE_MB = 900
SETTLEMENTS = 40
SURGE_REQUESTS_PER_SECOND = 36.0
CERTIFICATE_SECONDS = 2.0
Break = Callable[["DemoSite"], Awaitable[None]]


async def oom_crash(site: "DemoSite") -> None:
    """The catalogue grows beyond what the api may use."""
    site.around.change(catalogue_mb=CATALOGUE_MB)


async def db_pool_exhaustion(site: "DemoSite") -> None:
    """More settlements at the same time than there are connections."""
    site.around.change(settlements=SETTLEMENTS)


async def bad_deployment_cascade(site: "DemoSite") -> None:
    """v1.1, which leaks, is rolled out."""
    await site.deploy("v1.1")


async def disk_full(site: "DemoSite") -> None:
    """Somebody switches debug logging on, and the volume of the log is small."""
    site.around.change(debug_since=time.time())


async def slow_query(site: "DemoSite") -> None:
    """v1.2, whose report locks rows, is rolled out."""
    await site.deploy("v1.2")


async def cert_expiry(site: "DemoSite") -> None:
    """The api's certificate is at its end."""
    site.authority.issue(CERTIFICATE_SECONDS)


async def dns_failure(site: "DemoSite") -> None:
    """The api's resolver asks where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", 0))
        port = dead.getsockname()[1]
    site.around.change(resolver_port=port)


async def rate_limit_exhaustion(site: "DemoSite") -> None:
    """More users come than one replica may serve."""
    site.around.change(requests_per_second=SURGE_REQUESTS_PER_SECOND)


FAULTS: dict[str, Break] = {
    fault.__name__: fault
    for fault in (
        oom_crash,
        db_pool_exhaustion,
        bad_deployment_cascade,
        disk_full,
        slow_query,
        cert_expiry,
        dns_failure,
        rate_limit_exhaustion,
    )
}
