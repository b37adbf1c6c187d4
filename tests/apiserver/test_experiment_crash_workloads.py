"""A controller that dies around any change of an experiment on a workload: it is put back, by the next one or by the
dead-man, and broken once."""

import asyncio
from itertools import cycle
from typing import Any

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import DEPLOYMENTS
from praetor.store.kubernetes import KubernetesStore
from tests.controlplane.server import ControlPlane
from tests.support.experiments import experiment_manifest, site_manifest
from tests.support.mortal import Crash
from tests.support.workload_lives import FAULTS, WorkloadExperiment
from tests.support.workloads import deployment

pytestmark = pytest.mark.waits(120)
EFFECTS = 27
"""Of an experiment that nobody disturbs; the same as at a site."""
AT_ONCE = 6


async def lived(client: KubeClient, namespace: str, fault: str, name: str, crash: Crash | None, *, late: bool) -> Any:
    """(changes, state of the experiment) of a run whose first controller was cut off there. With `late` nobody comes
    before the fault's time is over."""
    store, name = KubernetesStore(client), f"{name}-{fault.replace('_', '-')}"
    before = await client.create(DEPLOYMENTS, namespace, deployment(name))
    site, run = site_manifest(""), experiment_manifest(name, fault=fault, inject={"service": name} | FAULTS[fault])
    site["spec"] = {
        "kubernetes": {"namespace": namespace, "selector": {"matchLabels": {"app": name}}},
        "stabilizationSeconds": 1,
        "chaos": {"allowed": "Always"},
    }
    site["metadata"] |= {"namespace": namespace, "name": name}
    run["metadata"]["namespace"], run["spec"]["target"]["siteRef"]["name"] = namespace, name
    for manifest in (site, run):
        await store.create(manifest)
    experiment = WorkloadExperiment(store, client, before, name)
    effects = await experiment.life(crash)
    if effects is None:
        if late:
            await experiment.nobody_comes_in_time()
            changed = await experiment.times_changed()
        effects = await experiment.life(None)
        assert not late or await experiment.times_changed() == changed
    await experiment.check_nothing_is_left()
    assert await experiment.times_changed() <= 2
    ended = await store.get(*experiment.key)
    return effects, ended["status"]["phase"], ended["status"]["experiment"]["state"]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("late", [False, True])
def test_a_death_after_any_change_leaves_no_workload_broken(
    crds_installed: ControlPlane, namespace: str, late: bool
) -> None:
    async def all_of_them() -> list[Any]:
        at_once = asyncio.Semaphore(AT_ONCE)
        async with KubeClient(load_credentials(str(crds_installed.kubeconfig))) as client:

            async def one(fault: str, number: int) -> Any:
                crash = ("after", number) if number else None
                async with at_once:
                    return await lived(client, namespace, fault, f"killed-{number}", crash, late=late)

            wanted = zip(cycle(FAULTS), range(EFFECTS + 1), strict=False)
            return await asyncio.gather(*(one(*each) for each in wanted))

    undisturbed, *ended = asyncio.run(all_of_them())
    assert undisturbed == (EFFECTS, "Complete", "Restored")
    outcomes = {told[1:] for told in ended}
    assert outcomes == (
        {("Complete", "Restored"), ("Failed", "Restored"), ("Failed", "Withdrawn")}
        if late
        else {("Complete", "Restored")}
    )
