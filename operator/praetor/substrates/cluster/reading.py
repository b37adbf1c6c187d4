"""Everything of a namespace that services are made of, as the API server has it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from praetor.kube import paths
from praetor.kube.client import KubeClient
from praetor.kube.paths import Resource
from praetor.substrates.cluster.errors import NamespaceError
from simcore.errors import DeniedError, NotFoundError, StoreError
from simcore.protocols import Manifest

Found = tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class Objects:
    """`usage` is of metrics.k8s.io. What we may not read, or what this cluster does not have, is empty and named in
    `missing`."""

    deployments: Found = ()
    stateful_sets: Found = ()
    pods: Found = ()
    replica_sets: Found = ()
    controller_revisions: Found = ()
    events: Found = ()
    services: Found = ()
    endpoint_slices: Found = ()
    autoscalers: Found = ()
    disruption_budgets: Found = ()
    ingresses: Found = ()
    usage: Found = ()
    missing: tuple[str, ...] = ()


WORKLOADS = {"deployments": paths.DEPLOYMENTS, "stateful_sets": paths.STATEFUL_SETS}
NEEDED = WORKLOADS | {"pods": paths.PODS, "replica_sets": paths.REPLICA_SETS}
"""Without its ReplicaSets nobody knows which pods are a Deployment's."""
HELPFUL = {
    "controller_revisions": paths.CONTROLLER_REVISIONS,
    "events": paths.EVENTS,
    "services": paths.SERVICES,
    "endpoint_slices": paths.ENDPOINT_SLICES,
    "autoscalers": paths.AUTOSCALERS,
    "disruption_budgets": paths.DISRUPTION_BUDGETS,
    "ingresses": paths.INGRESSES,
    "usage": paths.POD_METRICS,
}


async def read_all(client: KubeClient, namespace: str, selector: str) -> Objects:
    """Raises NamespaceError for what is needed and may not be read, StoreError for a server that does not answer."""
    objects, helpful = await asyncio.gather(
        read_workloads(client, namespace, selector),
        asyncio.gather(*(_helpful(client, resource, namespace) for resource in HELPFUL.values())),
    )
    found: dict[str, Any] = dict(zip(HELPFUL, helpful, strict=True))
    missing = [shown(HELPFUL[name]) for name, items in found.items() if items is None]
    return replace(objects, **{name: items or () for name, items in found.items()}, missing=tuple(missing))


async def read_workloads(client: KubeClient, namespace: str, selector: str, known: Objects | None = None) -> Objects:
    """What is needed anew, the rest as it is `known`."""
    read = await asyncio.gather(
        *(
            _needed(client, resource, namespace, selector if name in WORKLOADS else "")
            for name, resource in NEEDED.items()
        )
    )
    found: dict[str, Any] = dict(zip(NEEDED, read, strict=True))
    return replace(known or Objects(), **found)


async def _needed(client: KubeClient, resource: Resource, namespace: str, selector: str) -> Found:
    try:
        return tuple(await client.find(resource, namespace, selector=selector))
    except DeniedError as problem:
        raise NamespaceError(f"namespace {namespace!r}: {shown(resource)} may not be listed: {problem}") from None


async def _helpful(client: KubeClient, resource: Resource, namespace: str) -> Found | None:
    try:
        return tuple(await client.find(resource, namespace))
    except (DeniedError, NotFoundError):
        return None
    except StoreError:
        if resource is paths.POD_METRICS:  # an aggregated API, whose server may be away while all else works
            return None
        raise


def shown(resource: Resource) -> str:
    """As people and RBAC write it: `deployments.apps`."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural
