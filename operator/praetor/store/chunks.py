"""Artifacts of runs as ConfigMaps: text that fits as it is, everything else gzipped in chunks."""

import base64
import gzip
import hashlib
import io
import zlib

from praetor.resources.meta import GROUP
from praetor.store.limits import ARTIFACT_LIMIT_BYTES
from simcore.errors import NotFoundError
from simcore.protocols import Manifest

CHUNK_BYTES = 376 * 1024
"""In base64 and with its metadata such a chunk is a ConfigMap under 512 KiB."""
TEXT_BYTES = 376 * 1024
TEXT_SUFFIX = ".md"
ARTIFACT_LABEL = f"{GROUP}/artifact"
UID_LABEL = f"{GROUP}/run-uid"
SHA256_ANNOTATION = f"{GROUP}/sha256"
CHUNKS_ANNOTATION = f"{GROUP}/chunks"


def text_name(run_name: str, artifact: str) -> str:
    return f"{run_name}-{artifact.rpartition('.')[0] or artifact}"


def chunk_name(run_name: str, artifact: str, index: int) -> str:
    return f"{text_name(run_name, artifact)}-{index}"


def config_maps(run: Manifest, artifact: str, data: bytes) -> list[Manifest]:
    """The ConfigMaps that keep the artifact, the first of them first; the same for the same bytes."""
    run_name, sha256 = run["metadata"]["name"], hashlib.sha256(data).hexdigest()
    if _is_short_text(artifact, data):
        content = {"data": {artifact: data.decode()}}
        return [_config_map(run, artifact, text_name(run_name, artifact), sha256, 1, content)]
    packed = gzip.compress(data, mtime=0)
    parts = [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]
    return [
        _config_map(
            run,
            artifact,
            chunk_name(run_name, artifact, index),
            sha256,
            len(parts),
            {"binaryData": {f"{artifact}.gz": base64.b64encode(part).decode()}},
        )
        for index, part in enumerate(parts)
    ]


def chunks_needed(data: bytes) -> int:
    """In how many ConfigMaps bytes are kept that are no short text."""
    return -(-len(gzip.compress(data, mtime=0)) // CHUNK_BYTES)


def is_same(found: Manifest, wanted: Manifest) -> bool:
    same_bytes = all(found.get(part) == wanted.get(part) for part in ("data", "binaryData"))
    return same_bytes and all(
        wanted["metadata"][part].items() <= (found["metadata"].get(part) or {}).items()
        for part in ("labels", "annotations")
    )


def is_ours(config_map: Manifest) -> bool:
    return ARTIFACT_LABEL in config_map["metadata"].get("labels", {})


def owner_uid(config_map: Manifest) -> str:
    return str(config_map["metadata"].get("labels", {}).get(UID_LABEL, ""))


def content(config_maps: list[Manifest], artifact: str) -> bytes:
    """The artifact's bytes. Raises NotFoundError if a chunk is missing or is not of the same writing."""
    annotations = [config_map["metadata"].get("annotations", {}) for config_map in config_maps]
    data = _joined(config_maps, artifact)
    if any(each.get(SHA256_ANNOTATION) != hashlib.sha256(data).hexdigest() for each in annotations):
        raise NotFoundError(f"{config_maps[0]['metadata']['name']}: {artifact} is not complete")
    return data


def chunk_count(first: Manifest) -> int:
    return int(first["metadata"].get("annotations", {}).get(CHUNKS_ANNOTATION, "1"))


def _joined(config_maps: list[Manifest], artifact: str) -> bytes:
    if artifact in (text := config_maps[0].get("data") or {}):
        return str(text[artifact]).encode()
    parts = [(config_map.get("binaryData") or {}).get(f"{artifact}.gz", "") for config_map in config_maps]
    try:
        with gzip.open(io.BytesIO(b"".join(base64.b64decode(part) for part in parts))) as file:
            return file.read(ARTIFACT_LIMIT_BYTES)
    except (OSError, EOFError, ValueError, zlib.error):
        return b""


def _is_short_text(artifact: str, data: bytes) -> bool:
    if not artifact.endswith(TEXT_SUFFIX) or len(data) > TEXT_BYTES:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _config_map(
    run: Manifest, artifact: str, name: str, sha256: str, chunks: int, content: dict[str, dict[str, str]]
) -> Manifest:
    owner = run["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": owner["namespace"],
            "labels": {
                "app.kubernetes.io/managed-by": "praetor",
                ARTIFACT_LABEL: artifact,
                UID_LABEL: owner["uid"],
            },
            "annotations": {SHA256_ANNOTATION: sha256, CHUNKS_ANNOTATION: str(chunks)},
            "ownerReferences": [
                {
                    "apiVersion": run["apiVersion"],
                    "kind": run["kind"],
                    "name": owner["name"],
                    "uid": owner["uid"],
                    "controller": True,
                }
            ],
        },
        "immutable": True,
    } | content
