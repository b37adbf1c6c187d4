"""One Event per (uid, reason) and status: its name says so, and the same name cannot be made twice.

An Event comes before the status that speaks of it, so the status before tells a second retry, suspension or outage
from the first told twice.
"""

import hashlib
from datetime import UTC, datetime

from simcore.protocols import Manifest

COMPONENT = "praetor"
MESSAGE_LIMIT = 1024  # the API server refuses more
_LONGEST_NAME = 253


def event_name(regarding: Manifest, reason: str) -> str:
    metadata, status = regarding["metadata"], regarding.get("status") or {}
    moment = f"{status.get('attempts', 0)}\0{status.get('observedGeneration', 0)}"
    if "lastProbe" in status:
        moment += f"\0{status['lastProbe']}"
    digest = hashlib.sha256(f"{metadata['uid']}\0{reason}\0{moment}".encode()).hexdigest()[:16]
    return f"{metadata['name'][: _LONGEST_NAME - 17]}.{digest}"


def event_manifest(regarding: Manifest, reason: str, message: str, *, warning: bool) -> Manifest:
    metadata, now = regarding["metadata"], datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": event_name(regarding, reason), "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": regarding["apiVersion"],
            "kind": regarding["kind"],
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "reason": reason,
        "message": message[:MESSAGE_LIMIT],
        "type": "Warning" if warning else "Normal",
        "source": {"component": COMPONENT},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def event_order(event: Manifest) -> tuple[str, int]:
    """Oldest first; the resource version orders those of one second."""
    metadata = event["metadata"]
    return event.get("firstTimestamp") or metadata["creationTimestamp"], int(metadata["resourceVersion"])
