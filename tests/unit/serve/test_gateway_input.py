"""What the gateway answers to what is wrong: the right status, one form of error, and nothing lost."""

import json

import pytest

from praetor.serve.gateway_http import AlertSettings
from praetor.store.directory import DirectoryStore
from praetor.web.callers import ServiceAccounts
from simcore.errors import DeniedError, InvalidObjectError, UnavailableError
from tests.support.alert_bodies import captured
from tests.support.gateway import JSON, WEBHOOK, gateway_client

BODY = captured("01_single_firing")


class OutOfReach(DirectoryStore):
    """A store whose disk or API server is away."""

    problem: Exception = UnavailableError("no answer", retry_after_seconds=7)

    looks = 0

    async def find(self, *arguments, **options):
        self.looks += 1
        raise self.problem


async def test_the_answer_names_the_run(store):
    async with gateway_client(store) as client:
        first = await client.post(WEBHOOK, content=BODY, headers=JSON)
        again = await client.post("/incidents/webhook/prometheus", content=BODY, headers=JSON)
    assert (first.status_code, again.status_code) == (202, 202)
    (run,) = first.json()["runs"]
    assert run["created"] is True
    assert run["namespace"] == "praetor"
    assert again.json() == {"runs": [run | {"created": False}]}, "the alias is the same source"


async def test_what_makes_no_run_is_no_error(store):
    async with gateway_client(store) as client:
        resolved = await client.post(WEBHOOK, content=captured("03_single_resolved"), headers=JSON)
        empty = json.loads(BODY) | {"alerts": []}
        nothing = await client.post(WEBHOOK, json=empty)
    assert (resolved.status_code, resolved.json()) == (202, {"runs": []})
    assert (nothing.status_code, nothing.json()) == (202, {"runs": []})


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("POST", "/incidents/webhook/nagios", {"content": BODY, "headers": JSON}, 404, "unknown_source"),
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/runs/gone", {}, 404, "not_found"),
        ("GET", "/runs/gone/trace", {}, 404, "not_found"),
        ("GET", "/runs/..%2f..%2fetc", {}, 404, "not_found"),
        ("GET", "/watch/gone", {}, 404, "not_found"),
        ("GET", "/static/..%2fapi.py", {}, 404, "not_found"),
        ("GET", WEBHOOK, {}, 405, "method_not_allowed"),
        ("DELETE", "/runs", {}, 405, "method_not_allowed"),
        ("POST", WEBHOOK, {"content": BODY}, 415, "unsupported_media_type"),
        ("POST", WEBHOOK, {"content": BODY, "headers": {"Content-Type": "text/plain"}}, 415, "unsupported_media_type"),
        ("POST", WEBHOOK, {"content": b"{", "headers": JSON}, 422, "invalid_notification"),
        ("POST", WEBHOOK, {"content": b"", "headers": JSON}, 422, "invalid_notification"),
        ("POST", WEBHOOK, {"content": b"x" * 1_048_577, "headers": JSON}, 413, "body_too_large"),
        ("GET", "/runs?namespace=" + "x" * 64, {}, 422, "invalid_request"),
    ],
)  # fmt: skip
async def test_errors_have_one_form(store, method, path, options, status, code):
    async with gateway_client(store) as client:
        answer = await client.request(method, path, **options)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["message"]
    assert await store.find("IncidentRun") == []


async def test_an_unknown_source_is_told_the_known_ones(store):
    async with gateway_client(store) as client:
        answer = await client.post("/incidents/webhook/nagios", content=BODY, headers=JSON)
        known = (await client.get("/incidents/webhooks")).json()["sources"]
    assert all(name in answer.json()["error"]["message"] for name in (one["name"] for one in known))


async def test_a_wrong_field_is_named(store):
    async with gateway_client(store) as client:
        answer = await client.post(WEBHOOK, json=json.loads(BODY) | {"alerts": [{"status": "on fire", "labels": {}}]})
    assert answer.json()["error"]["field"] == "alerts.0.status"


async def test_a_body_that_hides_its_size_is_cut_off(store):
    async def endless():
        while True:
            yield b"x" * 65_536

    async with gateway_client(store) as client:
        answer = await client.post(WEBHOOK, content=endless(), headers=JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "many", "9" * 30])
