"""Every source: what fires makes a run, repeats change nothing, what is over is noted, the rest is no error."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.alerts.deciding import CreateRun
from praetor.alerts.delivery import Delivery
from praetor.alerts.intake import accept
from praetor.alerts.ledger import Ledger
from praetor.alerts.manifest import alert_run, ledger_of
from praetor.alerts.naming import group_digest
from praetor.alerts.notification import NotificationError
from praetor.alerts.sources import SourcesError, mapped_sources, sources_of
from praetor.resources.run import IncidentRun
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope

BODIES = Path(__file__).parents[2] / "data" / "webhooks"
SOURCES = sources_of({})
SHOWN = sorted(path.name.removesuffix("-firing.json") for path in BODIES.glob("*-firing.json"))
COMPLETE = {
    "type": "Complete",
    "status": "True",
    "reason": "EpisodeEnded",
    "lastTransitionTime": "2026-11-23T12:00:00Z",
}


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path)
    yield directory
    directory.close()


def raw(name: str) -> bytes:
    return (BODIES / f"{name}.json").read_bytes()


def read(source: str, body: object, **headers: str):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SOURCES[source].read(Delivery(content, {name.replace("_", "-"): text for name, text in headers.items()}))


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


async def deliver(store, notification):
    return await accept(store, notification, Scope("praetor"))


async def test_every_source_has_a_body_here():
    assert set(SHOWN) == SOURCES.keys() - {"alertmanager", "prometheus"}


@pytest.mark.parametrize("source", SHOWN)
async def test_the_life_of_an_alert_of(source, store):
    (made,) = await deliver(store, read(source, raw(f"{source}-firing")))
    assert (made.created, made.name.startswith(f"{source}-"), made.name[-2:]) == (True, True, "-1")
    run = await store.get("IncidentRun", "praetor", made.name)
    IncidentRun.model_validate(run)
    alert = run["spec"]["alert"]
    assert (alert["source"], alert["status"], alert["title"]) == (source, "firing", alert["title"].strip())
    (again,) = await deliver(store, read(source, raw(f"{source}-firing")))
    assert (again.name, again.created) == (made.name, False)
    assert await store.get("IncidentRun", "praetor", made.name) == run, "a repeat changes nothing"
    (over,) = await deliver(store, read(source, raw(f"{source}-resolved")))
    ended = await store.get("IncidentRun", "praetor", made.name)
    assert (over.name, ledger_of(ended).firing) == (made.name, 0)
    await store.update_status(ended | {"status": ended["status"] | {"conditions": [COMPLETE]}})
    (late,) = await deliver(store, read(source, raw(f"{source}-firing")))
    assert (late.name, late.created) == (made.name, False), "what the finished run has seen begins no other"


@pytest.mark.parametrize(
    "source", ["pagerduty", "datadog", "opsgenie", "newrelic", "azure-monitor", "google-cloud", "zabbix"]
)
@pytest.mark.parametrize("is_finished", [False, True])
async def test_a_firing_that_comes_after_its_own_end_does_not_fire_again(source, is_finished, store):
    for state in ("firing", "resolved"):
        (made,) = await deliver(store, read(source, raw(f"{source}-{state}")))
    run = await store.get("IncidentRun", "praetor", made.name)
    if is_finished:
        await store.update_status(run | {"status": run["status"] | {"conditions": [COMPLETE]}})
    await deliver(store, read(source, raw(f"{source}-firing")))
    assert ledger_of(await store.get("IncidentRun", "praetor", made.name)).firing == 0
    assert len(await store.find("IncidentRun", "praetor")) == 1


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("pagerduty", ["PGR0VU2"]),
        ("grafana", ['{}/{grafana="yes"}:{alertname="ContainerOOMKilled"}']),
        ("generic", ["oom/payment"]),
        ("opsgenie", ["oom/payment"]),
    ],
)
async def test_names_follow_from_the_parts_of_the_group(source, parts, store):
    (made,) = await deliver(store, read(source, raw(f"{source}-firing")))
    assert made.name == f"{source}-{digest(*parts)}-1"


async def test_sources_that_call_their_groups_alike_have_their_own_runs(store):
    for source in ("generic", "opsgenie"):
        (made,) = await deliver(store, read(source, raw(f"{source}-firing")))
        assert (made.created, made.name.startswith(source)) == (True, True)
    assert len(await store.find("IncidentRun", "praetor")) == 2


# PagerDuty


def pagerduty(event_type: str, **data: object):
    body = json.loads(raw("pagerduty-firing"))
    body["event"] |= {"event_type": event_type, "occurred_at": "2026-11-23T13:00:00Z"}
    body["event"]["data"] |= data
    return read("pagerduty", body)


@pytest.mark.parametrize(
    "event",
    [
        {"id": "1", "event_type": "pagey.ping", "data": {"message": "Hello from your friend Pagey!", "type": "ping"}},
        {"id": "2", "event_type": "incident.annotated", "data": {"type": "incident_note", "id": "P", "content": "x"}},
        {"id": "3", "event_type": "service.updated", "data": {"type": "service", "id": "P"}},
        {"id": "4", "event_type": "something.of.next.year", "data": None},
    ],
)
def test_pagerduty_events_of_other_things_make_no_run_and_no_error(event):
    assert read("pagerduty", {"event": event}).alerts == ()


async def test_a_reopened_pagerduty_incident_fires_anew_and_what_else_happens_to_it_does_not(store):
    (first,) = await deliver(store, pagerduty("incident.triggered"))
    run = await store.get("IncidentRun", "praetor", first.name)
    await store.update_status(run | {"status": run["status"] | {"conditions": [COMPLETE]}})
    for quiet in ("incident.acknowledged", "incident.escalated", "incident.reassigned", "incident.triggered"):
        (joined,) = await deliver(store, pagerduty(quiet, status="acknowledged"))
        assert (joined.name, joined.created) == (first.name, False), quiet
    (second,) = await deliver(store, pagerduty("incident.reopened"))
    assert (second.name[-2:], second.created) == ("-2", True)


def test_a_pagerduty_body_without_an_incident_id_says_so():
    with pytest.raises(NotificationError, match=r"event\.data\.id"):
        pagerduty("incident.triggered", id="")


# Generic


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"title": ""}, ""),
        ({"title": {"a": 1}}, "title"),
        ({"title": "x", "status": "acknowledged"}, "status"),
        ({"title": "x", "scenario": "no-such-thing"}, "scenario"),
        ({"title": "x", "labels": ["a"]}, "labels"),
    ],
)
def test_a_generic_body_that_cannot_be_read_names_the_field(body, field):
    with pytest.raises(NotificationError) as told:
        read("generic", body)
    assert told.value.field == field


@pytest.mark.parametrize("name", ["oom-crash", "oom_crash"])
def test_a_named_scenario_is_taken_as_the_library_calls_it(name):
    assert read("generic", {"alert": "Anything", "scenario": name}).scenario == "oom-crash"


async def test_without_a_time_the_open_run_absorbs_and_a_finished_one_is_followed(store):
    body = {"title": "it is slow", "service": "cart"}
    (first,) = await deliver(store, read("generic", body))
    assert first.name == f"generic-{digest('it is slow', 'cart')}-1"
    assert [one.created for one in await deliver(store, read("generic", body))] == [False]
    run = await store.get("IncidentRun", "praetor", first.name)
    await store.update_status(run | {"status": run["status"] | {"conditions": [COMPLETE]}})
    (second,) = await deliver(store, read("generic", body))
    assert (second.name[-2:], second.created) == ("-2", True)


async def test_a_standard_webhook_that_comes_again_is_known_by_its_id(store):
    body = {"type": "alert.fired", "timestamp": "2026-11-23T12:00:00Z", "data": {"title": "slow", "service": "cart"}}
    (first,) = await deliver(store, read("generic", body, webhook_id="msg_1"))
    run = await store.get("IncidentRun", "praetor", first.name)
    await store.update_status(run | {"status": run["status"] | {"conditions": [COMPLETE]}})
    (again,) = await deliver(store, read("generic", body, webhook_id="msg_1"))
    (other,) = await deliver(store, read("generic", body, webhook_id="msg_2"))
    assert (again.created, other.created) == (False, True)


async def test_a_cloud_event_is_the_same_in_both_modes(store):
    data = {"title": "slow", "service": "cart"}
    attributes = {"specversion": "1.0", "id": "1", "source": "/shop/é", "type": "t", "subject": "cart"}
    (one,) = await deliver(
        store,
        read("generic", attributes | {"time": "2026-11-23T12:00:00Z", "data": data},
             content_type="application/cloudevents+json; charset=utf-8"),
    )  # fmt: skip
    binary = {f"ce-{name}": text for name, text in attributes.items()} | {"ce-source": "/shop/%C3%A9"}
    (two,) = await deliver(store, read("generic", data, ce_time="2026-11-23T12:00:00Z", **binary))
    assert (one.name, two.name) == (f"generic-{digest('/shop/é', 'cart')}-1",) * 2
    assert (one.created, two.created) == (True, False)


def test_a_cloud_event_without_a_title_is_called_as_its_type():
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "com.acme.disk.full"}
    assert read("generic", event, content_type="application/cloudevents+json").title == "com.acme.disk.full"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"id": ""}, "id"), ({"source": None}, "source"), ({"specversion": "0.3"}, "specversion"), ({"type": 7}, "type")],
)
def test_what_is_no_cloud_event_says_which_attribute(change, field):
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"} | change
    with pytest.raises(NotificationError) as told:
        read("generic", event, content_type="application/cloudevents+json")
    assert told.value.field == field


# Grafana and the described ones


def test_grafana_sends_a_group_as_alertmanager_does():
    found = read("grafana", raw("grafana-firing"))
    assert (found.title, found.service, found.alerts[0].fingerprint) == (
        "payment-service was OOMKilled",
        "payment-service",
        "c6eadffa33fcdf37",
    )


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("uptime-kuma", {"heartbeat": None, "monitor": None, "msg": "My Notification Testing"}),
        ("sentry", {"action": "created", "installation": {"uuid": "1"}, "data": {"installation": {}}}),
        ("azure-monitor", {"schemaId": "AzureMonitorMetricAlert", "data": {}}),
    ],
)
def test_what_a_described_source_does_not_concern_makes_no_run(source, body):
    assert read(source, body).alerts == ()


OWN = {
    "nagios": {
        "title": "output",
        "service": "host",
        "dedup_key": "join('/', [host, check])",
        "resolved": "state == 'OK'",
        "labels": "{team: team}",
        "signature": {"header": "X-Hub-Signature-256", "prefix": "sha256=", "secret_variable": "PRAETOR_NAGIOS_SECRET"},
    }
}


def test_a_source_of_the_configuration_is_read_as_it_is_described():
    source = mapped_sources(OWN, "sources.yaml", {"PRAETOR_NAGIOS_SECRET": "a-secret-of-nagios"})["nagios"]
    body = {"output": "DISK CRITICAL", "host": "db1", "check": "disk", "state": "CRITICAL", "team": "db"}
    found = source.read(Delivery(json.dumps(body).encode()))
    assert (found.group_parts, found.title, found.service) == (("db1/disk",), "DISK CRITICAL", "db1")
    assert found.labels["team"] == "db"
    assert source.secret is not None
    assert source.secret.is_set
    assert "a-secret" not in repr(source)


def test_a_file_of_sources_adds_and_replaces(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text(json.dumps(OWN | {"zabbix": {"title": "subject"}}))
    found = sources_of({"PRAETOR_WEBHOOK_SOURCES": str(path)})
    assert found["zabbix"].read(Delivery(b'{"subject": "full"}')).title == "full"
    assert found.keys() == SOURCES.keys() | {"nagios"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"nagios": {"title": "a ||"}}, r"nagios\.title: .*not a JMESPath expression"),
        ({"nagios": {}}, r"nagios\.title: Field required"),
        ({"Nagios!": {"title": "a"}}, "Nagios!"),
        ({"nagios": {"title": "a", "tilte": "b"}}, r"nagios\.tilte: Extra inputs"),
        ({"nagios": {"title": "a", "signature": {"secret_variable": "PRAETOR_X"}}}, r"signature\.header"),
        ({"nagios": {"title": "a", "signature": {"header": "x", "secret_variable": "HOME"}}}, "secret_variable"),
        (["nagios"], "dictionary"),
    ],
)
def test_a_bad_configuration_says_where_it_is_wrong(value, told):
    with pytest.raises(SourcesError, match=told):
        mapped_sources(value, "sources.yaml", {})


@pytest.mark.parametrize("content", ["{", "alertmanager: {title: a}"])
def test_a_file_that_cannot_be_used_is_named(tmp_path, content):
    path = tmp_path / "sources.yaml"
    path.write_text(content)
    with pytest.raises(SourcesError, match=r"sources\.yaml"):
        sources_of({"PRAETOR_WEBHOOK_SOURCES": str(path)})
    with pytest.raises(SourcesError, match="No such file"):
        sources_of({"PRAETOR_WEBHOOK_SOURCES": str(tmp_path / "gone.yaml")})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def replaced(value: object, path: list[int], new: object) -> object:
    """`value` with one of its parts, chosen by `path`, exchanged."""
    if not path or not isinstance(value, (dict, list)) or not value:
        return new
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = replaced(value[key], path[1:], new)
    return copy


@pytest.mark.parametrize("source", SHOWN)
@given(path=st.lists(st.integers(0, 30), max_size=4), new=JSON_VALUES)
def test_any_body_is_read_or_refused_with_words(source, path, new):
    body = replaced(json.loads(raw(f"{source}-firing")), path, new)
    with suppress(NotificationError):
        found = read(source, body)
        if found.alerts:
            made = alert_run(found, group_digest(found.group_parts), CreateRun(1, Ledger()), "praetor", "")
            IncidentRun.model_validate(made)


@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"title": "\xff"}', b"[" * 100_000, b'{"a":' * 50_000, b"NaN",
     b'{"title": "\\ud800"}', b'{"n": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_what_is_not_json_or_no_body_of_the_source_is_refused(source, body):
    with pytest.raises(NotificationError):
        read(source, body)
