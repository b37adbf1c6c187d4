"""Alertmanager bodies: the captured ones, and made ones of the same shape."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CAPTURED = Path(__file__).parents[1] / "data" / "alertmanager"
EPOCH = datetime(2026, 11, 23, 12, tzinfo=UTC)


def captured(name: str) -> bytes:
    return (CAPTURED / f"{name}.json").read_bytes()


def alert(
    name: str = "ContainerOOMKilled", *, started: float = 0, firing: bool = True, **labels: str
) -> dict[str, Any]:
    return {
        "status": "firing" if firing else "resolved",
        "labels": {"alertname": name, "service": "payment-service", "severity": "critical"} | labels,
        "annotations": {"summary": f"{name} on payment-service"},
        "startsAt": (EPOCH + timedelta(seconds=started)).isoformat().replace("+00:00", "Z"),
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{hash_of(name, labels):016x}",
    }


def hash_of(name: str, labels: dict[str, str]) -> int:
    text = json.dumps([name, labels], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def body(*alerts: dict[str, Any], group_key: str = '{}:{alertname="A"}', receiver: str = "praetor") -> bytes:
    firing = any(one["status"] == "firing" for one in alerts)
    whole = {
        "version": "4",
        "receiver": receiver,
        "groupKey": group_key,
        "status": "firing" if firing else "resolved",
        "truncatedAlerts": 0,
        "alerts": list(alerts),
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
    }
    return json.dumps(whole).encode()
