"""What a probe says of a TargetSite."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from praetor.controller.key import Key
from praetor.controller.probing import SiteProber
from praetor.controller.times import utc_now
from praetor.guard.targets import SiteRequest
from praetor.store.directory import DirectoryStore
from praetor.substrates.live.survey import RightHeld, Survey
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.errors import NotFoundError
from tests.support.on_sites import HTTP, WORKLOADS, site_manifest
from tests.support.small_site import SmallSite


async def probed(store: DirectoryStore, **spec: Any) -> tuple[dict[str, Any], float | None]:
    await store.create(site_manifest(**spec))
    again = await SiteProber(store, utc_now).look_at(Key("TargetSite", "default", "shop"))
    return (await store.get("TargetSite", "default", "shop"))["status"], again


async def test_a_probe_says_what_a_site_has_and_changes_nothing(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite()
    try:
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
        site.health["api"] = "degraded"
        site.answers["/ops/scale"] = (404, {})
        status, again = await probed(store, http={"url": site.url}, probeSeconds=30)
    finally:
        site.close()
    reachable, fault, _ = status["conditions"]
    assert (fault["type"], fault["status"]) in (("FaultDetected", "False"), ("FaultDetected", "Unknown"))
    assert (reachable["type"], reachable["status"], reachable["reason"]) == ("Reachable", "True", "SiteAnswers")
    assert {one["name"]: one["health"] for one in status["services"]}["api"] == "degraded"
    assert {one["endpoint"]: one["verdict"] for one in status["endpoints"]} == {
        "GET /ops/health": "Conformant", "GET /ops/services": "Conformant", "GET /ops/metrics": "Conformant",
        "GET /ops/logs": "Conformant", "POST /ops/restart": "Untried", "POST /ops/scale": "Missing",
        "POST /ops/config": "Untried", "POST /ops/rollback": "Untried", "POST /ops/break": "Untried",
        "POST /ops/heal": "Untried",
    }  # fmt: skip
    assert status["lastProbe"]
    assert again == 30.0
    assert site.changes == []


async def test_a_protected_service_that_is_not_there_is_told(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite()
    try:
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
        guardrails = {"protectedServices": ["postgres", "postgress"]}
        status, _ = await probed(store, http={"url": site.url}, guardrails=guardrails)
    finally:
        site.close()
    assert status["conditions"][0]["message"] == "spec.guardrails.protectedServices: there is no postgress"


async def test_a_site_of_the_wrong_shape_says_which_endpoint(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SmallSite()
    try:
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(site.port))
        site.answers["/ops/metrics"] = (200, {"cpu_percent": "much"})
        status, _ = await probed(store, http={"url": site.url})
    finally:
        site.close()
    assert status["conditions"][0]["reason"] == "SiteDoesNotConform"
    assert "GET /ops/metrics: WrongShape" in status["conditions"][0]["message"]


@pytest.mark.parametrize(
    ("spec", "status", "reason", "words"),
    [
        ({}, "Unknown", "NothingToProbe", "spec.http"),
        ({"http": {"serviceRef": {"name": "web"}}}, "Unknown", "SiteUnavailable", "no Services outside a cluster"),
        ({"http": {"url": "http://127.0.0.1:9"}}, "False", "SiteDoesNotAnswer", "loopback"),
        ({"http": {"url": "http://169.254.169.254"}}, "False", "SiteDoesNotAnswer", "metadata"),
        (HTTP | {"secretRef": {"name": "s"}}, "Unknown", "SiteUnavailable", "PRAETOR_SITE_TOKEN"),
    ],
)
async def test_a_site_that_is_not_reached_says_why(
    store: DirectoryStore, spec: dict[str, Any], status: str, reason: str, words: str
) -> None:
    found, _ = await probed(store, **spec)
    reachable, *others = found["conditions"]
    assert (reachable["type"], reachable["status"], reachable["reason"]) == ("Reachable", status, reason)
    assert words in reachable["message"]
    assert {(one["type"], one["status"], one["reason"]) for one in others} == {
        ("FaultDetected", "Unknown", "SiteNotSeen"), ("RequestsMeasured", "Unknown", "SiteNotSeen"),
    }  # fmt: skip
    assert all(words in one["message"] for one in others)


async def test_a_site_is_not_probed_before_its_time(store: DirectoryStore) -> None:
    asked = []

    def ask(request: SiteRequest) -> Any:
        asked.append(request)
        raise NotFoundError("nobody is there")

    await store.create(site_manifest(**HTTP))
    prober, key = SiteProber(store, utc_now, ask), Key("TargetSite", "default", "shop")
    waits = [await prober.look_at(key) for _ in range(3)]
    assert len(asked) == 1
    assert all(wait is not None and 0 < wait <= 60 for wait in waits)


async def test_a_probe_of_workloads_says_what_the_operator_may_not_do(store: DirectoryStore) -> None:
    rights = (
        RightHeld("list pods", True),
        RightHeld("patch deployments.apps", False, "every change is refused for it"),
    )
    found = Survey((("web", "healthy"), ("api", "crashed")), rights)
    await store.create(site_manifest(**WORKLOADS))
    key = Key("TargetSite", "default", "shop")
    assert await SiteProber(store, utc_now, survey=lambda request: found).look_at(key) == 60.0
    status = (await store.get(*key))["status"]
    reachable = status["conditions"][0]
    assert (reachable["status"], reachable["reason"]) == ("True", "RightsMissing")
    assert reachable["message"] == "may not patch deployments.apps"
    assert status["services"] == [{"name": "web", "health": "healthy"}, {"name": "api", "health": "crashed"}]
    assert status["endpoints"][1] == {
        "endpoint": "patch deployments.apps", "verdict": "Denied", "problem": "every change is refused for it",
    }  # fmt: skip


async def test_a_fault_of_workloads_is_found_and_begins_a_run_as_one_of_a_site_does(store: DirectoryStore) -> None:
    now, look = utc_now(), Look([ServiceLook("web", "healthy"), ServiceLook("api", "crashed")])
    found = Survey((("web", "healthy"), ("api", "crashed")), (), look)
    await store.create(site_manifest(**WORKLOADS, onFault="Run"))
    key, statuses = Key("TargetSite", "default", "shop"), []
    for number in range(3):
        prober = SiteProber(store, partial(later, now, 60 * number), survey=lambda request: found)
        await prober.look_at(key)
        conditions = (await store.get(*key))["status"]["conditions"]
        statuses += [one["status"] for one in conditions if one["type"] == "FaultDetected"]
    assert statuses == ["Unknown", "True", "True"]
    fault = (await store.get(*key))["status"]["detectedFault"]
    assert "api is crashed" in fault["evidence"]
    (run,) = await store.find("IncidentRun", "default")
    assert run["spec"]["target"]["siteRef"] == {"name": "shop"}
    assert run["spec"]["alert"]["source"] == "probe"


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


async def test_workloads_that_nobody_measures_are_well_until_something_is_seen(store: DirectoryStore) -> None:
    look = Look([ServiceLook(name, "healthy", released_seconds=20.0) for name in ("web", "api")])
    await store.create(site_manifest(**WORKLOADS, onFault="Run"))
    key = Key("TargetSite", "default", "shop")
    await SiteProber(store, utc_now, survey=lambda request: Survey((), (), look)).look_at(key)
    status = (await store.get(*key))["status"]
    found = {one["type"]: one for one in status["conditions"]}
    assert {type: one["status"] for type, one in found.items()} == {
        "Reachable": "True", "FaultDetected": "False", "RequestsMeasured": "False",
    }  # fmt: skip
    for type in ("FaultDetected", "RequestsMeasured"):
        assert found[type]["message"].startswith("of web: requests are not measured")
    assert "detectedFault" not in status


@pytest.mark.parametrize(("measured", "status"), [("web", "True"), ("api", "False")])
async def test_requests_are_measured_where_those_of_the_first_service_are(
    store: DirectoryStore, measured: str, status: str
) -> None:
    """That is the one which users reach."""
    figures = {measured: Figures(error_rate_percent=0.0)}
    look = Look([ServiceLook(name, "healthy", figures=figures.get(name, Figures())) for name in ("web", "api")])
    await store.create(site_manifest(**WORKLOADS))
    key = Key("TargetSite", "default", "shop")
    await SiteProber(store, utc_now, survey=lambda request: Survey((), (), look)).look_at(key)
    found = {one["type"]: one for one in (await store.get(*key))["status"]["conditions"]}
    assert found["RequestsMeasured"]["status"] == status
    assert (found["FaultDetected"]["message"] == "") == (status == "True")
