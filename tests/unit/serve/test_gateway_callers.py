"""Who may call the gateway: nobody but a known caller, on every path but the probes."""

import base64
import logging

import pytest

from praetor.serve.gateway import run_gateway
from praetor.serve.gateway_http import NoCallersError, check_token
from praetor.store.scope import Scope
from praetor.web.callers import Loopback, ServiceAccounts
from tests.support.alert_bodies import alert, body, captured
from tests.support.gateway import JSON, TOKEN, WEBHOOK, gateway_client

PATHS = ("/", "/runs", "/runs/x", "/runs/x/trace", "/watch/x", "/metrics", "/openapi.json", "/console/a/b",
         "/static/style.css", "/incidents/webhooks", "/does/not/exist", "/healthz/", "//healthz")  # fmt: skip
WRONG = ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"X-Praetor-Token": ""},
         {"Authorization": TOKEN}, {"Authorization": "Bearer "}, {"X-Praetor-Token": TOKEN + "x"})  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_refuses_who_is_not_known(store, path):
    async with gateway_client(store, headers={}) as client:
        answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("headers", WRONG)
async def test_the_webhook_refuses_wrong_tokens_and_keeps_nothing(store, headers):
    async with gateway_client(store, headers=headers | JSON) as client:
        answer = await client.post(WEBHOOK, content=captured("01_single_firing"))
    assert answer.status_code == 401
    assert TOKEN not in answer.text
    assert await store.find("IncidentRun") == []


async def test_without_any_check_nobody_comes_in(store):
    async with gateway_client(store, checks=()) as client:
        assert (await client.get("/runs")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer  {TOKEN}"},
        {"X-Praetor-Token": TOKEN},
        {"Authorization": "Basic " + base64.b64encode(f"praetor:{TOKEN}".encode()).decode()},
    ],
)
async def test_a_token_is_taken_in_every_form_that_senders_have(store, headers):
    async with gateway_client(store, headers=headers) as client:
        assert (await client.get("/runs")).json() == {"items": []}


async def test_a_service_account_is_asked_about_with_the_matching_verb(store):
    asked = []

    async def user_of(token):
        return token if token == "known" else None

    async def may(user, access):
        asked.append((access.verb, access.namespace, access.name))
        return access.verb != "create"

    checks = [ServiceAccounts(user_of, may, str)]
    async with gateway_client(store, checks=checks, headers={"Authorization": "Bearer known"}) as client:
        assert (await client.get("/runs")).status_code == 200
        assert (await client.get("/runs/one?namespace=shop")).status_code == 404
        refused = await client.post(WEBHOOK, content=captured("01_single_firing"), headers=JSON)
    assert asked == [("list", "", ""), ("get", "shop", "one"), ("create", "praetor", "")]
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "known may not create incidentruns in namespace praetor"
    async with gateway_client(store, checks=checks, headers={"Authorization": "Bearer stranger"}) as client:
        assert (await client.get("/runs")).status_code == 401


def asking(asked, may=lambda access: True):
    """A check that knows everybody by their token, and notes what was asked about them."""

    async def user_of(token):
        return token

    async def allowed(user, access):
        asked.append((access.verb, access.namespace, access.name))
        return may(access)

    return {"checks": [ServiceAccounts(user_of, allowed, str)], "headers": {"Authorization": "Bearer bob"} | JSON}


async def test_what_is_asked_follows_from_the_path_that_is_served_and_not_from_the_host(store):
    asked = []
    async with gateway_client(store, **asking(asked)) as client:
        await client.get("/", headers={"Host": "localhost/runs/mine?"})
        await client.get("/runs/odd%3Fname")
    assert asked == [("list", "", ""), ("get", "praetor", "odd?name")]


@pytest.mark.parametrize("path", ["/", "/runs"])
async def test_of_a_gateway_of_some_namespaces_only_these_are_asked_about(store, path):
    asked, scope = [], Scope("praetor", ("praetor", "shop"))
    async with gateway_client(store, scope=scope, **asking(asked, lambda access: access.namespace != "")) as client:
        assert (await client.get(path)).status_code == 200
    assert asked == [("list", "praetor", ""), ("list", "shop", "")]
    async with gateway_client(store, scope=scope, **asking([], lambda access: access.namespace != "shop")) as client:
        refused = await client.get(path)
    assert refused.status_code == 403
    assert "in namespace shop" in refused.json()["error"]["message"]


async def test_a_service_account_makes_runs_only_where_it_may(store):
    await store.create(
        {
            "apiVersion": "praetor.dev/v1alpha1",
            "kind": "TargetSite",
            "metadata": {"name": "shop", "namespace": "shop-site"},
            "spec": {"match": {"labels": {"region": "east"}}},
        }
    )
    raw = body(alert("A", region="west"), alert("A", region="east"))
    async with gateway_client(store, **asking([], lambda access: access.namespace == "praetor")) as client:
        refused = await client.post(WEBHOOK, content=raw)
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "bob may not create incidentruns in namespace shop-site"
    assert await store.find("IncidentRun") == [], "nothing of a delivery that is refused"
    asked = []
    async with gateway_client(store, **asking(asked)) as client:
        assert len((await client.post(WEBHOOK, content=raw)).json()["runs"]) == 2
    assert ("create", "shop-site", "") in asked
    async with gateway_client(store) as client:
        assert len((await client.post(WEBHOOK, content=raw, headers=JSON)).json()["runs"]) == 2


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, "host_not_allowed"),
        ({"Host": "localhost.evil.example:80"}, "host_not_allowed"),
        ({"Host": "localhost:8080", "Origin": "http://evil.example"}, "origin_not_allowed"),
        ({"Host": "localhost:8080", "Origin": "null"}, "origin_not_allowed"),
        ({"Host": "localhost:8080", "Origin": "http://localhost:9999"}, "origin_not_allowed"),
    ],
)
async def test_on_loopback_a_web_page_of_others_is_refused(store, headers, code):
    async with gateway_client(store, checks=[Loopback()], headers=headers) as client:
        answer = await client.get("/runs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "localhost"])
async def test_on_loopback_this_machine_needs_no_token(store, host):
    headers = {"Host": host, "Origin": f"http://{host}"}
    async with gateway_client(store, checks=[Loopback()], headers=headers) as client:
        assert (await client.get("/runs")).status_code == 200


async def test_loopback_is_an_address_and_not_a_header(store):
    headers = {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    async with gateway_client(store, checks=[Loopback()], headers=headers, peer="10.1.2.3") as client:
        assert (await client.get("/runs")).status_code == 401


def test_a_gateway_that_nobody_could_call_does_not_start(monkeypatch):
    monkeypatch.delenv("PRAETOR_WEBHOOK_TOKEN", raising=False)
    with pytest.raises(NoCallersError, match="PRAETOR_WEBHOOK_TOKEN"):
        run_gateway(port=0)


def test_a_token_that_can_be_guessed_is_refused():
    with pytest.raises(NoCallersError, match="fewer than 8"):
        check_token("1234567", required=True)


async def test_tokens_are_in_no_log(store, caplog):
    caplog.set_level(logging.DEBUG)
    async with gateway_client(store, headers={"Authorization": "Bearer secret-but-wrong"}) as client:
        await client.get("/runs")
    assert "secret-but-wrong" not in caplog.text
