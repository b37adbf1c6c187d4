"""The demo site with its real PostgreSQL: each fault shows what the contract's table says and is healed by what it
names, and the wrong change does not heal it."""

import time

import pytest

from tests.support.demo_site import DemoSite, until
from tests.support.needs_site import needs_postgres

pytestmark = [
    needs_postgres,
    pytest.mark.waits(300),
]


def test_oom_crash(site: DemoSite) -> None:
    site.change("break", scenario="oom_crash")

    def starved() -> bool:
        metrics = site.metrics()
        return metrics["memory_mb"] > 0.95 * metrics["memory_limit_mb"] and site.errors("/cart") > 90

    until(starved, site.metrics)
    assert site.says("MemoryError")
    assert site.says("OutOfMemoryError")
    site.change("restart", service="api", memory_limit_mb=768)
    until(lambda: site.metrics()["memory_limit_mb"] == 768 and starved(), site.metrics)
    site.change("restart", service="api", memory_limit_mb=1024)
    until(lambda: site.metrics()["memory_mb"] > 800 and site.users_are_served(), site.metrics)


def test_oom_kill_is_real(site: DemoSite) -> None:
    site.change("restart", service="api", memory_limit_mb=128)
    site.change("break", scenario="oom_crash")
    until(lambda: site.says("exit code 137: OOMKilled, over its limit of 128 MiB"), lambda: site.metrics(), 60)


def test_db_pool_exhaustion(site: DemoSite) -> None:
    site.change("break", scenario="db_pool_exhaustion")

    def exhausted() -> bool:
        return site.metrics("postgres")["active_connections"] >= 20 and site.errors("/checkout") > 90

    until(exhausted, lambda: site.metrics("postgres"))
    assert site.says("pool exhausted")
    assert site.errors("/cart") == 0
    site.change("config", service="postgres", key="db.pool.max_size", value=30)
    until(lambda: site.metrics("postgres")["active_connections"] == 30, lambda: site.metrics("postgres"))
    until(exhausted, lambda: site.get("/users", seconds=3))
    site.change("config", service="postgres", key="db.pool.max_size", value=50)
    until(site.users_are_served, lambda: site.get("/users", seconds=3))
    assert site.metrics("postgres")["active_connections"] >= 40


def test_bad_deployment_cascade(site: DemoSite) -> None:
    site.change("break", scenario="bad_deployment_cascade")
    until(lambda: site.version() == "v1.1", lambda: site.get("/ops/services"))
    before_mb = site.metrics()["memory_mb"]
    until(lambda: site.errors("/checkout", 6) > 15, lambda: (site.metrics(), site.get("/users", seconds=6)))
    until(lambda: site.says("memory leak"), lambda: site.get("/ops/logs", service="api", lines=20))
    assert site.metrics()["memory_mb"] > before_mb + 50
    site.change("restart", service="api")
    assert site.version() == "v1.1", "a restart starts the version that leaks"
    site.change("rollback", service="api", to_version="v1.0")
    until(site.users_are_served, lambda: site.get("/users", seconds=3))
    assert site.version() == "v1.0"


def test_disk_full(site: DemoSite) -> None:
    site.change("break", scenario="disk_full")
    until(lambda: site.errors("/checkout") > 90, lambda: site.get("/users", seconds=3))
    assert site.says("No space left on device")
    until(lambda: 10 < site.errors(seconds=5) < 60, lambda: site.get("/users", seconds=5))
    site.change("scale", service="api", replicas=2)
    until(lambda: site.metrics()["requests_per_second"] > 0, site.metrics)
    time.sleep(3)
    assert site.errors("/checkout") > 90, "another replica writes to the same volume"
    site.change("restart", service="api")
    until(site.users_are_served, lambda: site.get("/users", seconds=3))


def test_slow_query(site: DemoSite) -> None:
    site.change("break", scenario="slow_query")
    until(lambda: site.metrics()["request_latency_p99_ms"] > 6000, site.metrics)
    until(lambda: site.says("Lock wait timeout exceeded"), lambda: site.get("/ops/logs", service="api", lines=20))
    assert site.says("lock timeout", "postgres")
    assert site.get("/users", seconds=8)["p99_ms"] > 6000
    site.change("rollback", service="api", to_version="v1.0")
    until(site.users_are_served, lambda: site.get("/users", seconds=3))
    until(lambda: site.metrics()["request_latency_p99_ms"] < 1000, site.metrics)


def test_cert_expiry(site: DemoSite) -> None:
    site.change("break", scenario="cert_expiry")
    until(lambda: site.errors() >= 99, lambda: site.get("/users", seconds=3))
    assert site.says("certificate has expired")
    assert site.says("certificate has expired", "frontend")
    site.change("scale", service="api", replicas=2)
    time.sleep(3)
    assert site.errors() >= 99, "another replica has the same certificate"
    assert site.metrics()["cpu_percent"] < 30
    site.change("restart", service="api")
    until(site.users_are_served, lambda: site.get("/users", seconds=3))


def test_dns_failure(site: DemoSite) -> None:
    site.change("break", scenario="dns_failure")
    until(lambda: site.errors("/checkout") > 90, lambda: site.get("/users", seconds=3))
    assert site.says("could not resolve host: postgres.internal")
    site.change("scale", service="api", replicas=2)
    time.sleep(3)
    assert site.errors("/checkout") > 90, "another replica asks the same resolver"
    site.change("restart", service="api")
    until(site.users_are_served, lambda: site.get("/users", seconds=3))


def test_rate_limit_exhaustion(site: DemoSite) -> None:
    site.change("break", scenario="rate_limit_exhaustion")
    until(lambda: site.get("/users", seconds=3)["statuses"].get("429", 0) > 35, lambda: site.get("/users", seconds=3))
    until(lambda: site.errors(seconds=3) > 30, lambda: site.get("/users", seconds=3))
    assert site.says("rate limit exceeded")
    assert site.says("call to api answered 429 Too Many Requests", "frontend")
    site.change("restart", service="api")
    time.sleep(4)
    until(lambda: site.errors(seconds=2) > 30, lambda: "a new process has the same budget")
    site.change("scale", service="api", replicas=3)
    until(site.users_are_served, lambda: site.get("/users", seconds=3))
