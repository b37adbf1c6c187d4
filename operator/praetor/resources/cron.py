"""Schedules as cron writes them: minute, hour, day of month, month, day of week. Pure.

The fields, and that a day counts when either day field names it if both are restricted, are those of crontab(5).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORT = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_PART = re.compile(r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?")


@dataclass(frozen=True, slots=True)
class Cron:
    """What each field admits; weekdays count from Sunday as 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def is_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday

    def last_start(self, now: datetime, zone: ZoneInfo, reach: timedelta) -> datetime | None:
        """The latest start at or before `now`, in UTC; None if there is none within `reach`."""
        today = now.astimezone(zone).date()
        for back in range(reach.days + 3):
            day = today - timedelta(days=back)
            for start in self._starts(day, zone) if self.is_on(day) else ():
                if start <= now:
                    return start if now - start <= reach else None
        return None

    def _starts(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """Latest first. Of an hour that the clocks repeat it is the first."""
        for hour in sorted(self.hours, reverse=True):
            for minute in sorted(self.minutes, reverse=True):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def parse_cron(text: str) -> Cron:
    """Raises ValueError, which names the field and what is wrong with it."""
    fields = _SHORT.get(text.strip().lower(), text).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{text!r} has {len(fields)} fields, cron has 5: minute hour day-of-month month day-of-week")
    minutes, hours, days, months, weekdays = (_admitted(field, *of) for field, of in zip(fields, _FIELDS, strict=True))
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)


def _admitted(field: str, name: str, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{name} {field!r}: {part!r} is neither *, a number, nor a range such as 1-5 or */15")
        low, high = _range(match, name, least, most)
        step = int(match["step"] or 1)
        if not least <= low <= high <= most or step < 1:
            raise ValueError(f"{name} {field!r}: {part!r} is not within {least} to {most}")
        found |= set(range(low, high + 1, step))
    return frozenset(found)


def _range(match: re.Match[str], name: str, least: int, most: int) -> tuple[int, int]:
    if match["all"]:
        return least, most
    low = _number(match["low"], name)
    if match["high"]:
        return low, _number(match["high"], name)
    return low, most if match["step"] else low


def _number(text: str, name: str) -> int:
    words = {"month": _MONTHS, "day of week": _WEEKDAYS}.get(name, ())
    if text.lower() in words:
        return words.index(text.lower()) + (name == "month")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name}: {text!r} is no number" + (f" and none of {', '.join(words)}" if words else ""))
    return int(text)
