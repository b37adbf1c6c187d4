"""Points in time as senders write them: RFC 3339, without a zone, or seconds and milliseconds since 1970."""

import re
from datetime import UTC, datetime

_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NO_TIME_YEAR = 1  # Go's zero time: 0001-01-01T00:00:00Z


def moment(value: object) -> datetime | None:
    """In UTC, which is also meant by a time without a zone; None for what is no moment."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _since_1970(float(value))
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return _since_1970(float(text))
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def in_utc(known: datetime | None) -> datetime | None:
    """None for what is no moment of the calendar there, and for Go's zero time."""
    if known is None or known.year == _NO_TIME_YEAR:
        return None
    try:
        return known.astimezone(UTC) if known.tzinfo else known.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _since_1970(number: float) -> datetime | None:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
