"""The classifier on telemetry of others, beside chance."""

from typing import Any


def foreign() -> dict[str, Any]:
    return {}
