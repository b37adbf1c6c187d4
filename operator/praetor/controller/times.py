"""Moments as Kubernetes writes them: RFC 3339, whole seconds, UTC."""

from collections.abc import Callable
from datetime import UTC, datetime


def wire_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(text: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(text)).total_seconds()


def utc_now() -> datetime:
    return datetime.now(UTC)


Clock = Callable[[], datetime]
