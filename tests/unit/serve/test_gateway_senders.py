"""Who may send what to which source: signatures, what comes too often, and what the list of sources says."""

import json
import logging
import time
from pathlib import Path

import pytest

from praetor.alerts.delivery import Delivery
from praetor.alerts.intake import Intake
from praetor.alerts.pressure import Pressure, TooMuchError
from praetor.alerts.sources import sources_of
from praetor.serve.gateway_http import AlertSettings, signs_in
from praetor.store.scope import Scope
from praetor.web.callers import Loopback, SharedToken
from tests.support import signing
from tests.support.alert_bodies import alert, body, captured
from tests.support.gateway import JSON, TOKEN, WEBHOOK, gateway_client

BODIES = Path(__file__).parents[2] / "data" / "webhooks"
SECRETS = {
    "PRAETOR_PAGERDUTY_SECRET": "a-secret-of-pagerduty",
    "PRAETOR_GRAFANA_SECRET": "a-secret-of-grafana",
    "PRAETOR_STANDARD_WEBHOOKS_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "PRAETOR_SENTRY_SECRET": "a-secret-of-sentry",
}
SIGNED = ("pagerduty", "grafana", "generic", "sentry")


def raw(source: str) -> bytes:
    return (BODIES / f"{source}-firing.json").read_bytes()


def signature(source: str, content: bytes, sent_seconds: float | None = None) -> dict[str, str]:
    now = time.time() if sent_seconds is None else sent_seconds
    match source:
        case "pagerduty":
            return signing.pagerduty(content, SECRETS["PRAETOR_PAGERDUTY_SECRET"])
        case "grafana":
            return signing.grafana(content, SECRETS["PRAETOR_GRAFANA_SECRET"], now)
        case "sentry":
            made = signing.grafana(content, SECRETS["PRAETOR_SENTRY_SECRET"])
            return {"Sentry-Hook-Signature": made["X-Grafana-Alerting-Signature"]}
        case _:
            return signing.standard(content, SECRETS["PRAETOR_STANDARD_WEBHOOKS_SECRET"], now)


def strangers(store, **options):
    """A gateway that knows the secrets above, and a client that knows no token."""
    return gateway_client(store, headers=dict(JSON), sources=sources_of(SECRETS), **options)


def path(source: str) -> str:
    return f"/incidents/webhook/{source}"


@pytest.mark.parametrize("source", SIGNED)
async def test_a_right_signature_is_enough(store, source):
    async with strangers(store) as client:
        answer = await client.post(path(source), content=raw(source), headers=signature(source, raw(source)))
    assert (answer.status_code, len(answer.json()["runs"])) == (202, 1)


