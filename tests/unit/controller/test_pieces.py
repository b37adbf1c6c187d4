"""The small parts around the decision: what is gathered, who needs a look, where a test crash is."""

import asyncio
from typing import Any

import pytest

from praetor.alerts.manifest import GROUP_LABEL
from praetor.controller.declared import status_of
from praetor.controller.finished import needs_look
from praetor.controller.gather import gather
from praetor.controller.live import BACKLOG, LiveHub
from praetor.controller.phases import NotReadyError, Phases
from praetor.controller.seam import CrashPoint
from praetor.runner.request import RunRequest
from praetor.store.directory import DirectoryStore
from simcore.protocols import Manifest
from tests.support.observing import ALERT, NOW, NoEpisodes, finished, manifest

GROUP = "0123456789abcdef"
REQUEST = RunRequest("uid-1", "default", "one", "tiny")


def ended(generation: int = 1, seen: int = 1, **spec: Any) -> Manifest:
    status = finished().status.model_dump(by_alias=True, exclude_none=True) | {"observedGeneration": seen}
    run = manifest(**spec) | {"status": status}
    run["metadata"]["generation"] = generation
    return run


async def in_store(store: DirectoryStore, number: int, firing: int, **spec: Any) -> Manifest:
    run = manifest(f"generic-{GROUP}-{number}", alert=ALERT, **spec)
    run["metadata"]["labels"] = {GROUP_LABEL: GROUP}
    created = await store.create(run)
    status = ended()["status"] | {"alerts": {"seen": [GROUP], "firing": firing}}
    return await store.update_status(created | {"status": status})


async def awaits_resolution(store: DirectoryStore, run: Manifest) -> bool:
    return (await gather(run, store, NoEpisodes(), lambda: NOW)).awaits_resolution  # type: ignore[arg-type]


async def test_only_the_newest_run_of_a_group_that_fires_awaits_its_resolution(store: DirectoryStore) -> None:
    older = await in_store(store, 9, firing=1, ttlSecondsAfterFinished=1)
    assert await awaits_resolution(store, older)
    newer = await in_store(store, 10, firing=1, ttlSecondsAfterFinished=1)
    assert not await awaits_resolution(store, older)
    assert await awaits_resolution(store, newer)


async def test_the_newest_run_of_every_target_of_a_group_awaits_its_resolution(store: DirectoryStore) -> None:
    site = {"siteRef": {"name": "shop"}}
    older = await in_store(store, 1, firing=1, ttlSecondsAfterFinished=1, target=site)
    of_site = await in_store(store, 2, firing=1, ttlSecondsAfterFinished=1, target=site)
    rehearsal = await in_store(store, 3, firing=1, ttlSecondsAfterFinished=1)
    assert [await awaits_resolution(store, run) for run in (older, of_site, rehearsal)] == [False, True, True]


async def test_a_group_that_is_resolved_keeps_no_run(store: DirectoryStore) -> None:
    assert not await awaits_resolution(store, await in_store(store, 1, firing=0, ttlSecondsAfterFinished=1))


def leaving(**metadata: Any) -> Manifest:
    run = manifest()
    status = {"observedGeneration": 1}
    return run | {"metadata": run["metadata"] | {"deletionTimestamp": "now"} | metadata, "status": status}


@pytest.mark.parametrize(
    ("run", "is_due"),
    [
        (manifest(), True),
        (ended(), False),
        (ended(ttlSecondsAfterFinished=60), True),
        (ended(generation=2), True),
        ({"kind": "TargetSite", "metadata": {}, "spec": {}}, True),
        (leaving(), False),
        (leaving(finalizers=["praetor.dev/experiment"]), True),
    ],
)
def test_a_finished_run_needs_a_look_only_if_something_can_still_happen(run: Manifest, is_due: bool) -> None:
    assert needs_look(run) is is_due


def test_a_crash_point_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRAETOR_TEST_CRASH", raising=False)
    assert CrashPoint.from_environment() is None
    monkeypatch.setenv("PRAETOR_TEST_CRASH", "after:3@one")
    assert CrashPoint.from_environment() == ("after", 3, "one")


@pytest.mark.parametrize("text", ["3", "before:x@one", "during:3@one", "before:3", "before:3@"])
def test_a_crash_point_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PRAETOR_TEST_CRASH", text)
    with pytest.raises(ValueError, match="expected before:N@NAME"):
        CrashPoint.from_environment()


async def test_a_listener_that_lags_behind_misses_the_oldest_and_holds_nobody_up() -> None:
    hub = LiveHub()
    with hub.subscribe() as slow:
        for number in range(BACKLOG + 5):
            hub.publish(REQUEST, {"seq": number})
        assert (await anext(aiter(slow))).event == {"seq": 5}


async def test_nobody_is_told_after_they_left() -> None:
    hub = LiveHub()
    with hub.subscribe() as gone:
        pass
    hub.publish(REQUEST, {"seq": 1})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(aiter(gone)), 0.05)


def test_a_status_that_says_the_same_is_the_same() -> None:
    site = {"kind": "TargetSite", "metadata": {"generation": 1}, "spec": {}}
    first = status_of(site, "2026-01-31T12:00:00Z")
    assert status_of(site | {"status": first}, "2026-02-01T12:00:00Z") == first


async def test_an_operator_is_ready_when_it_leads_or_stands_by() -> None:
    phases = Phases()
    ready = {}
    for phase in ("starting", "standing by", "reading what there is", "leading"):
        phases.enter(phase)
        ready[phase] = await is_ready(phases)
    assert ready == {"starting": False, "standing by": True, "reading what there is": False, "leading": True}


async def is_ready(phases: Phases) -> bool:
    try:
        await phases.check_ready()
    except NotReadyError:
        return False
    return True
