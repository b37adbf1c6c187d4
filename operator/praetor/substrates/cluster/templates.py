"""Pod templates: whose container is meant, which image it runs, and what two of them have in common."""

import copy
from typing import Any

from simcore.protocols import Manifest

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
LAST_CHANGE = "praetor.dev/last-change"
"""On an object: the key of the last change that Praetor made to it. On a pod template: of its last rollout."""
_MAIN = "kubectl.kubernetes.io/default-container"
_HASH = "pod-template-hash"
_LONGEST_TAG = 40


def containers_of(template: Manifest) -> list[dict[str, Any]]:
    return list((template.get("spec") or {}).get("containers") or ())


def main_container(template: Manifest) -> dict[str, Any]:
    """The one that is meant where nobody says which: as kubectl takes it."""
    containers = containers_of(template)
    named = annotations_of(template).get(_MAIN)
    return next((one for one in containers if one["name"] == named), containers[0] if containers else {"name": ""})


def container_named(template: Manifest, name: str | None) -> dict[str, Any] | None:
    if name is None:
        return main_container(template)
    return next((one for one in containers_of(template) if one["name"] == name), None)


def annotations_of(manifest: Manifest) -> dict[str, str]:
    return dict((manifest.get("metadata") or {}).get("annotations") or {})


def limit_of(container: Manifest, resource: str) -> str | None:
    """`memory` or `cpu`, as it is written; None for no limit."""
    value = ((container.get("resources") or {}).get("limits") or {}).get(resource)
    return None if value is None else str(value)


def request_of(container: Manifest, resource: str) -> str | None:
    value = ((container.get("resources") or {}).get("requests") or {}).get(resource)
    return None if value is None else str(value)


def tag_of(image: str) -> str:
    """The tag, of a digest its first twelve digits."""
    name, at, digest = image.partition("@")
    if at:
        return digest.partition(":")[2][:12]
    _, colon, tag = name.rpartition("/")[2].partition(":")
    return tag[:_LONGEST_TAG] if colon else "latest"


def plain_env(container: Manifest) -> dict[str, str]:
    """The variables whose values stand in the template itself."""
    return {one["name"]: one.get("value", "") for one in container.get("env") or () if "valueFrom" not in one}


def config_maps_of(template: Manifest) -> set[str]:
    """Names of those that environment variables come from."""
    sources = [one for container in containers_of(template) for one in container.get("envFrom") or ()]
    values = [one.get("valueFrom") or {} for container in containers_of(template) for one in container.get("env") or ()]
    refs = [*(one.get("configMapRef") for one in sources), *(one.get("configMapKeyRef") for one in values)]
    return {ref["name"] for ref in refs if ref and ref.get("name")}


def without_hash(template: Manifest) -> Manifest:
    """As its owner has it: a ReplicaSet's template has a label of its own."""
    plain = copy.deepcopy(template)
    (plain.get("metadata") or {}).get("labels", {}).pop(_HASH, None)
    (plain.get("metadata") or {}).pop("creationTimestamp", None)
    return plain


def essence(template: Manifest, *, settings: bool = True) -> Manifest:
    """Without what only starts pods anew, and without `settings` also without limits and environment."""
    plain = without_hash(template)
    metadata = plain.setdefault("metadata", {})
    kept = {key: value for key, value in annotations_of(plain).items() if key not in (RESTARTED_AT, LAST_CHANGE)}
    metadata["annotations"] = kept
    for container in () if settings else containers_of(plain):
        container.pop("resources", None)
        container.pop("env", None)
    return plain
