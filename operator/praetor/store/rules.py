"""How an object is born and changes, as Kubernetes has it; pure, so that the directory behaves the same."""

import copy
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from praetor.store.limits import check_object_size, check_status_size
from praetor.store.validation import check_immutable, validated, validated_status
from simcore.errors import ConflictError, InvalidObjectError
from simcore.protocols import Manifest

_CALLERS_METADATA = ("labels", "annotations", "ownerReferences", "finalizers")


def born(manifest: Manifest, revision: int) -> Manifest:
    """A new object: status is not the creator's to give."""
    wanted = validated(requested(manifest))
    if wanted["kind"] == "IncidentRun" and wanted["spec"].get("approvals"):
        raise InvalidObjectError("spec.approvals: a new run has none")
    metadata = wanted["metadata"] | {
        "uid": str(uuid.uuid4()),
        "resourceVersion": str(revision),
        "generation": 1,
        "creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    check_object_size(wanted)
    return wanted | {"metadata": metadata}


def requested(manifest: Manifest) -> Manifest:
    """What is a creator's to say: neither the status nor what the store puts into the metadata."""
    metadata = {name: manifest["metadata"][name] for name in ("name", "namespace")}
    return without_status(manifest) | {"metadata": metadata | _callers_metadata(manifest)}


def replaced(current: Manifest, wanted: Manifest) -> Manifest:
    """`current` with the metadata and spec of `wanted`; a changed spec is a new generation."""
    check_current(current, wanted)
    changed = validated(without_status(wanted))
    check_immutable(current, changed)
    metadata = {name: value for name, value in current["metadata"].items() if name not in _CALLERS_METADATA}
    metadata["generation"] += current.get("spec") != changed.get("spec")
    changed["metadata"] = metadata | _callers_metadata(wanted)
    changed |= {"status": current["status"]} if "status" in current else {}
    check_object_size(changed)
    return changed


def with_status(current: Manifest, wanted: Manifest) -> Manifest:
    check_current(current, wanted)
    if wanted.get("status") is None:
        return without_status(current)
    changed = validated_status(without_status(current) | {"status": wanted["status"]})
    check_status_size(changed)
    return changed


def check_current(current: Manifest, wanted: Manifest) -> None:
    """Raises ConflictError if `wanted` was made from another version or another namesake of `current`."""
    metadata = wanted["metadata"]
    if not metadata.get("resourceVersion"):
        raise InvalidObjectError("metadata.resourceVersion: must be specified for an update")
    for field in ("resourceVersion", "uid"):
        if metadata.get(field) and metadata[field] != current["metadata"][field]:
            raise ConflictError(
                f"{current['kind']} {current['metadata']['name']}: metadata.{field} is"
                f" {current['metadata'][field]}, not {metadata[field]}; read the object again"
            )


def stamped(manifest: Manifest, revision: int) -> Manifest:
    return manifest | {"metadata": manifest["metadata"] | {"resourceVersion": str(revision)}}


def without_status(manifest: Manifest) -> Manifest:
    return {name: copy.deepcopy(value) for name, value in manifest.items() if name != "status"}


def has_labels(manifest: Manifest, labels: Mapping[str, str]) -> bool:
    own = manifest["metadata"].get("labels", {})
    return all(own.get(name) == value for name, value in labels.items())


def age_order(manifest: Manifest) -> tuple[str, str, str]:
    """Sorts oldest first; Kubernetes' creation times are whole seconds, so names decide within one."""
    metadata = manifest["metadata"]
    return metadata["creationTimestamp"], metadata["namespace"], metadata["name"]


def _callers_metadata(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    return {name: copy.deepcopy(metadata[name]) for name in _CALLERS_METADATA if metadata.get(name)}