@pytest.mark.parametrize("source", SIGNED)
async def test_whoever_signs_wrong_is_refused_whatever_else_they_know_and_the_next_one_is_let_in(store, source, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = signature(source, raw(source) + b" ")
    async with strangers(store) as client:
        for more in ({}, {"X-Praetor-Token": TOKEN}):
            answer = await client.post(path(source), content=raw(source), headers=wrong | more)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_signature")
        assert await store.find("IncidentRun") == []
        right = await client.post(path(source), content=raw(source), headers=signature(source, raw(source)))
    assert right.status_code == 202
    told = caplog.text + answer.text
    assert not any(secret in told for secret in (*SECRETS.values(), TOKEN, *wrong.values()))


@pytest.mark.parametrize("source", SIGNED)
async def test_a_signature_opens_its_own_source_and_nothing_else(store, source):
    headers = signature(source, raw(source))
    async with strangers(store) as client:
        for other in {*SIGNED, "alertmanager", "datadog", "nagios"} - {source}:
            answer = await client.post(path(other), content=raw(source), headers=headers)
            assert answer.status_code == 401, other
        for elsewhere in ("/runs", "/metrics", "/incidents/webhooks", f"{path(source)}/", f"/x{path(source)}"):
            assert (await client.get(elsewhere, headers=headers)).status_code == 401, elsewhere
            answer = await client.post(elsewhere, content=raw(source), headers=headers)
            assert answer.status_code == 401, elsewhere


@pytest.mark.parametrize("source", SIGNED)
async def test_without_a_secret_a_signature_is_worth_nothing(store, source):
    async with gateway_client(store, headers=dict(JSON), sources=sources_of({})) as client:
        answer = await client.post(path(source), content=raw(source), headers=signature(source, raw(source)))
        known = await client.post(
            path(source), content=raw(source), headers=signature(source, raw(source)) | {"X-Praetor-Token": TOKEN}
        )
    assert (answer.status_code, known.status_code) == (401, 202)


@pytest.mark.parametrize("source", ["grafana", "generic"])
async def test_a_replay_after_five_minutes_is_refused(store, source):
    headers = signature(source, raw(source), time.time() - 400)
    async with strangers(store) as client:
        answer = await client.post(path(source), content=raw(source), headers=headers)
    assert answer.status_code == 401
    assert "away from this clock" in answer.json()["error"]["message"]


@pytest.mark.parametrize("source", SIGNED)
async def test_a_replay_at_once_changes_nothing(store, source):
    headers = signature(source, raw(source))
    async with strangers(store) as client:
        first = await client.post(path(source), content=raw(source), headers=headers)
        runs = await store.find("IncidentRun")
        again = await client.post(path(source), content=raw(source), headers=headers)
    assert [one["created"] for one in again.json()["runs"]] == [False]
    assert await store.find("IncidentRun") == runs
    assert first.json()["runs"][0]["name"] == again.json()["runs"][0]["name"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"x" * 10_000_000, {}, 413),
        (b"[" * 500_000, {}, 422),
        (b"\xff\xfe\x00", {}, 422),
        (b"{}", {"Content-Type": "text/plain"}, 415),
    ],
)
@pytest.mark.parametrize("source", [*SIGNED, "alertmanager", "datadog"])
async def test_hostile_bodies_are_refused_and_the_next_delivery_works(store, source, content, headers, status):
    signed = signature(source, content) if source in SIGNED else {}
    token = {} if source in SIGNED else {"X-Praetor-Token": TOKEN}
    good = raw(source) if source != "alertmanager" else captured("01_single_firing")
    good_signed = signature(source, good) if source in SIGNED else {}
    async with strangers(store) as client:
        answer = await client.post(path(source), content=content, headers=signed | token | headers)
        following = await client.post(path(source), content=good, headers=good_signed | token)
    assert (answer.status_code, answer.json()["error"]["message"] != "") == (status, True)
    assert len(answer.content) < 2000, "what was sent is not sent back"
    assert following.status_code == 202


async def test_a_stranger_who_claims_to_sign_may_not_send_without_end(store):
    async def endless():
        while True:
            yield b"x" * 65_536

    async with strangers(store) as client:
        answer = await client.post(path("pagerduty"), content=endless(), headers={"X-PagerDuty-Signature": "v1=0"})
    assert answer.status_code == 413


# What comes too often


@pytest.mark.parametrize(("source", "status"), [("alertmanager", 503), ("generic", 429), ("datadog", 503)])
async def test_too_many_new_groups_are_told_to_come_again_in_the_senders_words(store, source, status):
    def content(number: int) -> bytes:
        if source == "alertmanager":
            return body(alert("A", instance=str(number)), group_key=str(number))
        return json.dumps({"title": f"alert {number}"}).encode()

    async with gateway_client(store, alerts=AlertSettings(new_runs_per_minute=2)) as client:
        codes = [
            (await client.post(path(source), content=content(number), headers=JSON)).status_code for number in range(3)
        ]
        refused = await client.post(path(source), content=content(3), headers=JSON)
        repeat = await client.post(path(source), content=content(0), headers=JSON)
    assert codes == [202, 202, status]
    assert refused.json()["error"]["code"] == "too_much"
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert repeat.status_code == 202, "what is known already costs no new run"


