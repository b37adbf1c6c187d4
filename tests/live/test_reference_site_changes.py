"""The demo site with its real PostgreSQL keeps its contract: a change is made once, and what cannot be is refused."""

import pytest

from praetor.sites.check import check_site
from tests.support.demo_site import DemoSite, until
from tests.support.needs_site import needs_postgres

pytestmark = [
    needs_postgres,
    pytest.mark.waits(60),
]
REQUESTS = 60
"""Of users, some seconds of them: the processes before have ended by then."""


def test_the_site_keeps_its_own_contract(site: DemoSite) -> None:
    report = check_site(site.url, changes=True, service="frontend")
    assert report.complete, report
    assert report.idempotency_key
    assert report.services == ["frontend", "api", "postgres"]


def test_a_healthy_rollout_fails_nobody(site: DemoSite) -> None:
    for service in ("api", "frontend"):
        site.begin()
        site.change("restart", service=service)
        site.hears(f"{service} v1.0 started", service)
        before = site.seen()["requests"]
        until(lambda so_far=before: site.seen()["requests"] >= so_far + REQUESTS, site.told)
        assert site.seen()["failed"] == 0, site.told()


def test_a_change_is_made_once_for_each_key(site: DemoSite) -> None:
    answers = [
        site.http.post("/ops/restart", json={"service": "api"}, headers={"Idempotency-Key": "one"}) for _ in range(3)
    ]
    assert len({answer.text for answer in answers}) == 1
    site.change("scale", service="api", replicas=1)  # which begins after all restarts
    site.hears("scaling api from 1 to 1")
    assert sum("restarting api" in line for line in site.lines()) == 1, site.lines()
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
