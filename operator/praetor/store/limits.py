"""How large things may get. etcd's tested scale for custom resources is what makes these numbers small."""

import json
from typing import Any

from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest

RUN_LIMIT_BYTES = 25_000
SMALL_STATUS_BYTES = 4_000
"""So much is always taken: an object that is too large must be able to say so."""
OBJECT_LIMIT_BYTES = 256 * 1024
ARTIFACT_LIMIT_BYTES = 64 * 1024 * 1024


def check_object_size(manifest: Manifest) -> None:
    _check_size(manifest, json_bytes(manifest))


def check_status_size(manifest: Manifest) -> None:
    """Without the metadata: what others annotate is not for who writes the status to answer for."""
    status = manifest.get("status")
    if json_bytes(status) > SMALL_STATUS_BYTES:
        _check_size(manifest, json_bytes({"spec": manifest.get("spec"), "status": status}))


def json_bytes(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _check_size(manifest: Manifest, size_bytes: int) -> None:
    limit_bytes = RUN_LIMIT_BYTES if manifest.get("kind") == "IncidentRun" else OBJECT_LIMIT_BYTES
    if size_bytes > limit_bytes:
        name = manifest.get("metadata", {}).get("name", "")
        raise InvalidObjectError(
            f"{manifest.get('kind')} {name}: {size_bytes} bytes, at most {limit_bytes} bytes are kept"
        )


def check_artifact_size(name: str, data: bytes) -> None:
    if len(data) > ARTIFACT_LIMIT_BYTES:
        raise InvalidObjectError(f"artifact {name}: {len(data)} bytes, at most {ARTIFACT_LIMIT_BYTES} bytes are kept")
