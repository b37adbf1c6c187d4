"""Experiments on a workload `web` over a real API server: what is asked for, and on what."""

from typing import Any

from praetor.guard.targets import SiteRequest
from praetor.kube.client import KubeClient
from praetor.kube.paths import DEPLOYMENTS
from praetor.resources.experiment import ChaosRules, Inject
from praetor.substrates.chaos.plan import Order
from tests.support.workloads import deployment

SETTINGS: dict[str, dict[str, Any]] = {
    "scale_to_zero": {},
    "memory_limit": {"memory_limit": "8Mi"},
    "cpu_limit": {"cpu_limit": "5m"},
    "bad_image": {},
    "bad_config": {"key": "MODE", "value": "wrong"},
    "network_deny": {},
    "pod_kill": {},
}


def order(namespace: str, fault: str, uid: str = "uid-1", *, rules: ChaosRules | None = None, **more: Any) -> Order:
    inject = Inject(fault=fault, service="web", **(SETTINGS.get(fault, {}) | more))
    place = SiteRequest("shop", kubernetes={"namespace": namespace})
    return Order(namespace, "one", uid, place, inject, rules or ChaosRules(allowed="Always"))


async def made(client: KubeClient, namespace: str, **container: Any) -> dict[str, Any]:
    return await client.create(DEPLOYMENTS, namespace, deployment("web", replicas=2, **container))
