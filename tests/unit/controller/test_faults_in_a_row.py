"""Faults that follow each other at a site without a pause in between: which of them begin runs, as they are stored."""

import pytest

from praetor.store.directory import DirectoryStore
from tests.support.watching import DISK, HEALTHY, NAMELESS, OTHER_DISK, watch_of


@pytest.mark.parametrize("well", [True, False])
async def test_a_fault_that_comes_right_after_another_has_a_run_of_its_own(store: DirectoryStore, well: bool) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    (first,) = await watch.runs()
    await watch.ends(first, well=well)
    await watch.probes(OTHER_DISK)
    assert len(await watch.runs()) == 1
    await watch.probes(OTHER_DISK, OTHER_DISK, OTHER_DISK)
    assert await watch.alerts() == [("disk-full", "api"), ("disk-full", "web")]
    over, fires = [run["status"]["alerts"]["firing"] for run in await watch.runs()]
    assert (over, fires) == (0, 1)
    assert (await watch.status())["detectedFault"]["since"] == (await watch.runs())[1]["spec"]["alert"]["startsAt"]


@pytest.mark.parametrize(("well", "runs"), [(True, 2), (False, 1)])
async def test_what_has_no_name_is_another_fault_only_where_the_one_before_was_repaired(
    store: DirectoryStore, well: bool, runs: int
) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=well)
    await watch.probes(NAMELESS, NAMELESS, NAMELESS)
    assert (await watch.status())["detectedFault"]["family"] == "unknown"
    assert len(await watch.runs()) == runs


@pytest.mark.parametrize(("well", "runs"), [(True, 2), (False, 1)])
async def test_one_healthy_probe_tells_apart_a_fault_that_was_repaired_and_the_same_anew(
    store: DirectoryStore, well: bool, runs: int
) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=well)
    await watch.probes(HEALTHY, DISK, DISK, DISK)
    assert [name[-2:] for name in await watch.names()] == ["-1", "-2"][:runs]


async def test_a_fault_that_its_run_left_begins_no_other(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=False)
    await watch.probes(*[DISK] * 5)
    assert len(await watch.runs()) == 1


async def test_a_second_fault_waits_for_who_is_at_work_already(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=True)
    alert = {
        "source": "generic",
        "groupKey": "g",
        "title": "40 % of checkouts fail",
        "startsAt": "2026-01-31T12:02:00Z",
    }
    spec = {"alert": alert, "target": {"siteRef": {"name": "shop"}}}
    metadata = {"name": "by-a-person", "namespace": "default"}
    kind = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun"}
    theirs = await store.create(kind | {"metadata": metadata, "spec": spec})
    await watch.probes(OTHER_DISK, OTHER_DISK, OTHER_DISK)
    assert len(await watch.runs()) == 2
    await watch.ends(theirs, well=True)
    await watch.probes(OTHER_DISK, OTHER_DISK, OTHER_DISK)
    assert sorted(await watch.alerts()) == [("", ""), ("disk-full", "api"), ("disk-full", "web")]
