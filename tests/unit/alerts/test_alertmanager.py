"""Alertmanager bodies: every captured one is understood, a wrong one is refused by its field."""

import json

import pytest

from praetor.alerts import alertmanager
from praetor.alerts.notification import NotificationError
from tests.support.alert_bodies import CAPTURED, alert, body, captured


@pytest.mark.parametrize("path", sorted(CAPTURED.glob("*.json")), ids=lambda path: path.stem)
def test_every_captured_body_is_understood(path):
    raw = json.loads(path.read_bytes())
    notification = alertmanager.parse(path.read_bytes())
    assert notification.group_parts == (raw["receiver"], raw["groupKey"])
    assert len(notification.alerts) == len(raw["alerts"])
    assert len(notification.firing) == sum(one["status"] == "firing" for one in raw["alerts"])
    assert notification.truncated == raw["truncatedAlerts"]
    assert notification.title


def test_labels_that_all_alerts_share_are_those_that_alertmanager_calls_common():
    raw = json.loads(captured("06_group_firing_3"))
    notification = alertmanager.parse(captured("06_group_firing_3"))
    assert notification.labels == raw["commonLabels"]
    assert notification.annotations == raw["commonAnnotations"]


def test_a_repeat_has_the_same_occurrences_and_a_refire_has_others():
    first, repeat, refire = (
        {one.key for one in alertmanager.parse(captured(name)).occurrences}
        for name in ("01_single_firing", "02_single_repeat", "04_single_refire")
    )
    assert first == repeat
    assert first.isdisjoint(refire)


def test_a_resolved_alert_is_the_occurrence_that_fired():
    fired = alertmanager.parse(captured("01_single_firing")).occurrences[0]
    resolved = alertmanager.parse(captured("03_single_resolved")).occurrences[0]
    assert (resolved.key, fired.firing, resolved.firing) == (fired.key, True, False)


def test_the_same_moment_in_another_notation_is_the_same_occurrence():
    one, other = alert(started=5), alert(started=5) | {"startsAt": "2026-11-23T13:00:05.000+01:00"}
    keys = {alertmanager.parse(body(each)).occurrences[0].key for each in (one, other)}
    assert len(keys) == 1


@pytest.mark.parametrize("version", ["4", 4, None])
def test_version_4_is_checked_leniently(version):
    raw = json.loads(captured("01_single_firing")) | {"version": version}
    if version is None:
        del raw["version"]
    assert alertmanager.parse(json.dumps(raw)).alerts


def test_fields_of_a_newer_alertmanager_are_no_error():
    raw = json.loads(captured("01_single_firing"))
    raw["notificationReason"] = "firing"
    raw["alerts"][0]["silenceURL"] = "http://alertmanager.example/#/silences"
    assert alertmanager.parse(json.dumps(raw)).title == "payment-service was OOM-killed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": "3"}, "version"),
        ({"alerts": None}, "alerts"),
        ({"alerts": {}}, "alerts"),
        ({"alerts": ["firing"]}, "alerts.0"),
        ({"groupKey": ""}, "groupKey"),
        ({"groupKey": 7}, "groupKey"),
        ({"truncatedAlerts": -1}, "truncatedAlerts"),
        ({"alerts": [alert() | {"status": "burning"}]}, "alerts.0.status"),
        ({"alerts": [alert(), alert() | {"labels": {"severity": 3}}]}, "alerts.1.labels.severity"),
        ({"alerts": [alert() | {"startsAt": "yesterday"}]}, "alerts.0.startsAt"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_its_field(change, field):
    raw = json.loads(captured("01_single_firing")) | change
    with pytest.raises(NotificationError) as refused:
        alertmanager.parse(json.dumps(raw))
    assert refused.value.field.startswith(field)
    assert field in str(refused.value)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(raw):
    with pytest.raises(NotificationError):
        alertmanager.parse(raw)


def test_an_alert_without_time_or_fingerprint_is_told_apart_by_its_labels():
    raw = json.loads(body(alert("A"), alert("B")))
    for one in raw["alerts"]:
        one["fingerprint"], one["startsAt"] = "", "0001-01-01T00:00:00Z"
    first, second = alertmanager.parse(json.dumps(raw)).occurrences
    assert first.key != second.key
    assert first.starts_at is None


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"])
def test_a_time_beyond_the_calendar_is_no_time(moment):
    (occurrence,) = alertmanager.parse(body(alert() | {"startsAt": moment})).occurrences
    assert occurrence.starts_at is None
