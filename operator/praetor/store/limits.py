"""How large things may get. etcd's tested scale for custom resources is what makes these numbers small."""

import json

from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest

RUN_LIMIT_BYTES = 25_000
OBJECT_LIMIT_BYTES = 256 * 1024
ARTIFACT_LIMIT_BYTES = 64 * 1024 * 1024


def check_object_size(manifest: Manifest) -> None:
    limit_bytes = RUN_LIMIT_BYTES if manifest.get("kind") == "IncidentRun" else OBJECT_LIMIT_BYTES
    size_bytes = len(json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode())
    if size_bytes > limit_bytes:
        name = manifest.get("metadata", {}).get("name", "")
        raise InvalidObjectError(
            f"{manifest.get('kind')} {name}: {size_bytes} bytes, at most {limit_bytes} bytes are kept"
        )


def check_artifact_size(name: str, data: bytes) -> None:
    if len(data) > ARTIFACT_LIMIT_BYTES:
        raise InvalidObjectError(f"artifact {name}: {len(data)} bytes, at most {ARTIFACT_LIMIT_BYTES} bytes are kept")
