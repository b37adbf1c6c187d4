"""StatefulSets that wait for a pod that cannot run: in order, they replace none before it is ready, not even once its
template was put right. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback"""

import asyncio
from collections.abc import Sequence

from praetor.kube.client import KubeClient
from praetor.kube.paths import PODS, STATEFUL_SETS
from praetor.substrates.cluster.plan import Patch
from praetor.substrates.cluster.workloads import Workload
from simcore.errors import StoreError, UnavailableError

_LOOKS, _LOOK_S = 20, 0.25


def is_in_the_way(workload: Workload, patches: Sequence[Patch]) -> bool:
    """Whether new pods are wanted that would wait for one that cannot run."""
    ordered = workload.spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    renewed = any("template" in patch.body.get("spec", {}) for patch in patches)
    return workload.kind == "StatefulSet" and ordered and renewed and bool(workload.troubled)


async def cleared(client: KubeClient, namespace: str, workload: Workload) -> str:
    """Evicts the pods in trouble that are of an older template; what to add to the receipt. An eviction, unlike a
    deletion, leaves the word to PodDisruptionBudgets. Raises StoreError."""
    newest = await new_revision(client, namespace, workload.name)
    told = [await _evicted(client, namespace, pod.name) for pod in workload.troubled if pod.revision_hash != newest]
    return "".join(told)


async def new_revision(client: KubeClient, namespace: str, name: str) -> str:
    """Of the template as it is now: what a StatefulSet's status says before its controller has seen a change is of the
    template before. Raises UnavailableError if the controller does not come to it, NotFoundError, other StoreErrors."""
    for _ in range(_LOOKS):
        manifest = await client.get(STATEFUL_SETS, namespace, name)
        status = manifest.get("status") or {}
        if status.get("observedGeneration", 0) >= manifest["metadata"]["generation"]:
            return str(status.get("updateRevision", ""))
        await asyncio.sleep(_LOOK_S)
    raise UnavailableError(f"StatefulSet {namespace}/{name}: its controller has not seen its newest template yet")


async def _evicted(client: KubeClient, namespace: str, pod: str) -> str:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
    try:
        await client.request("POST", PODS.path(namespace, pod, "eviction"), body=body)
    except StoreError as problem:
        return f"; pod {pod} cannot run and keeps the others waiting, and it may not be evicted: {problem}"
    return f"; pod {pod}, which cannot run and would keep the others waiting, is evicted"
