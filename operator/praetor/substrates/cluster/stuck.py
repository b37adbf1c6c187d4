"""StatefulSets that wait for a pod that cannot run: in order, they replace none before it is ready, not even once its
template was put right. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback"""

import asyncio
from collections.abc import Sequence

from praetor.kube.client import KubeClient
from praetor.kube.paths import PODS, STATEFUL_SETS
from praetor.substrates.cluster.plan import Patch
from praetor.substrates.cluster.workloads import Workload
from simcore.errors import StoreError
from simcore.protocols import Manifest

_LOOKS, _LOOK_S = 20, 0.25


def is_in_the_way(workload: Workload, patches: Sequence[Patch]) -> bool:
    """Whether new pods are wanted that would wait for one that cannot run."""
    ordered = workload.spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    renewed = any("template" in patch.body.get("spec", {}) for patch in patches)
    return workload.kind == "StatefulSet" and ordered and renewed and bool(workload.troubled)


async def cleared(client: KubeClient, namespace: str, workload: Workload) -> str:
    """Evicts the pods in trouble that are of an older template; what to add to the receipt. An eviction, unlike a
    deletion, leaves the word to PodDisruptionBudgets."""
    manifest = await _with_new_revision(client, namespace, workload.name)
    newest = manifest["status"].get("updateRevision")
    told = [await _evicted(client, namespace, pod.name) for pod in workload.troubled if pod.revision_hash != newest]
    return "".join(told)


async def _with_new_revision(client: KubeClient, namespace: str, name: str) -> Manifest:
    for _ in range(_LOOKS):
        manifest = await client.get(STATEFUL_SETS, namespace, name)
        if manifest["status"].get("observedGeneration", 0) >= manifest["metadata"]["generation"]:
            break
        await asyncio.sleep(_LOOK_S)
    return manifest


async def _evicted(client: KubeClient, namespace: str, pod: str) -> str:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
    try:
        await client.request("POST", PODS.path(namespace, pod, "eviction"), body=body)
    except StoreError as problem:
        return f"; pod {pod} cannot run and keeps the others waiting, and it may not be evicted: {problem}"
    return f"; pod {pod}, which cannot run and would keep the others waiting, is evicted"
