"""Experiments over a real API server: a controller that dies around any change leaves nothing broken, nor held."""

import asyncio
from typing import Any

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.store.kubernetes import KubernetesStore
from tests.controlplane.server import ControlPlane
from tests.support.breakable_site import BreakableSite
from tests.support.experiment_lives import SiteExperiment, ending_of
from tests.support.experiments import experiment_manifest, site_manifest
from tests.support.mortal import Crash

pytestmark = pytest.mark.waits(120)
EFFECTS = 27
"""Of an experiment that nobody disturbs; the same as over a directory."""
AT_ONCE = 6


@pytest.fixture(autouse=True)
def _dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAETOR_GUARD_ALLOW_CIDRS", "127.0.0.0/8")


async def lived(store: KubernetesStore, namespace: str, name: str, crash: Crash | None, *, delete: bool = False) -> Any:
    """What became of a run whose first controller was cut off there."""
    site = BreakableSite()
    try:
        manifests = [site_manifest(site.url), experiment_manifest(name)]
        for manifest in manifests:
            manifest["metadata"]["namespace"] = namespace
        manifests[0]["metadata"]["name"] = manifests[1]["spec"]["target"]["siteRef"]["name"] = f"shop-{name}"
        for manifest in manifests:
            await store.create(manifest)
        experiment = SiteExperiment(store, site, namespace, name)
        effects = await experiment.life(crash)
        if effects is None:
            if delete:
                await store.delete(*experiment.key)
            effects = await experiment.life(None)
        await experiment.check_nothing_is_left()
        assert site.told("break") <= 1
        run = await experiment.run()
        return effects, None if run is None else ending_of(run)
    finally:
        site.close()


@pytest.mark.timeout(1800)
def test_a_death_around_any_change_leaves_nothing_broken(crds_installed: ControlPlane, namespace: str) -> None:
    crashes: list[Crash] = [(moment, number) for number in range(1, EFFECTS + 1) for moment in ("before", "after")]

    async def all_of_them() -> list[tuple[Any, Any]]:
        at_once = asyncio.Semaphore(AT_ONCE)
        async with KubeClient(load_credentials(str(crds_installed.kubeconfig))) as client:
            store = KubernetesStore(client)

            async def one(crash: Crash) -> Any:
                async with at_once:
                    return await lived(store, namespace, f"killed-{crash[0]}-{crash[1]}", crash)

            undisturbed = await lived(store, namespace, "undisturbed", None)
            return [undisturbed, *await asyncio.gather(*map(one, crashes))]

    (effects, expected), *ended = asyncio.run(all_of_them())
    assert effects == EFFECTS
    assert (expected["phase"], expected["experiment"], expected["resolved"]) == ("Complete", "Restored", True)
    for crash, (_, ending) in zip(crashes, ended, strict=True):
        assert ending == expected, crash


@pytest.mark.parametrize("number", [4, 9, 14, 21])
async def test_a_run_that_is_deleted_between_two_lives_is_healed_first(
    crds_installed: ControlPlane, namespace: str, number: int
) -> None:
    async with KubeClient(load_credentials(str(crds_installed.kubeconfig))) as client:
        _, ending = await lived(KubernetesStore(client), namespace, "gone", ("after", number), delete=True)
    assert ending is None
