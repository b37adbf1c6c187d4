"""Several processes in one directory, and processes that die in it."""

import asyncio
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

from praetor.store.directory import DirectoryStore
from tests.support.eventually import eventually
from tests.support.store_contract.manifests import increment_attempts, run_manifest

REPOSITORY = Path(__file__).parents[3]
TIMES = 25


def start_writer(directory: Path, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.store_writer", str(directory), "oom-1", str(times)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=240)
    return process.returncode


async def test_processes_lose_no_write_of_each_other(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(run_manifest("default"))
    writers = [start_writer(tmp_path, TIMES) for _ in range(2)]
    for _ in range(TIMES):
        await increment_attempts(store, "default", "oom-1")
    assert [finish(writer) for writer in writers] == [0, 0]
    run = await store.get("IncidentRun", "default", "oom-1")
    assert run["status"]["attempts"] == 3 * TIMES


async def test_a_killed_writer_leaves_a_store_that_goes_on(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(run_manifest("default"))
    counted = 0
    for _ in range(4):
        writer = start_writer(tmp_path, times=0)
        await eventually(partial(has_counted_beyond, store, counted))
        await asyncio.sleep(random.uniform(0.0, 0.2))
        writer.kill()
        assert finish(writer) == -9
        run = await store.get("IncidentRun", "default", "oom-1")
        assert run["status"]["attempts"] > counted
        await increment_attempts(store, "default", "oom-1")
        (found,) = await store.find("IncidentRun")
        counted = found["status"]["attempts"]
        assert counted == run["status"]["attempts"] + 1


async def has_counted_beyond(store: DirectoryStore, counted: int) -> bool:
    run = await store.get("IncidentRun", "default", "oom-1")
    return bool(run.get("status", {}).get("attempts", 0) > counted)


async def test_changes_of_another_process_are_seen(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(run_manifest("default"))
    revision, _ = await store.changes(0)
    assert finish(start_writer(tmp_path, times=3)) == 0
    assert await store.changes(revision) == (revision + 3, [("IncidentRun", "default", "oom-1")])
