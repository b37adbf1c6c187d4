"""The page of target sites: what is watched, how it is, what it suffers from, who is at work there."""

import pytest
from starlette.requests import HTTPConnection

from praetor.console.site_views import site_view
from praetor.serve.gateway_http import wanted_access
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope
from praetor.web.callers import Access
from tests.support.experiments import site_manifest
from tests.support.gateway import gateway_client

NOW = "2026-11-23T12:00:00Z"
FAULT = {
    "family": "disk_full", "service": "postgres", "confidence": 0.97, "since": NOW, "firstFamily": "disk_full",
    "evidence": ["postgres: <b>no space left</b>"],
}  # fmt: skip


def condition(type, status, reason, message=""):
    return {"type": type, "status": status, "reason": reason, "message": message, "lastTransitionTime": NOW}


REACHED = condition("Reachable", "True", "Probed")
ILL = {
    "conditions": [REACHED, condition("FaultDetected", "True", "FaultSeen", "disk_full at postgres, 97 % sure")],
    "services": [{"name": "frontend", "health": "degraded"}, {"name": "postgres", "health": "healthy"}],
    "endpoints": [
        {"endpoint": "POST /ops/scale", "verdict": "Missing"},
        {"endpoint": "GET /ops/logs", "verdict": "WrongShape", "problem": "logs: a list is expected"},
        {"endpoint": "GET /ops/health", "verdict": "Conformant"},
    ],
    "detectedFault": FAULT,
    "lastProbe": NOW,
}


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path / "data")
    yield directory
    directory.close()


async def kept(store, name, status=None):
    site = site_manifest("https://shop.example")
    site["metadata"] |= {"name": name, "namespace": "praetor"}
    made = await store.create(site)
    return made if status is None else await store.update_status(made | {"status": status})


async def test_sites_as_json_and_as_a_page(store):
    made = [await kept(store, name) for name in ("billing", "shop")]
    async with gateway_client(store) as client:
        assert (await client.get("/sites")).json() == {"items": made}
        assert (await client.get("/sites?namespace=elsewhere")).json() == {"items": []}
        page = await client.get("/sites", headers={"Accept": "text/html"})
        assert (await client.get("/sites?format=html")).text.count("not probed yet") == 2
    assert page.headers["content-type"].startswith("text/html")
    assert "https://shop.example" in page.text


async def test_a_page_without_sites_says_how_to_have_one(store):
    async with gateway_client(store) as client:
        page = (await client.get("/sites?format=html")).text
    assert "kind: TargetSite" in page


async def test_what_a_site_suffers_from_lacks_and_who_is_at_work_there(store):
    await kept(store, "shop", ILL)
    await kept(store, "billing")
    spec = {"inject": {"fault": "disk_full"}, "target": {"siteRef": {"name": "shop"}}}
    run = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "spec": spec}
    await store.create(run | {"metadata": {"name": "drill-1", "namespace": "praetor"}})
    async with gateway_client(store) as client:
        page = (await client.get("/sites?format=html")).text
    of_shop = page[page.index("praetor/shop") :]
    for shown in ("fault detected", "disk_full at postgres, 97 % sure", "degraded", "POST /ops/scale", "Missing"):
        assert shown in of_shop
    assert "WrongShape: logs: a list is expected" in of_shop
    assert "GET /ops/health" not in of_shop
    assert of_shop.count("/console/praetor/drill-1") == page.count("/console/praetor/drill-1") == 1
    assert "Experiment: disk_full at shop" in of_shop


@pytest.mark.parametrize(
    ("conditions", "state", "tone"),
    [
        ([], "not probed yet", "quiet"),
        ([condition("Reachable", "False", "Unreachable", "connection refused")], "not reachable", "bad"),
        ([condition("Reachable", "False", "Unreachable"), ILL["conditions"][1]], "not reachable", "bad"),
        ([condition("Reachable", "Unknown", "SiteUnavailable", "no token")], "not asked", "warn"),
        ([REACHED, condition("FaultDetected", "Unknown", "FaultSuspected", "oom_crash")], "fault suspected", "warn"),
        ([REACHED, condition("FaultDetected", "False", "NoFaultSeen")], "no fault seen", "good"),
        (ILL["conditions"], "fault detected", "bad"),
    ],
)
def test_the_state_of_a_site_in_words(conditions, state, tone):
    site = site_manifest("https://shop.example") | {"status": {"conditions": conditions}}
    site["metadata"] |= {"namespace": "praetor"}
    shown = site_view(site, [])
    assert (shown.state, shown.tone) == (state, tone)


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({"http": {"serviceRef": {"name": "shop", "port": 8080}}}, "service shop"),
        ({"kubernetes": {}}, "namespace of its own"),
        ({"kubernetes": {"namespace": "shop", "selector": {"matchLabels": {"app": "web"}}}}, "namespace shop, app=web"),
        ({}, "in the simulator"),
    ],
)
def test_where_a_site_is(spec, where):
    assert site_view({"metadata": {"name": "shop", "namespace": "praetor"}, "spec": spec}, []).where == where


async def test_text_of_sites_is_never_markup(store):
    hostile = "<img src=x onerror=alert(1)>"
    await kept(store, "shop", ILL | {"services": [{"name": hostile, "health": "healthy"}]})
    async with gateway_client(store) as client:
        page = (await client.get("/sites?format=html")).text
    assert hostile not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@pytest.mark.parametrize(("path", "namespace"), [("/sites", ""), ("/sites?namespace=shop", "shop")])
def test_whoever_sees_sites_may_list_them_and_the_runs_there(path, namespace):
    where, _, query = path.partition("?")
    scope = {"type": "http", "path": where, "query_string": query.encode(), "headers": []}
    wanted = wanted_access(HTTPConnection(scope), Scope("praetor"))
    assert wanted == tuple(Access("list", namespace, kind=kind) for kind in ("IncidentRun", "TargetSite"))
