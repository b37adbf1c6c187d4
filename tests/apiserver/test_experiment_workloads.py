"""What experiments send to a real API server: tried first, done once, and undone to what was there, whoever undoes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from praetor.guard.targets import SiteRequest
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import DEPLOYMENTS, JOBS, STATEFUL_SETS
from praetor.resources.experiment import ChaosRules, Inject
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.jobs import JobDeadmen, PodSettings
from praetor.substrates.chaos.plan import Order, Plan
from praetor.substrates.chaos.workloads import WorkloadGround
from tests.controlplane.server import ControlPlane
from tests.support.workloads import deployment, stateful_set

SETTINGS: dict[str, dict[str, Any]] = {
    "scale_to_zero": {},
    "memory_limit": {"memory_limit": "8Mi"},
    "cpu_limit": {"cpu_limit": "5m"},
    "bad_image": {},
    "bad_config": {"key": "MODE", "value": "wrong"},
    "network_deny": {},
    "pod_kill": {},
}


@pytest.fixture
async def client(apiserver: ControlPlane) -> AsyncIterator[KubeClient]:
    async with KubeClient(load_credentials(str(apiserver.kubeconfig))) as client:
        yield client


def order(namespace: str, fault: str, uid: str = "uid-1", *, rules: ChaosRules | None = None, **more: Any) -> Order:
    inject = Inject(fault=fault, service="web", **(SETTINGS.get(fault, {}) | more))
    place = SiteRequest("shop", kubernetes={"namespace": namespace})
    return Order(namespace, "one", uid, place, inject, rules or ChaosRules(allowed="Always"))


async def web(client: KubeClient, namespace: str) -> dict[str, Any]:
    return await client.get(DEPLOYMENTS, namespace, "web")


async def made(client: KubeClient, namespace: str, **container: Any) -> dict[str, Any]:
    return await client.create(DEPLOYMENTS, namespace, deployment("web", replicas=2, **container))


def wanted(manifest: dict[str, Any]) -> Any:
    return manifest["spec"]["template"], manifest["spec"]["replicas"], manifest["metadata"].get("annotations", {})


@pytest.mark.parametrize("fault", sorted(SETTINGS))
async def test_a_fault_is_done_once_and_undone_to_what_was_there(
    client: KubeClient, namespace: str, fault: str
) -> None:
    before, ground = await made(client, namespace), WorkloadGround(client)
    plan = Plan.from_bytes((await ground.plan(order(namespace, fault))).to_bytes())
    assert wanted(await web(client, namespace)) == wanted(before)
    await ground.rehearse(plan, "")
    assert wanted(await web(client, namespace)) == wanted(before)
    await ground.inject(plan, "")
    broken = await web(client, namespace)
    await ground.inject(plan, "")
    assert await web(client, namespace) == broken
    assert broken["metadata"]["annotations"]["praetor.dev/experiment"] == "uid-1"
    assert broken["metadata"]["annotations"]["praetor.dev/expires-at"] == plan.expires_at
    await ground.rehearse(plan, "")
    await ground.heal(plan, "")
    healed = await web(client, namespace)
    assert wanted(healed)[:2] == wanted(before)[:2]
    assert not any(name.startswith("praetor.dev/") for name in wanted(healed)[2])


async def test_what_people_set_after_the_heal_is_not_undone_by_a_late_dead_man(
    client: KubeClient, namespace: str
) -> None:
    await made(client, namespace)
    ground = WorkloadGround(client)
    plan = await ground.plan(order(namespace, "scale_to_zero"))
    await ground.inject(plan, "")
    await ground.heal(plan, "")
    await client.patch(DEPLOYMENTS, namespace, "web", {"spec": {"replicas": 7}})
    await ground.heal(plan, "")
    assert (await web(client, namespace))["spec"]["replicas"] == 7


async def test_a_workload_that_changed_since_the_plan_is_left_alone(client: KubeClient, namespace: str) -> None:
    await made(client, namespace)
    ground = WorkloadGround(client)
    plan = await ground.plan(order(namespace, "memory_limit"))
    await client.patch(DEPLOYMENTS, namespace, "web", {"spec": {"replicas": 3}})
    with pytest.raises(ChaosRefusedError, match="has changed since"):
        await ground.inject(plan, "")
    assert (await web(client, namespace))["spec"]["replicas"] == 3


async def test_one_experiment_at_a_time_on_a_workload(client: KubeClient, namespace: str) -> None:
    await made(client, namespace)
    ground = WorkloadGround(client)
    await ground.inject(await ground.plan(order(namespace, "scale_to_zero")), "")
    await client.patch(DEPLOYMENTS, namespace, "web", {"spec": {"replicas": 2}})
    with pytest.raises(ChaosRefusedError, match="of another experiment"):
        await ground.plan(order(namespace, "memory_limit", uid="uid-2"))


@pytest.mark.parametrize(
    ("fault", "more", "rules", "words"),
    [
        ("gremlins", {}, {}, "there are pod_kill"),
        ("memory_limit", {"memory_limit": None}, {}, "memoryLimit: this fault needs it"),
        ("memory_limit", {"memory_limit": "1Gi"}, {}, "would not be less"),
        ("bad_image", {"version": "1"}, {}, "runs 1 already"),
        ("scale_to_zero", {"service": "cart"}, {}, "there are web"),
        ("scale_to_zero", {"service": None}, {}, "say which"),
        ("scale_to_zero", {}, {"max_pods": 1}, "2 pods would be hit"),
        ("scale_to_zero", {}, {"max_percent": 50}, "maxPercent"),
    ],
)
async def test_what_must_not_be_broken_is_refused(
    client: KubeClient, namespace: str, fault: str, more: Any, rules: Any, words: str
) -> None:
    before = await made(client, namespace)
    asked = order(namespace, fault)
    inject = asked.inject.model_copy(update=more)
    refused = Order(namespace, "one", "uid-1", asked.place, inject, ChaosRules(allowed="Always", **rules))
    with pytest.raises(ChaosRefusedError, match=words):
        await WorkloadGround(client).plan(refused)
    assert wanted(await web(client, namespace)) == wanted(before)


async def test_a_fault_that_admission_refuses_is_refused_before_anything_is_armed(
    apiserver: ControlPlane, client: KubeClient, namespace: str
) -> None:
    """Its own dry run says so: a variable's value cannot be longer than a request may be."""
    await made(client, namespace)
    asked = order(namespace, "bad_config")
    bad = asked.inject.model_copy(update={"key": "NOT=A NAME"})
    with pytest.raises(ChaosRefusedError, match="would not accept"):
        await WorkloadGround(client).plan(Order(namespace, "one", "uid-1", asked.place, bad, asked.rules))


