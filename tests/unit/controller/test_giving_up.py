"""A run that cannot go on says so once, and is not tried for ever."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from praetor.controller.controller import Controller
from praetor.controller.effects import LookAgain, RecordEvent, SetFinalizer, WriteStatus
from praetor.controller.giving_up import given_up
from praetor.controller.key import Key
from praetor.resources.experiment import FINALIZER
from praetor.runner.errors import EpisodeLostError
from praetor.store.directory import DirectoryStore
from simcore.errors import InvalidObjectError
from simcore.protocols import Manifest
from tests.support.experiments import experiment_manifest
from tests.support.inline_pool import InlinePool
from tests.support.observing import ALERT
from tests.support.operators import conditions, reason, run_manifest

KEY = Key("IncidentRun", "default", "one")


class PickyStore(DirectoryStore):
    """Refuses statuses as an API server with other rules would; `refused` counts them."""

    def __init__(self, path: Path, *phases: str) -> None:
        super().__init__(path)
        self.phases, self.refused = phases, 0

    async def update_status(self, manifest: Manifest) -> Manifest:
        if manifest["status"]["phase"] in self.phases:
            self.refused += 1
            raise InvalidObjectError("status: not to my taste")
        return await super().update_status(manifest)


ENDS = datetime(2026, 1, 31, 12, tzinfo=UTC)


def broken_run(**metadata: Any) -> Manifest:
    manifest = experiment_manifest()
    manifest["metadata"] |= {"uid": "uid-1", "generation": 1, "finalizers": [FINALIZER]} | metadata
    told = {"fault": "oom_crash", "state": "Injected", "injectedAt": "2026-01-31T11:00:00Z"}
    return manifest | {"status": {"phase": "Pending", "experiment": told | {"expiresAt": "2026-01-31T12:00:00Z"}}}


def wanted(**spec: Any) -> Manifest:
    manifest = run_manifest("one", **spec)
    manifest["metadata"]["namespace"] = "default"
    return manifest


@asynccontextmanager
async def controller_of(store: DirectoryStore, pool: InlinePool) -> AsyncIterator[Controller]:
    controller = Controller(store, pool, clock=lambda: datetime.now(UTC), workers=0)
    async with controller:
        yield controller


def edit(tmp_path: Path, **spec: Any) -> None:
    path = tmp_path / "incidentruns" / "default" / "one.json"
    manifest = json.loads(path.read_text())
    manifest["spec"] |= spec
    path.write_text(json.dumps(manifest))


async def test_a_status_that_is_refused_fails_the_run(tmp_path: Path) -> None:
    store = PickyStore(tmp_path, "Running")
    await store.create(wanted())
    async with controller_of(store, InlinePool()) as controller:
        await controller.look_at(KEY)
    run = await store.get(*KEY)
    assert (run["status"]["phase"], reason(run, "Failed"), store.refused) == ("Failed", "StoreRefused", 1)
    assert "not to my taste" in run["status"]["message"]
    assert [event["reason"] for event in await store.events("default", "one")][-1] == "StoreRefused"
    store.close()


async def test_a_run_that_takes_no_status_at_all_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = PickyStore(tmp_path, "Pending", "Failed")
    await store.create(wanted())
    async with controller_of(store, InlinePool()) as controller:
        await controller.look_at(KEY)
    assert store.refused == 2
    assert "left alone" in caplog.text
    store.close()


async def test_a_run_that_this_version_cannot_read_fails(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(wanted(alert=ALERT))
    run = await store.get(*KEY)
    await store.update_status(run | {"status": {"alerts": {"seen": ["0" * 16], "firing": 1}}})
    edit(tmp_path, haste="great")
    async with controller_of(store, InlinePool()) as controller:
        await controller.look_at(KEY)
        await controller.look_at(KEY)
    run = await store.get(*KEY)
    assert (run["status"]["phase"], reason(run, "Failed")) == ("Failed", "SpecInvalid")
    assert "spec.haste" in run["status"]["message"]
    assert conditions(run)["Escalated"] == "True"
    assert run["status"]["alerts"] == {"seen": ["0" * 16], "firing": 1}
    assert run["status"]["observedGeneration"] == 1


@pytest.mark.parametrize(("late_seconds", "waits"), [(-600, True), (29, True), (30, False)])
def test_an_experiment_that_cannot_be_read_is_given_up_once_its_dead_man_has_healed(
    late_seconds: int, waits: bool
) -> None:
    effects = given_up(broken_run(), "SpecInvalid", "spec.haste", ENDS + timedelta(seconds=late_seconds))
    if waits:
        assert effects == [LookAgain(30.0 - late_seconds)]
        return
    event, written, let_go = effects
    assert isinstance(event, RecordEvent)
    assert isinstance(written, WriteStatus)
    assert let_go == SetFinalizer(False)
    experiment = written.status.experiment
    assert experiment is not None
    assert (experiment.fault, experiment.injected_at, experiment.state) == (
        "oom_crash",
        "2026-01-31T11:00:00Z",
        "NotRestored",
    )
    assert {one.type: one.status for one in written.status.conditions}["Escalated"] == "True"


@pytest.mark.parametrize(("late_seconds", "then"), [(29, [LookAgain(1.0)]), (30, [SetFinalizer(False)])])
def test_an_experiment_that_cannot_be_read_and_is_being_deleted_goes_then(late_seconds: int, then: Any) -> None:
    leaving = broken_run(deletionTimestamp="2026-01-31T11:30:00Z")
    assert given_up(leaving, "SpecInvalid", "spec.haste", ENDS + timedelta(seconds=late_seconds)) == then


def test_an_experiment_that_broke_nothing_is_given_up_at_once() -> None:
    checking = broken_run()
    checking["status"]["experiment"] = {"fault": "oom_crash", "state": "Checking"}
    (status,) = (one.status for one in given_up(checking, "SpecInvalid", "", ENDS) if isinstance(one, WriteStatus))
    assert status.experiment is not None
    assert status.experiment.state == "Withdrawn"


async def test_an_experiment_that_cannot_be_read_is_not_forgotten(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(experiment_manifest())
    run = await store.get(*KEY)
    await store.update_status(run | {"status": broken_run()["status"]})
    edit(tmp_path, haste="great")
    async with controller_of(store, InlinePool()) as controller:
        await controller.look_at(KEY)
    run = await store.get(*KEY)
    assert reason(run, "Failed") == "SpecInvalid"
    assert (run["status"]["experiment"]["state"], run["status"]["experiment"]["fault"]) == ("NotRestored", "oom_crash")


async def test_a_status_is_measured_without_the_annotations_of_others(store: DirectoryStore) -> None:
    manifest = wanted()
    manifest["metadata"]["annotations"] = {"note": "x" * 24_000}
    run = await store.create(manifest)
    written = await store.update_status(run | {"status": {"phase": "Running", "message": "m" * 1000}})
    assert written["status"]["phase"] == "Running"


async def test_a_run_whose_spec_is_too_large_can_still_say_so(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(wanted(alert=ALERT))
    edit(tmp_path, alert=ALERT | {"description": "🚨" * 2000, "annotations": {f"a{i}": "🚨" * 500 for i in range(12)}})
    run = await store.get(*KEY)
    await store.update_status(run | {"status": {"phase": "Failed", "message": "too large"}})
    with pytest.raises(InvalidObjectError, match="25000 bytes"):
        await store.update_status(await store.get(*KEY) | {"status": {"steps": [_step(seq) for seq in range(10)]}})


async def test_each_retry_and_each_suspension_is_told_of(store: DirectoryStore) -> None:
    lost = [EpisodeLostError("lost")] * 2
    now = [datetime(2026, 1, 31, tzinfo=UTC)]
    await store.create(wanted())
    async with Controller(store, InlinePool(*lost), clock=lambda: now[0], workers=0) as controller:
        while (await store.get(*KEY)).get("status", {}).get("attempts", 0) < 3:
            await controller.look_at(KEY)
            await settle(controller)
            now[0] = now[0].replace(minute=now[0].minute + 1)
        for suspend in (True, False, True):
            run = await store.get(*KEY)
            await store.update(run | {"spec": run["spec"] | {"suspend": suspend}})
            await controller.look_at(KEY)
    told = [event["reason"] for event in await store.events("default", "one")]
    assert [told.count(one) for one in ("RunAccepted", "Retrying", "Suspended", "Resumed")] == [1, 2, 2, 1]


async def settle(controller: Controller) -> None:
    for entry in list(controller._episodes._entries.values()):
        if entry.task:
            await entry.task


def _step(seq: int) -> dict[str, Any]:
    return {"seq": seq, "action": "a", "reward": 0.0, "summary": "s" * 300, "service": "s" * 253}
