"""A small shop on a real API server, and changes of it: `web` with a ConfigMap and a variable, and `store`."""

import json
from collections.abc import Iterable
from typing import Any

from praetor.kube.blocking import BlockingKube
from praetor.kube.client import KubeClient
from praetor.kube.paths import CONFIG_MAPS, DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, Resource
from praetor.substrates.cluster.system import NamespaceSystem
from praetor.substrates.live.system import Made
from simcore.actions import parse_action
from tests.controlplane.server import ControlPlane

RESOURCES = {
    "ConfigMap": CONFIG_MAPS,
    "Deployment": DEPLOYMENTS,
    "StatefulSet": STATEFUL_SETS,
    "ReplicaSet": REPLICA_SETS,
}
CONFIG = [
    {"service": "web", "key": "mode", "configMap": {"name": "settings", "key": "MODE"}},
    {"service": "web", "key": "size", "env": {"name": "SIZE"}},
    {"service": "web", "key": "fresh", "env": {"name": "FRESH"}},
]


_PATCH_TYPES = {"application/merge-patch+json": "merge", "application/strategic-merge-patch+json": "strategic"}


class Shop:
    def __init__(self, server: ControlPlane, name: str, kube: BlockingKube) -> None:
        self._server, self.name, self.kube = server, name, kube

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        return self._server.kubectl("--namespace", self.name, *args, input=stdin).stdout

    def make(self, *manifests: dict[str, Any]) -> None:
        async def made(client: KubeClient) -> None:
            for one in manifests:
                await client.create(RESOURCES[one["kind"]], self.name, one)

        self.kube.run(made)

    def get(self, what: Resource, name: str) -> dict[str, Any]:
        return self.kube.run(lambda client: client.get(what, self.name, name))

    def spec(self, what: Resource, name: str) -> Any:
        found = self.get(what, name)
        return found.get("spec") or found.get("data")

    def put_back(self, records: Iterable[dict[str, Any]]) -> None:
        """By their undo records, as a person does it."""
        for record in records:
            self.kubectl(
                "patch", record["kind"].lower(), record["name"], "--type", _PATCH_TYPES[record["patchType"]],
                "-p", json.dumps(record["undo"]),
            )  # fmt: skip


def change(system: NamespaceSystem, kind: str, target: str, change_key: str = "uid/1/1", **parameters: Any) -> Made:
    action = {"action_type": kind, "target_service": target, "parameters": parameters}
    return system.change(parse_action(action), change_key, 0.0)
