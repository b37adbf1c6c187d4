"""What waits for a person stands on the run's page; on loopback it is decided there, elsewhere in one's own name."""

import pytest

from praetor.store.directory import DirectoryStore
from praetor.web.callers import Loopback
from tests.support.gateway import JSON, gateway_client

NOW = "2026-11-23T12:00:00Z"
AWAITING = {
    "request": "0123456789abcdef", "step": 7, "action": "scale_service", "service": "orders",
    "parameters": '{"replicas":3}', "reason": "it is <b>gone</b>", "evidence": ["orders: 0 of 3 pods"],
    "since": NOW, "until": "2026-11-23T12:30:00Z",
}  # fmt: skip
ALERT = {"source": "generic", "groupKey": "g", "title": "checkouts fail"}
LOCAL = {"checks": [Loopback()], "headers": {}}


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path / "data")
    yield directory
    directory.close()


async def waiting_run(store, **status):
    run = {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"name": "shop-1", "namespace": "praetor"},
        "spec": {"target": {"siteRef": {"name": "shop"}}, "alert": ALERT},
    }
    made = await store.create(run)
    return await store.update_status(made | {"status": {"phase": "Running", "awaiting": AWAITING} | status})


async def test_the_page_says_what_waits_and_how_to_decide(store):
    await waiting_run(store)
    async with gateway_client(store) as client:
        page = (await client.get("/console/praetor/shop-1")).text
    for shown in ("A person has to decide", "scale service", "replicas 3", "orders: 0 of 3 pods", "12:30:00"):
        assert shown in page
    assert "kubectl praetor approve shop-1 -n praetor --step 7" in page
    assert "<form" not in page
    assert "<b>gone" not in page


async def test_whoever_sits_there_decides_on_the_page_and_once(store):
    await waiting_run(store)
    async with gateway_client(store, **LOCAL) as client:
        page = (await client.get("/console/praetor/shop-1")).text
        assert 'data-decision="Approve"' in page
        answer = await client.post(
            "/realtime/approve", json={"name": "shop-1", "step": 7, "reason": "go"}, headers=JSON
        )
        again = await client.post("/realtime/approve", json={"name": "shop-1", "step": 7}, headers=JSON)
        page = (await client.get("/console/praetor/shop-1")).text
    assert (answer.status_code, answer.json()) == (200, AWAITING)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_waits")
    assert "data-decision" not in page
    entry = {"request": AWAITING["request"], "decision": "Approve", "by": "local", "reason": "go"}
    assert (await store.get("IncidentRun", "praetor", "shop-1"))["spec"]["approvals"] == [entry]


async def test_a_denial_is_a_decision(store):
    await waiting_run(store)
    async with gateway_client(store, **LOCAL) as client:
        await client.post("/realtime/approve", json={"name": "shop-1", "decision": "Deny"}, headers=JSON)
    assert (await store.get("IncidentRun", "praetor", "shop-1"))["spec"]["approvals"][0]["decision"] == "Deny"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "shop-1", "step": 6}, 409, "waits with step 7, not with step 6"),
        ({"name": "nobody"}, 404, "praetor/nobody does not exist"),
        ({"name": "shop-1", "namespace": "elsewhere"}, 404, "elsewhere"),
        ({"name": "shop-1", "decision": "Perhaps"}, 422, "Approve"),
    ],
)
async def test_what_cannot_be_decided_is_said(store, body, status, said):
    await waiting_run(store)
    async with gateway_client(store, **LOCAL) as client:
        answer = await client.post("/realtime/approve", json=body, headers=JSON)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


async def test_a_shared_token_approves_nothing(store):
    await waiting_run(store)
    async with gateway_client(store) as client:
        answer = await client.post("/realtime/approve", json={"name": "shop-1"}, headers=JSON)
    assert answer.status_code == 403
    assert "kubectl praetor approve" in answer.json()["error"]["message"]
    assert "approvals" not in (await store.get("IncidentRun", "praetor", "shop-1"))["spec"]


async def test_another_site_cannot_have_the_browser_approve(store):
    await waiting_run(store)
    async with gateway_client(store, **LOCAL) as client:
        answer = await client.post(
            "/realtime/approve", json={"name": "shop-1"}, headers=JSON | {"Origin": "http://evil"}
        )
    assert answer.status_code == 403


async def test_changes_that_were_kept_back_are_shown(store):
    kept_back = {"step": 4, "action": "restart_service", "service": "orders", "parameters": "{}", "check": "would do"}
    run = await waiting_run(store, suggestions=[kept_back])
    await store.update_status(run | {"status": {"phase": "Running", "suggestions": [kept_back]}})
    async with gateway_client(store) as client:
        page = (await client.get("/console/praetor/shop-1")).text
    for shown in ("Not made", "restart service", "would do", "step 4"):
        assert shown in page
    assert "A person has to decide" not in page
