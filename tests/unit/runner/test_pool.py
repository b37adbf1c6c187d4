"""The pool: real processes that play, print, die and hang."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from praetor.runner.changes import GO, Clearance, WantedChange
from praetor.runner.errors import EpisodeLostError, EpisodeParkedError, EpisodeRefusedError
from praetor.runner.pool import EpisodePool, ignore
from praetor.runner.process import WorkerProcess
from praetor.runner.request import RunRequest
from simcore.trace import read_trace

STAGE, POLICY = "tests.support.tiny_stage:connect", "tests.support.tiny_stage:make_policy"
REQUEST = RunRequest(run_uid="uid-1", namespace="default", name="one", scenario="tiny")


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[EpisodePool]:
    monkeypatch.setenv("PYTHONPATH", f"{request.config.rootpath}:{request.config.rootpath}/operator")
    async with EpisodePool(STAGE, POLICY, workers=2, warm_up=replace(REQUEST, run_uid="warm-up")) as pool:
        yield pool


def pids(pool: EpisodePool) -> set[int]:
    return {worker.pid for worker in pool._alive if worker.is_alive}


async def test_an_episode_is_played_in_another_process_and_told_step_by_step(pool: EpisodePool) -> None:
    told: list[dict[str, Any]] = []
    outcome = await pool.play(REQUEST, told.append)
    assert outcome.verdict["resolved"] is True
    assert told == list(read_trace(outcome.trace))


async def test_more_episodes_than_processes_wait_for_their_turn(pool: EpisodePool) -> None:
    outcomes = await asyncio.gather(*(pool.play(replace(REQUEST, run_uid=f"u{i}")) for i in range(8)))
    assert [outcome.verdict["resolved"] for outcome in outcomes] == [True] * 8
    assert len(pids(pool)) == 2


async def test_what_a_policy_prints_is_not_taken_for_an_answer(pool: EpisodePool) -> None:
    outcome = await pool.play(replace(REQUEST, policy="prints"))
    assert outcome.verdict["resolved"] is True


async def test_an_unknown_scenario_is_refused_for_good(pool: EpisodePool) -> None:
    with pytest.raises(EpisodeRefusedError, match="no scenario 'unknown'"):
        await pool.play(replace(REQUEST, scenario="unknown"))


async def test_a_process_that_dies_loses_its_own_episode_only(pool: EpisodePool) -> None:
    lost, good = await asyncio.gather(
        pool.play(replace(REQUEST, policy="dies")), pool.play(REQUEST), return_exceptions=True
    )
    assert isinstance(lost, EpisodeLostError)
    assert "ended with 7" in str(lost)
    assert not isinstance(good, BaseException)
    for _ in range(3):
        assert (await pool.play(REQUEST)).verdict["resolved"] is True


async def test_a_process_that_died_while_idle_costs_no_episode(pool: EpisodePool) -> None:
    for worker in pool._alive:
        os.kill(worker.pid, signal.SIGKILL)
        await worker._process.wait()
    assert (await pool.play(REQUEST)).verdict["resolved"] is True


async def test_cancelling_an_episode_kills_its_process_and_frees_its_place(pool: EpisodePool) -> None:
    hanging = [asyncio.create_task(pool.play(replace(REQUEST, policy="hangs"))) for _ in range(2)]
    await asyncio.sleep(0.2)
    for task in hanging:
        task.cancel()
    assert (await pool.play(REQUEST)).verdict["resolved"] is True


async def test_an_episode_that_hangs_beyond_its_deadline_is_killed(
    pool: EpisodePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("praetor.runner.pool.GRACE_SECONDS", 0.1)
    with pytest.raises(EpisodeLostError, match=r"did not end within 0\.3 s"):
        await pool.play(replace(REQUEST, policy="hangs", deadline_seconds=0.2))


async def test_the_time_that_an_episode_waits_for_a_process_is_its_own(
    pool: EpisodePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("praetor.runner.pool.GRACE_SECONDS", 0.3)
    hanging = [pool.play(replace(REQUEST, policy="hangs", deadline_seconds=0.5)) for _ in range(2)]
    waiting = replace(REQUEST, run_uid="waiting", deadline_seconds=0.6)
    *_, waited = await asyncio.gather(*hanging, pool.play(waiting), return_exceptions=True)
    assert not isinstance(waited, BaseException)
    assert waited.failure is not None
    assert (waited.failure.reason, waited.steps) == ("DeadlineExceeded", [])


async def test_no_process_is_left_when_the_pool_is_closed() -> None:
    async with EpisodePool(STAGE, POLICY, workers=1) as pool:
        workers = list(pool._alive)
    assert [worker.is_alive for worker in workers] == [False]


async def test_a_pool_that_is_told_to_end_while_it_gets_warm_ends_and_leaves_no_process(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{request.config.rootpath}:{request.config.rootpath}/operator")
    pool = EpisodePool(STAGE, POLICY, workers=2, warm_up=replace(REQUEST, policy="hangs"))
    getting_warm = asyncio.create_task(pool.__aenter__())
    while len(pool._alive) < 2:  # noqa: ASYNC110 (there is no event to wait for)
        await asyncio.sleep(0.01)
    getting_warm.cancel()
    await asyncio.wait({getting_warm}, timeout=60)
    assert getting_warm.cancelled()
    assert not pids(pool)


@pytest.mark.parametrize("answer", ["no json", "x" * 5000, '{"outcome": {}}', "[7]"])
async def test_a_worker_that_talks_nonsense_loses_its_episode(answer: str) -> None:
    pipe = asyncio.subprocess.PIPE
    talk = f"input(); print({answer!r}, flush=True); input()"
    worker = WorkerProcess(
        await asyncio.create_subprocess_exec(sys.executable, "-c", talk, stdin=pipe, stdout=pipe, limit=1024)
    )
    with pytest.raises(EpisodeLostError, match="which is no answer"):
        await worker.play(REQUEST, ignore)
    await worker.kill()


async def test_an_episode_without_a_deadline_keeps_its_place_for_so_long_only(
    pool: EpisodePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("praetor.runner.pool.LONGEST_EPISODE_SECONDS", 0.3)
        with pytest.raises(EpisodeLostError, match=r"did not end within 0\.3 s.*spec\.activeDeadlineSeconds"):
            await pool.play(replace(REQUEST, policy="hangs"))
    assert (await pool.play(REQUEST)).verdict["resolved"] is True


ASKING = replace(REQUEST, approval="Always")
LIMIT_SECONDS = 6.0
"""Of the episode that waits: more than it needs, less than the person takes."""


async def test_while_an_episode_waits_for_a_person_others_are_played_and_its_time_stands_still(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{request.config.rootpath}:{request.config.rootpath}/operator")
    decided, asked = asyncio.Event(), asyncio.Event()

    async def clear(change: WantedChange) -> Clearance:
        asked.set()
        await decided.wait()
        return GO

    async with EpisodePool(STAGE, POLICY, workers=1, warm_up=REQUEST) as pool:
        with monkeypatch.context() as patched:  # the others are played by processes that may begin slowly
            patched.setattr("praetor.runner.pool.LONGEST_EPISODE_SECONDS", LIMIT_SECONDS)
            waiting = asyncio.create_task(pool.play(ASKING, ignore, clear))
            await asked.wait()
        monkeypatch.setattr("praetor.runner.pool.CROWDED_SECONDS", 0.2)
        assert (await pool.play(replace(REQUEST, run_uid="other"))).verdict["resolved"] is True
        with pytest.raises(EpisodeParkedError):
            await pool.play(replace(ASKING, run_uid="one-too-many"), ignore, clear)
        await asyncio.sleep(LIMIT_SECONDS)
        decided.set()
        assert (await waiting).verdict["resolved"] is True
        assert (await pool.play(REQUEST)).verdict["resolved"] is True
        assert len(pids(pool)) == 1


async def test_a_worker_that_waits_ends_with_its_parent(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{request.config.rootpath}:{request.config.rootpath}/operator")
    worker = await WorkerProcess.start(STAGE, POLICY)
    await worker._send(ASKING.to_json())
    while "ask" not in await worker._receive():
        pass
    assert worker._process.stdin is not None
    worker._process.stdin.close()
    assert await asyncio.wait_for(worker._process.wait(), 60) == 0


async def test_a_process_that_is_out_of_step_is_not_used_again(pool: EpisodePool) -> None:
    def deaf(event: dict[str, Any]) -> None:
        raise KeyError("nobody listens")

    for _ in range(2):
        with pytest.raises(KeyError):
            await pool.play(REQUEST, deaf)
    outcome = await pool.play(replace(REQUEST, run_uid="next"))
    assert b"next" in outcome.trace
