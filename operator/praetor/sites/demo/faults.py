"""The faults of the contract's table. Each changes a cause; what is seen of it the running processes bring about.

Which service is hit is first the contract's; with a seed it is another one, too, where that one can have the fault.
"""

import socket
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from praetor.sites.demo.draws import Draws

if TYPE_CHECKING:
    from praetor.sites.demo.site import DemoSite

SURGE_REQUESTS_PER_SECOND = 36.0
CERTIFICATE_SECONDS = 2.0
Break = Callable[["DemoSite", Draws], Awaitable[None]]


async def oom_crash(site: "DemoSite", draws: Draws) -> None:
    """What is kept in memory grows beyond what the service may use."""
    if draws.one("api", "frontend") == "api":
        site.around.change(catalogue_mb=round(draws.size(900, 600, 900)))
    else:
        site.around.change(pages_mb=round(draws.size(320, 250, 400)))


async def db_pool_exhaustion(site: "DemoSite", draws: Draws) -> None:
    """More settlements at the same time than there are connections."""
    site.around.change(settlements=round(draws.size(40, 22, 44)))


async def bad_deployment_cascade(site: "DemoSite", draws: Draws) -> None:
    """v1.1, which leaks, is rolled out."""
    service = draws.one("api", "frontend")
    site.around.change(invoice_mb=round(draws.size(6, 4, 12)), basket_mb=round(draws.size(1, 1, 3)))
    await site.deploy(service, "v1.1")


async def disk_full(site: "DemoSite", draws: Draws) -> None:
    """Somebody switches debug logging on, and the volume of the log is small."""
    site.around.change(debug_since=time.time(), dump_kib=round(draws.size(1024, 512, 2048)))


async def slow_query(site: "DemoSite", draws: Draws) -> None:
    """v1.2, whose report locks rows, is rolled out."""
    site.around.change(locked_articles=round(draws.size(3, 2, 6)))
    await site.deploy("api", "v1.2")


async def cert_expiry(site: "DemoSite", draws: Draws) -> None:
    """The api's certificate is at its end."""
    site.authority.issue(draws.size(CERTIFICATE_SECONDS, 1, 8))


async def dns_failure(site: "DemoSite", draws: Draws) -> None:
    """A resolver asks where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind((site.around.now().resolver_host, 0))
        port = dead.getsockname()[1]
    site.around.change(**{draws.one("resolver_port", "frontend_resolver_port"): port})


async def rate_limit_exhaustion(site: "DemoSite", draws: Draws) -> None:
    """More users come than one replica may serve."""
    site.around.change(requests_per_second=draws.size(SURGE_REQUESTS_PER_SECOND, 26, 44))


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
