"""Makes a status small enough to be kept: texts are cut, and the oldest of the shown steps go first. Pure."""

from typing import Any

from praetor.alerts.text import clean
from praetor.store.limits import json_bytes

MESSAGE_LIMIT_BYTES = 600
SUMMARY_LIMIT_BYTES = 300
STATUS_LIMIT_BYTES = 9_500
"""Without the ledger of alerts. With it, and with the largest alert, a run is still one that the store takes."""


def fitted(status: dict[str, Any]) -> dict[str, Any]:
    """A status as it goes over the wire, within the limits; the trace and the Events have what is cut."""
    bounded = dict(status)
    if "message" in status:
        bounded["message"] = clean(status["message"], MESSAGE_LIMIT_BYTES)
    if "conditions" in status:
        bounded["conditions"] = [_cut(one, "message", MESSAGE_LIMIT_BYTES) for one in status["conditions"]]
    for part in ("awaiting", "suggestions"):
        if part in status:
            bounded[part] = _cleaned(status[part])
    if "steps" in status:
        bounded["steps"] = [_cut(one, "summary", SUMMARY_LIMIT_BYTES) for one in status["steps"]]
    while bounded.get("steps") and _size_bytes(bounded) > STATUS_LIMIT_BYTES:
        bounded["steps"] = bounded["steps"][1:]
    return bounded


def _cleaned(part: Any) -> Any:
    """What policies said, without what a terminal would obey."""
    if isinstance(part, dict):
        return {name: _cleaned(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_cleaned(value) for value in part]
    return clean(part, SUMMARY_LIMIT_BYTES) if isinstance(part, str) else part


def _cut(part: dict[str, Any], field: str, limit_bytes: int) -> dict[str, Any]:
    return part | {field: clean(part[field], limit_bytes)} if field in part else part


def _size_bytes(status: dict[str, Any]) -> int:
    return json_bytes({name: value for name, value in status.items() if name != "alerts"})
