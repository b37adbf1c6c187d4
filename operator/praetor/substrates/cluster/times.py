"""Times of objects: RFC 3339 in, seconds out."""

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    return None if not text else datetime.fromisoformat(text)


def seconds_ago(text: str | None, now: datetime) -> float | None:
    at = moment(text)
    return None if at is None else max(0.0, (now - at).total_seconds())


def utc_now() -> datetime:
    return datetime.now(UTC)
