"""A controller that dies before or after every change of an experiment: the next one leaves nothing broken."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from praetor.store.directory import DirectoryStore
from tests.support.breakable_site import BreakableSite
from tests.support.experiment_lives import SiteExperiment, ending_of
from tests.support.experiments import experiment_manifest, site_manifest
from tests.support.mortal import Crash

EFFECTS = 27
"""Of an experiment that nobody disturbs."""
POINTS = st.tuples(st.sampled_from(["before", "after"]), st.integers(1, EFFECTS))
KINDS = ("played", "cancelled", "deleted", "late")


@pytest.fixture(autouse=True)
def _dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRAETOR_GUARD_ALLOW_CIDRS", "127.0.0.0/8")


async def lived(
    folder: Path, crashes: list[Crash], *, kind: str = "played", forgetful: bool = False, busy: int = 0
) -> dict[str, Any]:
    """What is left of a run whose controllers were cut off there; `effects` are the changes of the last of them."""
    store, site = DirectoryStore(folder), BreakableSite(forgetful=forgetful)
    site.busy = busy
    try:
        await store.create(site_manifest(site.url))
        await store.create(experiment_manifest())
        experiment = SiteExperiment(store, site, "default")
        async with asyncio.timeout(600):
            for crash in crashes:
                await experiment.life(crash)
                await end(experiment, kind)
            most = site.told("break") if kind == "late" else 1
            effects = await experiment.life(None)
        await experiment.check_nothing_is_left()
        assert site.told("break") <= most
        run = await experiment.run()
        return ({} if run is None else ending_of(run)) | {"effects": effects}
    finally:
        site.close()
        store.close()


async def end(experiment: SiteExperiment, kind: str) -> None:
    """Somebody ends it while no controller lives, if only the dead-man because its time is over."""
    run = await experiment.run()
    if run is None or kind == "played" or await experiment.is_over():
        return
    if kind == "late":
        await experiment.nobody_comes_in_time()
    elif kind == "cancelled":
        await experiment.store.update(run | {"spec": run["spec"] | {"cancel": "Now"}})
    else:
        await experiment.store.delete(*experiment.key)


def test_the_changes_of_an_experiment_are_as_many_as_the_crash_points_reach(tmp_path: Path) -> None:
    told = asyncio.run(lived(tmp_path, []))
    assert (told["effects"], told["phase"], told["experiment"]) == (EFFECTS, "Complete", "Restored")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_death_around_any_change_ends_as_if_nobody_had_died(tmp_path: Path, moment: str) -> None:
    async def all_of_them() -> list[dict[str, Any]]:
        at_once = asyncio.Semaphore(6)

        async def one(number: int) -> dict[str, Any]:
            async with at_once:
                return await lived(tmp_path / str(number), [(moment, number)])

        return await asyncio.gather(*(one(number) for number in range(1, EFFECTS + 1)))

    for number, told in enumerate(asyncio.run(all_of_them()), 1):
        assert (told["phase"], told["experiment"]) == ("Complete", "Restored"), (moment, number)
        assert (told["resolved"], told["diagnosed"]) == (True, True), (moment, number)


def test_a_dead_man_whose_time_is_over_heals_after_a_death_around_any_change(tmp_path: Path) -> None:
    """And nobody who comes later breaks anything any more."""

    async def all_of_them() -> list[dict[str, Any]]:
        at_once = asyncio.Semaphore(6)

        async def one(number: int) -> dict[str, Any]:
            async with at_once:
                return await lived(tmp_path / str(number), [("after", number)], kind="late")

        return await asyncio.gather(*(one(number) for number in range(1, EFFECTS + 1)))

    ended = {told["experiment"] for told in asyncio.run(all_of_them())}
    assert ended == {"Withdrawn", "Restored"}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.lists(POINTS, min_size=1, max_size=4), st.sampled_from(KINDS), st.booleans(), st.integers(0, 2))
def test_whoever_dies_or_ends_it_nothing_is_left_broken(
    tmp_path_factory: pytest.TempPathFactory, crashes: list[Crash], kind: str, forgetful: bool, busy: int
) -> None:
    asyncio.run(lived(tmp_path_factory.mktemp("store"), crashes, kind=kind, forgetful=forgetful, busy=busy))
