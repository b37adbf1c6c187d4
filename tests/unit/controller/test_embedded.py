"""The controller over a directory: the same code as in a cluster, with a tiny world and no processes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from praetor.controller import reconcile
from praetor.controller.embedded import EmbeddedController
from praetor.controller.episodes import Pool
from praetor.runner.errors import EpisodeLostError, EpisodeRefusedError
from praetor.store.directory import DirectoryStore
from simcore.errors import NotFoundError
from simcore.trace import broken_links, read_trace
from tests.support.inline_pool import HangingPool, InlinePool
from tests.support.operators import conditions, reason, run_manifest

Run = dict[str, Any]
SITE: dict[str, Any] = {
    "apiVersion": "praetor.dev/v1alpha1",
    "kind": "TargetSite",
    "metadata": {"name": "shop", "namespace": "default"},
    "spec": {"match": {"labels": {"team": "shop"}}},
}


@asynccontextmanager
async def controlled(store: DirectoryStore, pool: Pool) -> AsyncIterator[EmbeddedController]:
    async with asyncio.timeout(120), EmbeddedController(store, pool) as controller:
        yield controller


def wanted(name: str = "one", namespace: str = "default", **spec: Any) -> Run:
    manifest = run_manifest(name, **spec)
    manifest["metadata"]["namespace"] = namespace
    return manifest


async def when(store: DirectoryStore, name: str, holds: Callable[[Run], bool], namespace: str = "default") -> Run:
    changes = store.subscribe()
    try:
        while not holds(run := await store.get("IncidentRun", namespace, name)):
            await changes.get()
        return run
    finally:
        store.unsubscribe(changes)


def is_in(phase: str) -> Callable[[Run], bool]:
    return lambda run: run.get("status", {}).get("phase") == phase


async def reasons_told(store: DirectoryStore, name: str = "one") -> list[str]:
    return [event["reason"] for event in await store.events("default", name)]


async def test_a_run_that_is_created_completes_with_trace_and_report(store: DirectoryStore) -> None:
    async with controlled(store, InlinePool()):
        await store.create(wanted())
        run = await when(store, "one", is_in("Complete"))
    trace = await store.get_artifact("default", "one", "trace.jsonl")
    report = await store.get_artifact("default", "one", "postmortem.md")
    assert broken_links(trace.decode().splitlines()) == []
    assert report.startswith(b"# Post-mortem")
    assert conditions(run)["Succeeded"] == "True"
    assert await reasons_told(store) == ["RunAccepted", "EpisodeStarted", "EpisodeEnded", "ReportStored"]


async def test_runs_that_were_there_before_are_taken_up(store: DirectoryStore) -> None:
    await store.create(wanted())
    async with controlled(store, InlinePool()):
        assert await when(store, "one", is_in("Complete"))


async def test_while_nothing_may_be_played_runs_wait_and_the_rest_does_not(store: DirectoryStore) -> None:
    pool = InlinePool()
    async with asyncio.timeout(120), EmbeddedController(store, pool, plays=False) as controller:
        await store.create(wanted(activeDeadlineSeconds=3600))
        await store.create(SITE)
        await status_of_site(store)
        run = await store.get("IncidentRun", "default", "one")
        assert (run.get("status", {}), pool.requests) == ({}, [])
        controller.play()
        assert await when(store, "one", is_in("Complete"))


async def test_runs_that_another_process_creates_are_noticed(store: DirectoryStore, tmp_path: Path) -> None:
    async with controlled(store, InlinePool()):
        other = DirectoryStore(tmp_path)
        await other.create(wanted())
        other.close()
        assert await when(store, "one", is_in("Complete"))


async def test_steps_are_told_live_as_they_happen(store: DirectoryStore) -> None:
    async with controlled(store, InlinePool()) as controller:
        with controller.live.subscribe() as live:
            await store.create(wanted())
            heard = []
            async for one in live:
                heard.append(one)
                if one.event["kind"] == "end":
                    break
        await when(store, "one", is_in("Complete"))
    assert {(one.namespace, one.name) for one in heard} == {("default", "one")}
    trace = await store.get_artifact("default", "one", "trace.jsonl")
    assert [one.event["seq"] for one in heard] == [event["seq"] for event in read_trace(trace)]


async def test_many_runs_each_are_played_once(store: DirectoryStore) -> None:
    pool, names = InlinePool(), [f"run-{number}" for number in range(20)]
    async with controlled(store, pool):
        await asyncio.gather(*(store.create(wanted(name)) for name in names))
        await asyncio.gather(*(when(store, name, is_in("Complete")) for name in names))
    assert sorted(request.name for request in pool.requests) == sorted(names)


async def test_a_lost_episode_is_played_again_and_the_attempts_are_counted(store: DirectoryStore) -> None:
    pool = InlinePool(EpisodeLostError("the worker process died"))
    async with controlled(store, pool):
        await store.create(wanted())
        run = await when(store, "one", is_in("Complete"))
    assert run["status"]["attempts"] == 2
    assert len(pool.requests) == 2
    assert "Retrying" in await reasons_told(store)


async def test_an_episode_that_is_lost_too_often_fails_the_run(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "LONGEST_PAUSE_SECONDS", 0.01)
    pool = InlinePool(*(EpisodeLostError("died") for _ in range(9)))
    async with controlled(store, pool):
        await store.create(wanted(backoffLimit=2))
        run = await when(store, "one", is_in("Failed"))
    assert reason(run, "Failed") == "BackoffLimitExceeded"
    assert len(pool.requests) == run["status"]["attempts"] == 3


async def test_a_refused_episode_fails_the_run_at_once(store: DirectoryStore) -> None:
    pool = InlinePool(EpisodeRefusedError("no service 'api'"))
    async with controlled(store, pool):
        await store.create(wanted())
        run = await when(store, "one", is_in("Failed"))
    assert (reason(run, "Failed"), run["status"]["message"]) == ("ScenarioInvalid", "no service 'api'")


async def test_a_policy_that_raises_fails_the_run_which_keeps_its_trace(store: DirectoryStore) -> None:
    async with controlled(store, InlinePool()):
        await store.create(wanted(policy={"name": "random"}))
        run = await when(store, "one", is_in("Failed"))
    assert reason(run, "Failed") == "PolicyFailed"
    assert "RuntimeError: no idea" in run["status"]["message"]
    assert await store.get_artifact("default", "one", run["status"]["traceRef"]["name"].partition("/")[2])


async def test_suspending_stops_a_running_episode_and_resuming_plays_it_again(store: DirectoryStore) -> None:
    pool = InlinePool(held=asyncio.Event())
    async with controlled(store, pool):
        run = await store.create(wanted())
        run = await when(store, "one", lambda run: is_in("Running")(run) and bool(pool.requests))
        await store.update(run | {"spec": run["spec"] | {"suspend": True}})
        run = await when(store, "one", is_in("Suspended"))
        await eventually(lambda: pool.cancelled == 1)
        assert pool.held is not None
        pool.held.set()
        await store.update(run | {"spec": run["spec"] | {"suspend": False}})
        run = await when(store, "one", is_in("Complete"))
    assert run["status"]["attempts"] == 1
    assert {"Suspended", "Resumed"} <= set(await reasons_told(store))


async def test_cancelling_now_kills_a_running_episode(store: DirectoryStore) -> None:
    pool = InlinePool(held=asyncio.Event())
    async with controlled(store, pool):
        await store.create(wanted())
        run = await when(store, "one", is_in("Running"))
        await store.update(run | {"spec": run["spec"] | {"cancel": "Now"}})
        run = await when(store, "one", is_in("Failed"))
        await eventually(lambda: pool.cancelled == len(pool.requests))
    assert reason(run, "Failed") == "Cancelled"


async def test_an_episode_that_hangs_is_killed_after_its_deadline(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "GRACE_SECONDS", 0.1)
    pool = InlinePool(held=asyncio.Event())
    async with controlled(store, pool):
        for seconds in (1, 4, 16):  # the deadline counts from the start, and a busy machine may not have begun by then
            await store.create(wanted(f"of-{seconds}", activeDeadlineSeconds=seconds))
            run = await when(store, f"of-{seconds}", is_in("Failed"))
            if pool.requests:
                break
        await eventually(lambda: len(pool.requests) == pool.cancelled == 1)
    assert reason(run, "Failed") == "DeadlineExceeded"


async def check_that_the_first_step_is_kept(store: DirectoryStore, run: Run) -> None:
    name, told = run["metadata"]["name"], run["status"]["traceRef"]
    trace = await store.get_artifact("default", name, "trace.jsonl")
    assert [event["kind"] for event in read_trace(trace)] == ["alert", "reset", "decision", "observation"]
    assert broken_links(trace.decode().splitlines()) == []
    assert (told["events"], told["sha256"]) == (4, hashlib.sha256(trace).hexdigest())
    report = await store.get_artifact("default", name, "postmortem.md")
    assert b"The trace ends before a verdict" in report
    assert run["status"]["reportRef"]["name"]


async def test_an_episode_that_hangs_beyond_its_deadline_leaves_what_it_told(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "GRACE_SECONDS", 0.1)
    async with controlled(store, HangingPool()):
        for seconds in (1, 4, 16):  # as above: a busy machine may not have begun by then
            await store.create(wanted(f"of-{seconds}", activeDeadlineSeconds=seconds))
            run = await when(store, f"of-{seconds}", is_in("Failed"))
            if "traceRef" in run["status"]:
                break
    assert reason(run, "Failed") == "DeadlineExceeded"
    await check_that_the_first_step_is_kept(store, run)


async def test_an_episode_that_is_cancelled_now_leaves_what_it_told(store: DirectoryStore) -> None:
    pool = HangingPool()
    async with controlled(store, pool):
        await store.create(wanted())
        run = await when(store, "one", is_in("Running"))
        await eventually(lambda: pool.hanging == 1)
        await store.update(run | {"spec": run["spec"] | {"cancel": "Now"}})
        run = await when(store, "one", is_in("Failed"))
    assert reason(run, "Failed") == "Cancelled"
    await check_that_the_first_step_is_kept(store, run)


async def test_deleting_a_run_stops_its_episode(store: DirectoryStore) -> None:
    pool = InlinePool(held=asyncio.Event())
    async with controlled(store, pool):
        await store.create(wanted())
        await eventually(lambda: bool(pool.requests))
        await store.delete("IncidentRun", "default", "one")
        await eventually(lambda: pool.cancelled == 1)
        with pytest.raises(NotFoundError):
            await store.get("IncidentRun", "default", "one")


async def test_a_namesake_does_not_get_the_episode_of_the_one_before(store: DirectoryStore) -> None:
    pool = InlinePool(held=asyncio.Event())
    async with controlled(store, pool):
        first = await store.create(wanted())
        await eventually(lambda: bool(pool.requests))
        await store.delete("IncidentRun", "default", "one")
        second = await store.create(wanted())
        assert pool.held is not None
        pool.held.set()
        await when(store, "one", is_in("Complete"))
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    trace = await store.get_artifact("default", "one", "trace.jsonl")
    assert next(read_trace(trace))["run_uid"] == second["metadata"]["uid"]


async def test_a_finished_run_is_deleted_when_its_ttl_is_over(store: DirectoryStore) -> None:
    async with controlled(store, InlinePool()):
        await store.create(wanted(ttlSecondsAfterFinished=0))
        changes = store.subscribe()
        while await exists(store, "one"):
            await changes.get()
    with pytest.raises(NotFoundError):
        await store.get_artifact("default", "one", "trace.jsonl")


async def test_the_ledger_that_the_gateway_writes_meanwhile_is_kept(store: DirectoryStore) -> None:
    pool = InlinePool(held=asyncio.Event())
    alert = {"source": "generic", "groupKey": "g", "title": "payment-service OOMKilled"}
    async with controlled(store, pool):
        await store.create(wanted(alert=alert))
        run = await when(store, "one", is_in("Running"))
        seen = {"seen": ["0123456789abcdef"], "firing": 1}
        await store.update_status(run | {"status": run["status"] | {"alerts": seen}})
        assert pool.held is not None
        pool.held.set()
        run = await when(store, "one", is_in("Complete"))
    assert run["status"]["alerts"] == seen


async def test_scenarios_and_sites_say_what_is_known_of_them(store: DirectoryStore) -> None:
    async with controlled(store, InlinePool()):
        await store.create(SITE)
        condition, *_ = (await status_of_site(store))["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        *("Reachable", "Unknown", "NothingToProbe"),
    )


async def status_of_site(store: DirectoryStore) -> dict[str, Any]:
    changes = store.subscribe()
    try:
        while "status" not in (found := await store.get("TargetSite", "default", "shop")):
            await changes.get()
        return dict(found["status"])
    finally:
        store.unsubscribe(changes)


async def eventually(holds: Callable[[], bool]) -> None:
    async def poll() -> None:
        while not holds():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(poll(), 110)


async def exists(store: DirectoryStore, name: str) -> bool:
    return any(run["metadata"]["name"] == name for run in await store.find("IncidentRun", "default"))
