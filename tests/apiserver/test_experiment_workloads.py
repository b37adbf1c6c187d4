"""What experiments send to a real API server: tried first, done once, and undone to what was there, whoever undoes."""

import json
from typing import Any

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.paths import DEPLOYMENTS
from praetor.resources.experiment import ChaosRules
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.jobs import PodSettings, job_of
from praetor.substrates.chaos.plan import Order, Plan
from praetor.substrates.chaos.workloads import WorkloadGround
from simcore.errors import UnavailableError
from tests.controlplane.server import ControlPlane
from tests.support.workload_experiments import SETTINGS, made, order


async def web(client: KubeClient, namespace: str) -> dict[str, Any]:
    return await client.get(DEPLOYMENTS, namespace, "web")


def wanted(manifest: dict[str, Any]) -> Any:
    return manifest["spec"]["template"], manifest["spec"]["replicas"], manifest["metadata"].get("annotations", {})


async def scaled_away(client: KubeClient, namespace: str) -> tuple[WorkloadGround, Plan]:
    await made(client, namespace)
    ground = WorkloadGround(client)
    plan = await ground.plan(order(namespace, "scale_to_zero"))
    await ground.inject(plan, "")
    return ground, plan


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


SECRET = [{"name": "TOKEN", "value": "hunter2"}, {"name": "MODE", "value": "swordfish"}]


@pytest.mark.parametrize("fault", sorted(SETTINGS))
async def test_no_value_of_an_environment_is_in_a_plan_nor_in_a_dead_man(
    client: KubeClient, namespace: str, fault: str
) -> None:
    await made(client, namespace, env=SECRET)
    ground = WorkloadGround(client)
    plan = await ground.plan(order(namespace, fault))
    for _ in range(2):
        told = plan.to_bytes().decode() + json.dumps(job_of(plan, PodSettings("praetor:1")))
        assert "hunter2" not in told
        assert "swordfish" not in told
        await ground.inject(plan, "")
    await ground.heal(plan, "")
    healed = await web(client, namespace)
    assert healed["spec"]["template"]["spec"]["containers"][0]["env"] == SECRET
    assert "hunter2" not in json.dumps(healed["metadata"].get("annotations", {}))


@pytest.mark.parametrize("env", [None, [], SECRET[:1], SECRET, [SECRET[1], SECRET[0]], [SECRET[1], *SECRET]])
async def test_a_variable_is_set_where_it_is_and_no_other_is_touched(
    client: KubeClient, namespace: str, env: list[dict[str, Any]] | None
) -> None:
    before, ground = await made(client, namespace, **({} if env is None else {"env": env})), WorkloadGround(client)
    plan = await ground.plan(order(namespace, "bad_config"))
    await ground.inject(plan, "")
    (container,) = (await web(client, namespace))["spec"]["template"]["spec"]["containers"]
    values = {one["name"]: one["value"] for one in container["env"]}  # as a container takes them: the last counts
    assert values == {one["name"]: one["value"] for one in env or ()} | {"MODE": "wrong"}
    await ground.heal(plan, "")
    assert wanted(await web(client, namespace))[:2] == wanted(before)[:2]


async def test_what_anybody_changed_meanwhile_is_put_back_with_the_fault(client: KubeClient, namespace: str) -> None:
    before, ground = await made(client, namespace, env=SECRET), WorkloadGround(client)
    plan = await ground.plan(order(namespace, "memory_limit"))
    await ground.inject(plan, "")
    other = {"name": "main", "image": "other:2", "env": [{"name": "TOKEN", "value": "other"}]}
    patch = {"spec": {"replicas": 5, "template": {"spec": {"containers": [other, {"name": "more", "image": "more"}]}}}}
    await client.patch(DEPLOYMENTS, namespace, "web", patch)
    await ground.heal(plan, "")
    assert wanted(await web(client, namespace))[:2] == wanted(before)[:2]


async def test_a_workload_that_lost_what_was_there_before_waits_for_a_person(
    client: KubeClient, namespace: str
) -> None:
    ground, plan = await scaled_away(client, namespace)
    await client.patch(
        DEPLOYMENTS, namespace, "web", {"metadata": {"annotations": {"praetor.dev/before": None}}}, kind="merge"
    )
    with pytest.raises(UnavailableError, match="put back by hand"):
        await ground.heal(plan, "")
    by_hand = {"metadata": {"annotations": {"praetor.dev/experiment": None}}, "spec": {"replicas": 3}}
    await client.patch(DEPLOYMENTS, namespace, "web", by_hand, kind="merge")
    await ground.heal(plan, "")
    assert (await web(client, namespace))["spec"]["replicas"] == 3


async def test_what_people_set_after_the_heal_is_not_undone_by_a_late_dead_man(
    client: KubeClient, namespace: str
) -> None:
    ground, plan = await scaled_away(client, namespace)
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
