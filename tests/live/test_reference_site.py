"""The demo site with its real PostgreSQL: each fault shows what the contract's table says and is healed by what it
names, the wrong change does not heal it, and nothing of the site outlives it."""

import json
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytest.importorskip("psutil", reason="the site extra is not installed: pip install 'praetor[site]'")
pytest.importorskip("psycopg", reason="the site extra is not installed: pip install 'praetor[site]'")

import psutil

from praetor.sites.check import SiteUnreachableError, check_site
from praetor.sites.demo.postgres import find_postgres
from tests.support.demo_site import DemoSite, demo_site, left_of, until

pytestmark = pytest.mark.skipif(find_postgres() is None, reason="no PostgreSQL here: apt-get install postgresql")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    with demo_site(users_log=tmp_path_factory.mktemp("site") / "users.jsonl") as site:
        until(site.users_are_served, lambda: site.get("/users"))
        yield site


@pytest.fixture
def site(running: DemoSite) -> Iterator[DemoSite]:
    """Healthy before, healed after."""
    until(lambda: running.users_are_served(6.0), lambda: running.get("/users", seconds=6))
    running.begin()
    yield running
    running.change("heal")


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


def test_the_site_keeps_its_own_contract(site: DemoSite) -> None:
    report = check_site(site.url, changes=True, service="frontend")
    assert report.complete, report
    assert report.idempotency_key
    assert report.services == ["frontend", "api", "postgres"]


def test_a_healthy_rollout_fails_nobody(site: DemoSite) -> None:
    for service in ("api", "frontend"):
        site.change("restart", service=service)
        time.sleep(3)
        assert site.get("/users", seconds=3)["failed"] == 0


def test_a_change_is_made_once_for_each_key(site: DemoSite) -> None:
    def restarts() -> int:
        return sum("restarting api" in line for line in site.get("/ops/logs", service="api", lines=1000)["logs"])

    before = restarts()
    answers = [
        site.http.post("/ops/restart", json={"service": "api"}, headers={"Idempotency-Key": "one"}) for _ in range(3)
    ]
    assert len({answer.text for answer in answers}) == 1
    time.sleep(1)
    assert restarts() == before + 1
    other = site.http.post("/ops/restart", json={"service": "frontend"}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("name", "body", "status", "told"),
    [
        ("restart", {"service": "nobody"}, 404, "known are frontend, api, postgres"),
        ("restart", {}, 422, "service: Field required"),
        ("restart", {"service": "api", "memory_limit_mb": 1}, 422, "128"),
        ("scale", {"service": "postgres", "replicas": 2}, 422, "at most 1"),
        ("config", {"service": "postgres", "key": "db.pool.max_size", "value": "many"}, 422, "whole number"),
        ("config", {"service": "api", "key": "db.pool.max_size", "value": 50}, 422, "of postgres"),
        ("rollback", {"service": "api", "to_version": "v1.0"}, 409, "already"),
        ("rollback", {"service": "api", "to_version": "v9"}, 422, "v1.0, v1.1, v1.2"),
        ("break", {"scenario": "fire"}, 422, "oom_crash"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_what_can(site: DemoSite, name, body, status, told) -> None:
    answer = site.http.post(f"/ops/{name}", json=body)
    assert answer.status_code == status
    assert answer.json()["ok"] is False
    assert told in answer.json()["error"]


def test_one_experiment_at_a_time(site: DemoSite) -> None:
    site.change("break", scenario="dns_failure")
    answer = site.http.post("/ops/break", json={"scenario": "cert_expiry"})
    assert answer.status_code == 409
    assert "POST /ops/heal" in answer.json()["error"]


def test_a_fault_ends_by_itself_and_what_users_saw_is_written(tmp_path: Path) -> None:
    record = tmp_path / "users.jsonl"
    with demo_site("--fault-seconds", "6", users_log=record) as site:
        site.change("break", scenario="cert_expiry")
        until(lambda: site.errors() > 50, lambda: site.get("/users"))
        until(site.users_are_served, lambda: site.get("/users", seconds=3))
    seen = [json.loads(line) for line in record.read_text().splitlines()]
    assert {"at", "path", "status", "ms"} == seen[0].keys()
    assert {200, 502} <= {one["status"] for one in seen}


def test_with_a_token_nobody_else_may_call() -> None:
    with demo_site(token="a-secret") as site:
        assert httpx.get(f"{site.url}/ops/health", trust_env=False).status_code == 401
        with pytest.raises(SiteUnreachableError):
            check_site(site.url)
        assert check_site(site.url, token="a-secret").complete


@contextmanager
def open_folder() -> Iterator[str]:
    """PostgreSQL runs as another user, who has to get there."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_site_that_ended(number: signal.Signals) -> None:
    with open_folder() as own, demo_site(temporary=own) as site:
        site.change("break", scenario="db_pool_exhaustion")
        (workdir,) = Path(own).glob("praetor-site-*")
        until(lambda: site.metrics("postgres")["active_connections"] >= 20, lambda: site.metrics("postgres"))
        pid = site.process.pid
        children = [child.pid for child in psutil.Process(pid).children(recursive=True)]
        assert len(children) > 20
        site.process.send_signal(number)
        site.process.wait(15)
        until(lambda: not left_of(pid, str(workdir), children), lambda: left_of(pid, str(workdir), children), 10)
