"""The demo site with its real PostgreSQL: each fault shows what the contract's table says and is healed by what it
names, and the wrong change does not heal it."""

from typing import Any

import pytest

from tests.support.demo_site import DemoSite, until
from tests.support.needs_site import needs_postgres

pytestmark = [
    needs_postgres,
    pytest.mark.waits(300),
]


def next_requests(site: DemoSite, path: str = "", least: int = 15) -> dict[str, Any]:
    """What becomes of so many of them or more, from now on."""
    site.begin()
    until(lambda: site.seen(path)["requests"] >= least, site.told)
    return site.seen(path)


def change_and_wait(site: DemoSite, change: str, **what: Any) -> None:
    """Until a process of the api has begun of it."""
    site.begin()
    site.change(change, service="api", **what)
    site.hears("api v1.0 started")


def test_oom_crash(site: DemoSite) -> None:
    site.change("break", scenario="oom_crash")

    def starved() -> bool:
        metrics = site.metrics()
        return metrics["memory_mb"] > 0.95 * metrics["memory_limit_mb"] and site.errors("/cart") > 90

    until(starved, site.metrics)
    site.hears("MemoryError")
    site.hears("OutOfMemoryError")
    site.change("restart", service="api", memory_limit_mb=768)
    until(lambda: site.metrics()["memory_limit_mb"] == 768 and starved(), site.metrics)
    site.change("restart", service="api", memory_limit_mb=1024)
    until(lambda: site.metrics()["memory_mb"] > 800 and site.users_are_served(), site.metrics)


def test_oom_kill_is_real(site: DemoSite) -> None:
    site.change("restart", service="api", memory_limit_mb=128)
    site.change("break", scenario="oom_crash")
    site.hears("exit code 137: OOMKilled, over its limit of 128 MiB")


def test_db_pool_exhaustion(site: DemoSite) -> None:
    site.change("break", scenario="db_pool_exhaustion")

    def exhausted() -> bool:
        return site.metrics("postgres")["active_connections"] >= 20 and site.errors("/checkout") > 90

    until(exhausted, lambda: site.metrics("postgres"))
    site.hears("pool exhausted")
    assert site.errors("/cart") == 0, site.told()
    site.change("config", service="postgres", key="db.pool.max_size", value=30)
    until(lambda: site.metrics("postgres")["active_connections"] == 30, lambda: site.metrics("postgres"))
    until(exhausted, site.told)
    site.change("config", service="postgres", key="db.pool.max_size", value=50)
    until(site.users_are_served, site.told)
    until(lambda: site.metrics("postgres")["active_connections"] >= 40, lambda: site.metrics("postgres"))


def test_bad_deployment_cascade(site: DemoSite) -> None:
    site.change("break", scenario="bad_deployment_cascade")
    until(lambda: site.version() == "v1.1", lambda: site.get("/ops/services"))
    before_mb = site.metrics()["memory_mb"]
    until(lambda: site.errors("/checkout", 6) > 15, lambda: (site.metrics(), site.get("/users", seconds=6)))
    site.hears("memory leak")
    until(lambda: site.metrics()["memory_mb"] > before_mb + 50, site.metrics)
    site.change("restart", service="api")
    assert site.version() == "v1.1", "a restart starts the version that leaks"
    site.change("rollback", service="api", to_version="v1.0")
    until(site.users_are_served, site.told)
    assert site.version() == "v1.0"


def test_disk_full(site: DemoSite) -> None:
    site.change("break", scenario="disk_full")
    until(lambda: site.errors("/checkout") > 90, site.told)
    site.hears("No space left on device")
    until(lambda: 10 < site.errors(seconds=5) < 60, lambda: site.get("/users", seconds=5))
    change_and_wait(site, "scale", replicas=2)
    seen = next_requests(site, "/checkout")
    assert seen["error_rate_percent"] > 90, f"another replica writes to the same volume: {site.told()}"
    site.change("restart", service="api")
    until(site.users_are_served, site.told)


def test_slow_query(site: DemoSite) -> None:
    site.change("break", scenario="slow_query")
    until(lambda: site.metrics()["request_latency_p99_ms"] > 6000, site.metrics)
    site.hears("Lock wait timeout exceeded")
    site.hears("lock timeout", "postgres")
    until(lambda: site.get("/users", seconds=8)["p99_ms"] > 6000, site.told)
    site.change("rollback", service="api", to_version="v1.0")
    until(site.users_are_served, site.told)
    until(lambda: site.metrics()["request_latency_p99_ms"] < 1000, site.metrics)


def test_cert_expiry(site: DemoSite) -> None:
    site.change("break", scenario="cert_expiry")
    until(lambda: site.errors() >= 99, site.told)
    site.hears("certificate has expired")
    site.hears("certificate has expired", "frontend")
    change_and_wait(site, "scale", replicas=2)
    seen = next_requests(site, least=40)
    assert seen["error_rate_percent"] >= 99, f"another replica has the same certificate: {site.told()}"
    until(lambda: site.metrics()["cpu_percent"] < 30, site.metrics)  # once it has begun
    site.change("restart", service="api")
    until(site.users_are_served, site.told)


def test_dns_failure(site: DemoSite) -> None:
    site.change("break", scenario="dns_failure")
    until(lambda: site.errors("/checkout") > 90, site.told)
    site.hears("could not resolve host: postgres.internal")
    change_and_wait(site, "scale", replicas=2)
    seen = next_requests(site, "/checkout")
    assert seen["error_rate_percent"] > 90, f"another replica asks the same resolver: {site.told()}"
    site.change("restart", service="api")
    until(site.users_are_served, site.told)


def test_rate_limit_exhaustion(site: DemoSite) -> None:
    site.change("break", scenario="rate_limit_exhaustion")

    def refuses_many() -> bool:
        seen = site.get("/users", seconds=3)
        return seen["statuses"].get("429", 0) > 0.3 * seen["requests"]

    until(refuses_many, site.told)
    site.hears("rate limit exceeded")
    site.hears("call to api answered 429 Too Many Requests", "frontend")
    change_and_wait(site, "restart")
    next_requests(site, least=150)
    until(refuses_many, lambda: ("a new process has the same budget", site.told()))
    site.change("scale", service="api", replicas=3)
    until(site.users_are_served, site.told)
