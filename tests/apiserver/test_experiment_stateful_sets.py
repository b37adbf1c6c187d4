"""Experiments on a StatefulSet, which waits for a pod that never got ready. Its controller does not run here: what it
says is written by the tests, late or never."""

import asyncio
from typing import Any

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.paths import PODS, STATEFUL_SETS
from praetor.substrates.chaos.plan import Plan
from praetor.substrates.chaos.workloads import WorkloadGround
from praetor.substrates.cluster import stuck
from simcore.errors import UnavailableError
from tests.support.eventually import eventually
from tests.support.workload_experiments import order
from tests.support.workloads import stateful_set


async def observed(client: KubeClient, namespace: str, revision: str) -> None:
    """What the controller of StatefulSets, which does not run here, says once it has seen the newest template."""
    found = await client.get(STATEFUL_SETS, namespace, "web")
    seen = {"replicas": 1, "observedGeneration": found["metadata"]["generation"], "updateRevision": revision}
    await client.replace(STATEFUL_SETS, found | {"status": seen}, "status")


async def stuck_pod(client: KubeClient, namespace: str, revision: str) -> None:
    """One that never got ready."""
    labels = {"app": "web", "controller-revision-hash": revision}
    spec = {"containers": [{"name": "main", "image": "web:1"}], "automountServiceAccountToken": False}
    await client.create(PODS, namespace, {"metadata": {"name": "web-0", "labels": labels}, "spec": spec})


async def pods(client: KubeClient, namespace: str) -> list[str]:
    found = await client.find(PODS, namespace)
    return [one["metadata"]["name"] for one in found if "deletionTimestamp" not in one["metadata"]]


async def broken_set(client: KubeClient, namespace: str) -> tuple[WorkloadGround, Plan, dict[str, Any]]:
    """With a pod of the broken template that keeps all others waiting; the manifest is that of before."""
    before = await client.create(STATEFUL_SETS, namespace, stateful_set("web"))
    await observed(client, namespace, "web-good")
    ground = WorkloadGround(client)
    plan = await ground.plan(order(namespace, "bad_image"))
    await ground.rehearse(plan, "")
    await ground.inject(plan, "")
    await observed(client, namespace, "web-bad")
    await stuck_pod(client, namespace, "web-bad")
    return ground, plan, before


async def put_back(client: KubeClient, namespace: str, before: dict[str, Any]) -> None:
    async def is_as_before() -> bool:
        return bool((await client.get(STATEFUL_SETS, namespace, "web"))["spec"] == before["spec"])

    await eventually(is_as_before)


async def test_a_stateful_set_is_put_back_and_the_pod_goes_that_it_would_wait_for(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its controller has seen the undo, its status calls the stuck pod current."""
    monkeypatch.setattr(stuck, "_LOOKS", 10_000)
    ground, plan, before = await broken_set(client, namespace)
    healing = asyncio.create_task(ground.heal(plan, ""))
    await put_back(client, namespace, before)
    await observed(client, namespace, "web-good")
    await healing
    assert await pods(client, namespace) == []


async def test_a_pod_of_the_template_that_is_wanted_may_take_its_time(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stuck, "_LOOKS", 10_000)
    ground, plan, before = await broken_set(client, namespace)
    await client.delete(PODS, namespace, "web-0")
    await stuck_pod(client, namespace, "web-good")
    healing = asyncio.create_task(ground.heal(plan, ""))
    await put_back(client, namespace, before)
    await observed(client, namespace, "web-good")
    await healing
    assert await pods(client, namespace) == ["web-0"]


async def test_a_stateful_set_whose_controller_is_away_is_not_called_healed(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody heals again, and the dead-man stands by."""
    monkeypatch.setattr(stuck, "_LOOKS", 2)
    ground, plan, before = await broken_set(client, namespace)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="has not seen"):
            await ground.heal(plan, "")
        assert (await client.get(STATEFUL_SETS, namespace, "web"))["spec"] == before["spec"]
    assert await pods(client, namespace) == ["web-0"]