async def test_a_stateful_set_is_put_back_too(client: KubeClient, namespace: str) -> None:
    before = await client.create(STATEFUL_SETS, namespace, stateful_set("web"))
    ground = WorkloadGround(client)
    plan = await ground.plan(order(namespace, "bad_image"))
    await ground.rehearse(plan, "")
    await ground.inject(plan, "")
    await ground.heal(plan, "")
    healed = await client.get(STATEFUL_SETS, namespace, "web")
    assert healed["spec"] == before["spec"]


async def test_a_dead_man_is_a_job_that_is_armed_once_its_pod_is_ready(client: KubeClient, namespace: str) -> None:
    await made(client, namespace)
    plan = await WorkloadGround(client).plan(order(namespace, "scale_to_zero"))
    deadmen = JobDeadmen(client, PodSettings("praetor:1"))
    assert (await deadmen.armed(plan)).state == "Waiting"
    await asyncio.gather(*(deadmen.arm(plan, "") for _ in range(2)))
    job = await client.get(JOBS, namespace, "one-deadman")
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == "praetor-deadman"
    assert (await deadmen.armed(plan)).state == "Waiting"
    status = {"active": 1, "ready": 1, "startTime": plan.expires_at}
    await client.replace(JOBS, job | {"status": status}, "status")
    assert (await deadmen.armed(plan)).state == "Armed"
    await deadmen.disarm(plan)
    await deadmen.disarm(plan)
    left = [one for one in await client.find(JOBS, namespace) if "deletionTimestamp" not in one["metadata"]]
    assert left == []