async def test_a_length_that_is_none_is_refused(store, length):
    async with gateway_client(store) as client:
        answer = await client.post(WEBHOOK, content=BODY, headers=JSON | {"Content-Length": length})
    assert answer.status_code == 413


async def test_when_the_store_is_away_the_sender_is_told_to_come_again(tmp_path):
    async with gateway_client(OutOfReach(tmp_path)) as client:
        answer = await client.post(WEBHOOK, content=BODY, headers=JSON)
        ready = await client.get("/readyz", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json()["error"]["code"] == "store_unavailable"
    assert ready.status_code == 503


@pytest.mark.parametrize(
    ("problem", "status", "error"),
    [
        (InvalidObjectError("IncidentRun a: spec.alert.title: too long"), 422,
         {"code": "invalid_object", "message": "the store refused it: IncidentRun a: spec.alert.title: too long",
          "field": "spec.alert.title"}),
        (DeniedError("cannot create incidentruns"), 500,
         {"code": "store_denied", "message": "the store does not let this server do that: cannot create incidentruns"}),
    ],
)  # fmt: skip
async def test_a_refusal_that_stays_one_is_not_said_to_pass(tmp_path, problem, status, error):
    store = OutOfReach(tmp_path)
    store.problem = problem
    async with gateway_client(store) as client:
        answer = await client.post(WEBHOOK, content=BODY, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "retry-after" not in answer.headers


async def test_strangers_are_not_told_what_the_store_said(store):
    async def user_of(token):
        raise DeniedError("User system:serviceaccount:praetor-system:gateway cannot create tokenreviews")

    checks = [ServiceAccounts(user_of, user_of, str)]
    async with gateway_client(store, checks=checks, headers={"Authorization": "Bearer x"}) as client:
        answer = await client.get("/runs")
    assert answer.status_code == 500
    assert "tokenreviews" not in answer.text


async def test_probes_ask_the_store_no_more_than_every_two_seconds(tmp_path):
    store = OutOfReach(tmp_path)
    async with gateway_client(store, headers={}) as client:
        answers = [await client.get("/readyz") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [503] * 5
        assert "UnavailableError" in answers[-1].json()["error"]["message"]
    assert store.looks == 1


async def test_a_first_page_and_a_list_may_lag(tmp_path):
    lagging = []

    class Noting(DirectoryStore):
        async def find(self, kind, *arguments, may_lag=False, **options):
            lagging.append(may_lag)
            return []

    async with gateway_client(Noting(tmp_path)) as client:
        for path in ("/", "/runs", "/runs?namespace=shop"):
            assert (await client.get(path)).status_code == 200
    assert lagging == [True] * 3


async def test_a_run_has_the_time_to_live_that_the_gateway_gives(store):
    async with gateway_client(store, alerts=AlertSettings(60)) as client:
        (run,) = (await client.post(WEBHOOK, content=BODY, headers=JSON)).json()["runs"]
        assert (await client.get(f"/runs/{run['name']}")).json()["spec"]["ttlSecondsAfterFinished"] == 60


async def test_our_own_mistakes_show_nothing_of_the_inside(tmp_path):
    store = OutOfReach(tmp_path)
    store.problem = RuntimeError("password=hunter2")
    async with gateway_client(store) as client:
        answer = await client.post(WEBHOOK, content=BODY, headers=JSON)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


async def test_the_api_is_described(store):
    async with gateway_client(store) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/runs", "/runs/{name}", "/runs/{name}/postmortem", "/runs/{name}/trace", "/watch/{name}", "/healthz",
            "/readyz", "/metrics", "/incidents/webhook/{source}"} <= paths.keys()  # fmt: skip


async def test_metrics_count_by_route_and_never_by_path(store):
    async with gateway_client(store) as client:
        await client.post(WEBHOOK, content=BODY, headers=JSON)
        for number in range(5):
            await client.get(f"/runs/made-up-{number}")
        text = (await client.get("/metrics")).text
    assert 'praetor_webhook_runs_total{outcome="created",source="alertmanager"} 1.0' in text
    assert 'praetor_http_requests_total{method="GET",route="/runs/{name}",status="404"} 5.0' in text
    assert "made-up" not in text
