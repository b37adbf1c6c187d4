"""A change to an object that others write, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from praetor.store.changing import ATTEMPTS, changed
from praetor.store.directory import DirectoryStore
from simcore.errors import ConflictError, NotFoundError
from simcore.protocols import Manifest
from tests.support.experiments import experiment_manifest
from tests.support.faster_writer import is_faster

KEY = ("IncidentRun", "default", "one")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DirectoryStore]:
    store = DirectoryStore(tmp_path)
    await store.create(experiment_manifest())
    yield store
    store.close()


def suspended(run: Manifest) -> Manifest:
    return run | {"spec": run["spec"] | {"suspend": True}}


@pytest.mark.parametrize("times", [0, 1, ATTEMPTS - 1])
async def test_what_others_write_meanwhile_stays(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    written = is_faster(monkeypatch, times)
    run = await changed(store, *KEY, suspended)
    assert run["spec"]["suspend"] is True
    assert run == await store.get(*KEY)
    assert run.get("status", {}).get("message") == (f"look {times - 1}" if times else None)
    assert len(written) == times


async def test_who_is_always_late_is_told(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    is_faster(monkeypatch, ATTEMPTS)
    with pytest.raises(ConflictError):
        await changed(store, *KEY, suspended)


async def test_what_is_not_there_is_not_changed(store: DirectoryStore) -> None:
    with pytest.raises(NotFoundError):
        await changed(store, "IncidentRun", "default", "two", suspended)
