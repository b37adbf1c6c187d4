"""A change as patches, each with what undoes it: made from what was read, before anything is changed. Pure."""

from dataclasses import dataclass
from typing import Any

from praetor.kube.client import PatchKind
from praetor.kube.paths import CONFIG_MAPS, Resource
from praetor.resources.kubernetes_site import ConfigSetting
from praetor.substrates.cluster.templates import LAST_CHANGE, annotations_of
from praetor.substrates.cluster.workloads import Workload
from simcore.protocols import Manifest

_KINDS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "configmaps": "ConfigMap"}


@dataclass(frozen=True, slots=True)
class Patch:
    """Of one object, as it was at `version`. `undo` is a patch of the same kind, or names a revision to go back to."""

    resource: Resource
    name: str
    version: str
    body: dict[str, Any]
    was: dict[str, Any]
    undo: dict[str, Any]
    kind: PatchKind = "strategic-merge"

    @property
    def object(self) -> str:
        """In words."""
        return f"{_KINDS[self.resource.plural]} {self.name}"

    def record(self, namespace: str) -> dict[str, Any]:
        """For the trace: what was there before, and what puts it back."""
        return {
            "apiVersion": f"{self.resource.group}/{self.resource.version}".lstrip("/"),
            "kind": _KINDS[self.resource.plural],
            "namespace": namespace,
            "name": self.name,
            "was": self.was,
            "patchType": f"application/{self.kind}-patch+json",
            "undo": self.undo,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """`done` says that all of it was made before, under the same key."""

    message: str
    patches: tuple[Patch, ...] = ()

    @property
    def done(self) -> bool:
        return not self.patches


def was_made(manifest: Manifest, key: str) -> bool:
    return bool(key) and annotations_of(manifest).get(LAST_CHANGE) == key


def patch_of(workload: Workload, key: str, spec: dict[str, Any], was: dict[str, Any], undo: dict[str, Any]) -> Patch:
    """`undo` is the `spec` that puts it back."""
    metadata = workload.manifest["metadata"]
    before = annotations_of(workload.manifest).get(LAST_CHANGE)
    return Patch(
        resource=workload.resource,
        name=workload.name,
        version=metadata["resourceVersion"],
        body={"metadata": {"resourceVersion": metadata["resourceVersion"], **_marked(key)}, "spec": spec},
        was=was,
        undo={"metadata": {"annotations": {LAST_CHANGE: before}}, "spec": undo},
    )


def patch_of_map(manifest: Manifest, setting: ConfigSetting, key: str, value: str) -> Patch:
    assert setting.config_map is not None
    metadata, name = manifest["metadata"], setting.config_map.key
    old, before = (manifest.get("data") or {}).get(name), annotations_of(manifest).get(LAST_CHANGE)
    return Patch(
        resource=CONFIG_MAPS,
        name=metadata["name"],
        version=metadata["resourceVersion"],
        body={
            "metadata": {"resourceVersion": metadata["resourceVersion"], **_marked(key)},
            "data": {name: value},
        },
        was={name: old},
        undo={
            "metadata": {"annotations": {LAST_CHANGE: before}},
            "data": {name: old},
        },
        kind="merge",
    )


def _marked(key: str) -> dict[str, Any]:
    return {"annotations": {LAST_CHANGE: key}} if key else {}
