"""A writer may die between any two steps on the disk: the store is then as before its write, or as after."""

import asyncio
import contextlib
import itertools
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from praetor.store.directory import DirectoryStore
from simcore.errors import NotFoundError, StoreError
from simcore.protocols import Manifest
from tests.support.store_contract.manifests import changed, run_manifest

Seen = dict[str, tuple[Manifest, bytes | None, int]]
"""By name: the run, its trace, and how many events it has."""
VALUE = 77
NAMES = ("run-a", "run-b")
STEPS = {"fsync": os, "replace": Path, "unlink": Path, "open": Path, "rmtree": shutil}
OPERATIONS = st.tuples(
    st.sampled_from(["create", "status", "spec", "artifact", "event", "delete"]), st.sampled_from(NAMES)
)


class Killed(BaseException):
    """What a process would not survive."""


@contextlib.contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Dies at the n-th touch of the disk, and at every later one, which would be the work of a dead process."""
    taken = 0

    def guard(name: str, real: Any) -> Any:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == step and name == "fsync":
                lose_half(args[0])
            if taken >= step:
                raise Killed
            return real(*args, **kwargs)

        return guarded

    with contextlib.ExitStack() as stack:
        for name, owner in STEPS.items():
            stack.enter_context(mock.patch.object(owner, name, guard(name, getattr(owner, name))))
        yield


def lose_half(descriptor: int) -> None:
    """What was not synced when the power went."""
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        os.ftruncate(descriptor, status.st_size // 2)


async def apply(store: DirectoryStore, operation: str, name: str, value: int) -> None:
    if operation == "create":
        await store.create(run_manifest("default", name, seed=value))
        return
    run = await store.get("IncidentRun", "default", name)
    if operation == "status":
        await store.update_status(changed(run, "status", attempts=value))
    elif operation == "spec":
        await store.update(changed(run, "spec", ttlSecondsAfterFinished=value))
    elif operation == "artifact":
        await store.put_artifact(run, "trace.jsonl", b"x" * value)
    elif operation == "event":
        await store.record_event(run, f"Reason{value}", "it happened")
    else:
        await store.delete("IncidentRun", "default", name)


async def contents(store: DirectoryStore) -> Seen:
    """Everything that a reader can see."""
    found = {}
    for run in await store.find("IncidentRun"):
        name = run["metadata"]["name"]
        try:
            trace = await store.get_artifact("default", name, "trace.jsonl")
        except NotFoundError:
            trace = None
        found[name] = (run, trace, len(await store.events("default", name)))
    return found


def without_identity(found: Seen) -> Any:
    """uid, version and time differ between two tries of the same creation."""
    return {name: (run["spec"], run.get("status"), trace, n) for name, (run, trace, n) in found.items()}


async def play(directory: Path, operations: list[tuple[str, str]], last: tuple[str, str]) -> int:
    """Kills the last operation at each of its steps in turn; the number of steps."""
    store = DirectoryStore(directory / "0")
    for value, (operation, name) in enumerate(operations, start=1):
        with contextlib.suppress(StoreError):
            await apply(store, operation, name, value)
    before, (revision, _) = await contents(store), await store.changes(0)
    store.close()
    for step in itertools.count(1):
        shutil.copytree(directory / "0", directory / str(step))
        if not await is_killed(directory / str(step), last, step):
            return step - 1
        store = DirectoryStore(directory / str(step))
        await check_recovery(store, *last, before, revision)
        store.close()
    raise AssertionError("unreachable")


async def is_killed(directory: Path, operation: tuple[str, str], step: int) -> bool:
    store = DirectoryStore(directory)
    try:
        with killed_at(step), contextlib.suppress(StoreError):
            await apply(store, *operation, VALUE)
    except Killed:
        return True
    finally:
        store.close()
    return False


async def check_recovery(store: DirectoryStore, operation: str, name: str, before: Seen, revision: int) -> None:
    found = await contents(store)
    assert found.keys() ^ before.keys() <= {name}
    others = {each: seen for each, seen in found.items() if each != name}
    assert others == {each: seen for each, seen in before.items() if each != name}
    with contextlib.suppress(StoreError):
        await apply(store, operation, name, VALUE)
    again = await contents(store)
    if found != before:
        assert without_identity(again) == without_identity(found), "what was done is done once"
    now, changes = await store.changes(revision)
    assert now >= revision
    if again != before and operation not in ("artifact", "event"):
        assert name in {change.name for change in changes or ()}, "every change is announced"


@settings(max_examples=40, deadline=None)
@given(st.lists(OPERATIONS, max_size=5), OPERATIONS)
def test_a_store_survives_its_writer(operations: list[tuple[str, str]], last: tuple[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(play(Path(directory), operations, last))


@pytest.mark.parametrize("operation", ["create", "status", "spec", "artifact", "event", "delete"])
def test_every_kind_of_write_survives(operation: str, tmp_path: Path) -> None:
    name = "run-b" if operation == "create" else "run-a"
    before = [("create", "run-a"), ("artifact", "run-a"), ("event", "run-a")]
    assert asyncio.run(play(tmp_path, before, (operation, name))) >= 4, "the disk was touched"
