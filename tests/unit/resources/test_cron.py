"""Maintenance windows: what cron means, in the time zone that is named, over midnight and when clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from praetor.resources.cron import parse_cron
from praetor.resources.guardrails import ChangeWindow, Guardrails, zone_of

MINUTES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def window(schedule: str, hours: float, zone: str = "UTC") -> ChangeWindow:
    return ChangeWindow(schedule=schedule, duration_seconds=int(hours * 3600), time_zone=zone)


@pytest.mark.parametrize(
    ("schedule", "hours", "zone", "moment", "is_open"),
    [
        ("0 22 * * *", 4, "UTC", "2026-03-04T21:59:59+00:00", False),
        ("0 22 * * *", 4, "UTC", "2026-03-04T22:00:00+00:00", True),
        ("0 22 * * *", 4, "UTC", "2026-03-05T01:59:59+00:00", True),
        ("0 22 * * *", 4, "UTC", "2026-03-05T02:00:00+00:00", False),
        ("0 22 * * mon-fri", 4, "UTC", "2026-03-08T01:00:00+00:00", False),
        ("0 22 * * 5", 4, "UTC", "2026-03-07T01:00:00+00:00", True),
        ("0 9 * * 7", 1, "UTC", "2026-03-08T09:30:00+00:00", True),
        ("0 9 * * *", 1, "Europe/Berlin", "2026-03-04T08:30:00+00:00", True),
        ("0 9 * * *", 1, "Europe/Berlin", "2026-07-04T07:30:00+00:00", True),
        ("30 2 * * *", 1, "Europe/Berlin", "2026-03-29T01:45:00+00:00", True),
        ("0 0 20 dec *", 24 * 14, "UTC", "2027-01-02T12:00:00+00:00", True),
        ("0 0 20 dec *", 24 * 14, "UTC", "2026-12-19T12:00:00+00:00", False),
        ("0 0 13 * fri", 24, "UTC", "2026-03-06T12:00:00+00:00", True),
        ("*/20 * * * *", 0.25, "UTC", "2026-03-06T12:34:00+00:00", True),
        ("*/20 * * * *", 0.25, "UTC", "2026-03-06T12:36:00+00:00", False),
        ("@weekly", 1, "UTC", "2026-03-08T00:59:00+00:00", True),
    ],
)
def test_a_window_is_open_from_its_start_for_its_duration(
    schedule: str, hours: float, zone: str, moment: str, is_open: bool
) -> None:
    assert window(schedule, hours, zone).is_open(at(moment)) is is_open


@given(moment=MINUTES, hour=st.integers(0, 23), minute=st.integers(0, 59), minutes=st.integers(1, 3 * 24 * 60))
@settings(deadline=None)
def test_a_daily_window_is_open_as_counting_says(moment: datetime, hour: int, minute: int, minutes: int) -> None:
    since_start = (moment.hour * 60 + moment.minute - hour * 60 - minute) % (24 * 60)
    opened = ChangeWindow(schedule=f"{minute} {hour} * * *", duration_seconds=60 * minutes)
    assert opened.is_open(moment) is (since_start < minutes)


@given(moment=MINUTES, days=st.sets(st.integers(0, 6), min_size=1), hour=st.integers(0, 23))
@settings(deadline=None)
def test_the_last_start_is_the_last_minute_that_the_fields_admit(moment: datetime, days: set[int], hour: int) -> None:
    cron = parse_cron(f"15 {hour} * * {','.join(map(str, days))}")
    started = cron.last_start(moment, zone_of("UTC"), timedelta(days=8))
    expected = moment.replace(hour=hour, minute=15)
    while expected > moment or expected.isoweekday() % 7 not in days:
        expected -= timedelta(days=1)
    assert started == expected


@pytest.mark.parametrize(
    ("schedule", "complaint"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "minute '60'"),
        ("* 24 * * *", "hour '24'"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month '13'"),
        ("* * * foo *", "'foo' is no number and none of jan"),
        ("* * * * 8", "day of week"),
        ("5-1 * * * *", "not within"),
        ("*/0 * * * *", "not within"),
        ("1,,2 * * * *", "neither"),
        ("@never", "fields"),
    ],
)
def test_a_schedule_that_is_none_says_which_field(schedule: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_cron(schedule)


def test_a_site_with_a_wrong_window_is_refused_with_the_fields_name() -> None:
    window = {"schedule": "0 22 * *", "durationSeconds": 60}
    with pytest.raises(ValidationError, match=r"maintenanceWindows\.0\.schedule"):
        Guardrails.model_validate({"maintenanceWindows": [window]})
    with pytest.raises(ValidationError, match="no time zone"):
        Guardrails.model_validate(
            {"maintenanceWindows": [{"schedule": "@daily", "durationSeconds": 60, "timeZone": "Mars/Olympus"}]}
        )
