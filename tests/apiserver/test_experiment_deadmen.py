"""Dead-men as Jobs over a real API server: one for each experiment, and nobody's but its own."""

import asyncio
from dataclasses import replace

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.paths import JOBS
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.jobs import JobDeadmen, PodSettings
from praetor.substrates.chaos.plan import Plan
from praetor.substrates.chaos.workloads import WorkloadGround
from tests.support.workload_experiments import made, order

UUID = "2d4e6f8-0000-4000-8000-000000000000"
"""But for its first digit."""


async def is_ready(client: KubeClient, namespace: str, plan: Plan, job: str) -> None:
    """As a pod of it makes it."""
    found = await client.get(JOBS, namespace, job)
    status = {"active": 1, "ready": 1, "startTime": plan.expires_at}
    await client.replace(JOBS, found | {"status": status}, "status")


async def jobs(client: KubeClient, namespace: str) -> list[str]:
    found = await client.find(JOBS, namespace)
    return [one["metadata"]["name"] for one in found if "deletionTimestamp" not in one["metadata"]]


async def test_a_dead_man_is_a_job_that_is_armed_once_its_pod_is_ready(client: KubeClient, namespace: str) -> None:
    await made(client, namespace)
    plan = await WorkloadGround(client).plan(order(namespace, "scale_to_zero"))
    deadmen = JobDeadmen(client, PodSettings("praetor:1"))
    assert (await deadmen.armed(plan)).state == "Waiting"
    await asyncio.gather(*(deadmen.arm(plan, "") for _ in range(2)))
    job = await client.get(JOBS, namespace, "one-deadman")
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == "praetor-deadman"
    assert (await deadmen.armed(plan)).state == "Waiting"
    await is_ready(client, namespace, plan, "one-deadman")
    assert (await deadmen.armed(plan)).state == "Armed"
    for _ in range(2):
        await deadmen.disarm(plan)
    assert await jobs(client, namespace) == []


async def test_a_dead_man_of_another_run_stands_by_for_nobody_else(client: KubeClient, namespace: str) -> None:
    await made(client, namespace)
    first = await WorkloadGround(client).plan(order(namespace, "scale_to_zero"))
    second = replace(first, uid="uid-2")
    deadmen = JobDeadmen(client, PodSettings("praetor:1"))
    await deadmen.arm(first, "")
    await is_ready(client, namespace, first, "one-deadman")
    refused = await deadmen.armed(second)
    assert (refused.state, refused.message) == ("Refused", f"Job {namespace}/one-deadman is of somebody else")
    with pytest.raises(ChaosRefusedError, match="is of somebody else"):
        await deadmen.arm(second, "")
    await deadmen.disarm(second)
    assert await jobs(client, namespace) == ["one-deadman"]


async def test_runs_of_one_name_in_two_namespaces_have_a_dead_man_each(client: KubeClient, namespace: str) -> None:
    await made(client, namespace)
    here = await WorkloadGround(client).plan(order(namespace, "scale_to_zero"))
    longest = "a" * 43 + "." + "b" * 8
    plans = [here, *(replace(here, namespace="home", name=name, uid=f"{name[0]}{UUID}") for name in ("one", longest))]
    deadmen = JobDeadmen(client, PodSettings("praetor:1"))
    for plan in plans:
        assert (await deadmen.armed(plan)).state == "Waiting"
        await deadmen.arm(plan, "")
        assert (await deadmen.armed(plan)).state == "Waiting"
    names = {"one-deadman", "one-o2d4e6f8-deadman", f"{'a' * 43}-a2d4e6f8-deadman"}
    assert set(await jobs(client, namespace)) == names
    for plan in plans:
        await deadmen.disarm(plan)
    assert await jobs(client, namespace) == []