def test_the_minutes_worth_comes_back_with_time():
    now = 0.0
    pressure = Pressure(runs_per_minute=6, clock=lambda: now)
    for _ in range(6):
        pressure.new_run()
    with pytest.raises(TooMuchError) as told:
        pressure.new_run()
    assert told.value.seconds == 10
    now = 10.0
    pressure.new_run()
    with pytest.raises(TooMuchError):
        pressure.new_run()


def test_deliveries_at_once_are_bounded_and_a_failed_one_makes_room():
    pressure = Pressure(in_flight=1)
    with pressure.delivery(), pytest.raises(TooMuchError), pressure.delivery():
        pass
    with pytest.raises(KeyError), pressure.delivery():
        raise KeyError
    with pressure.delivery():
        pass


async def test_a_delivery_of_nothing_asks_the_store_nothing():
    source = sources_of({})["pagerduty"]
    ping = json.dumps({"event": {"id": "1", "event_type": "pagey.ping", "data": {"type": "ping"}}}).encode()
    assert await Intake(None, Scope("praetor")).accept(source.read(Delivery(ping))) == []  # type: ignore[arg-type]


# Resolved alerts


@pytest.mark.parametrize(("setting", "cancel"), [("Annotate", None), ("Graceful", "Graceful"), ("Now", "Now")])
async def test_an_open_run_whose_alerts_are_resolved_ends_as_the_setting_says(store, setting, cancel):
    firing, resolved = (body(alert("A", firing=fires), group_key="g") for fires in (True, False))
    async with gateway_client(store, alerts=AlertSettings(when_resolved=setting)) as client:
        (made,) = (await client.post(WEBHOOK, content=firing, headers=JSON)).json()["runs"]
        for _ in range(2):
            assert (await client.post(WEBHOOK, content=resolved, headers=JSON)).status_code == 202
    run = await store.get("IncidentRun", "praetor", made["name"])
    assert (run["spec"].get("cancel"), run["status"]["alerts"]["firing"]) == (cancel, 0)


async def test_a_group_of_which_some_alerts_still_fire_goes_on(store):
    both = body(alert("A", pod="1"), alert("A", pod="2"), group_key="g")
    one_left = body(alert("A", pod="1", firing=False), alert("A", pod="2"), group_key="g")
    async with gateway_client(store, alerts=AlertSettings(when_resolved="Now")) as client:
        (made,) = (await client.post(WEBHOOK, content=both, headers=JSON)).json()["runs"]
        await client.post(WEBHOOK, content=one_left, headers=JSON)
    run = await store.get("IncidentRun", "praetor", made["name"])
    assert ("cancel" in run["spec"], run["status"]["alerts"]["firing"]) == (False, 1)


# The list


async def test_the_list_says_how_each_source_is_authenticated(store):
    secrets = {"PRAETOR_PAGERDUTY_SECRET": "a-secret-of-pagerduty"}
    checks = (Loopback(), SharedToken(TOKEN))
    async with gateway_client(store, sources=sources_of(secrets), checks=checks) as client:
        answer = await client.get("/incidents/webhooks")
    found = {one["name"]: one for one in answer.json()["sources"]}
    assert found.keys() >= {"alertmanager", "prometheus", "pagerduty", "grafana", "generic"}
    assert found["alertmanager"] == {
        "name": "alertmanager",
        "path": "/incidents/webhook/alertmanager",
        "summary": "Alertmanager, webhook version 4",
        "authentication": ["loopback", "token", "basic"],
        "signature": None,
    }
    assert found["pagerduty"]["authentication"] == ["loopback", "token", "basic", "signature"]
    assert found["pagerduty"]["signature"] == {
        "header": "x-pagerduty-signature",
        "variable": "PRAETOR_PAGERDUTY_SECRET",
        "configured": True,
    }
    assert found["grafana"]["signature"]["configured"] is False
    assert "signature" not in found["grafana"]["authentication"]
    assert "a-secret" not in answer.text


def test_a_secret_of_one_source_is_enough_for_a_gateway_to_start():
    assert [signs_in(sources_of(environ)) for environ in ({}, SECRETS)] == [False, True]
