"""What lies in the directory, and what becomes of things that should not lie there."""

import contextlib
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from praetor.store.directory import DirectoryStore
from simcore.errors import InvalidObjectError, NotFoundError, UnavailableError
from tests.support.store_contract.manifests import changed, run_manifest, site_manifest


async def test_the_layout_is_for_people(store: DirectoryStore, tmp_path: Path) -> None:
    run = await store.create(run_manifest("default"))
    await store.create(site_manifest("shop"))
    await store.put_artifact(run, "postmortem.md", b"# What happened\n")
    await store.record_event(run, "Started", "it began")
    files = files_in(tmp_path)
    (event,) = (file for file in files if file.startswith("events/default/oom-1/oom-1."))
    assert files - {event} == {
        "artifacts/default/oom-1/postmortem.md",
        "incidentruns/default/oom-1.json",
        "targetsites/shop/shop.json",
        "journal.jsonl",
        "lock",
    }
    assert (tmp_path / "artifacts/default/oom-1/postmortem.md").read_bytes() == b"# What happened\n"
    assert json.loads((tmp_path / "incidentruns/default/oom-1.json").read_text()) == run


async def test_a_deleted_run_leaves_no_file(store: DirectoryStore, tmp_path: Path) -> None:
    run = await store.create(run_manifest("default"))
    await store.put_artifact(run, "trace.jsonl", b"{}\n")
    await store.record_event(run, "Started", "it began")
    await store.delete("IncidentRun", "default", "oom-1")
    assert files_in(tmp_path) == {"journal.jsonl", "lock"}


async def test_what_writers_that_died_left_is_not_an_object(store: DirectoryStore, tmp_path: Path) -> None:
    run = await store.create(run_manifest("default"))
    folder = tmp_path / "incidentruns" / "default"
    (folder / ".oom-1.json.tmp").write_bytes(b'{"half')
    (folder / ".oom-2.json.tmp").write_bytes(b"")
    assert await store.find("IncidentRun") == [run]
    assert await store.find("IncidentRun", labels={"a": "b"}) == []
    updated = await store.update_status(changed(run, "status", attempts=1))
    assert await store.get("IncidentRun", "default", "oom-1") == updated


async def test_a_file_that_somebody_broke_is_named(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(run_manifest("default"))
    path = tmp_path / "incidentruns" / "default" / "oom-1.json"
    path.write_text("{")
    for labels in ({}, {"a": "b"}):
        with pytest.raises(InvalidObjectError, match=str(path)):
            await store.find("IncidentRun", labels=labels)
    with pytest.raises(InvalidObjectError, match=str(path)):
        await store.get("IncidentRun", "default", "oom-1")


async def test_a_full_disk_is_told_and_survived(store: DirectoryStore) -> None:
    run = await store.create(run_manifest("default"))
    with files_of_at_most(64):
        with pytest.raises(UnavailableError, match="File too large"):
            await store.update_status(changed(run, "status", attempts=1))
        with pytest.raises(UnavailableError, match="File too large"):
            await store.put_artifact(run, "trace.jsonl", b"x" * 1000)
    assert await store.find("IncidentRun") == [run]
    with pytest.raises(NotFoundError):
        await store.get_artifact("default", "oom-1", "trace.jsonl")
    updated = await store.update_status(changed(run, "status", attempts=1))
    assert updated["status"] == {"attempts": 1}


async def test_a_directory_that_is_in_disorder_is_named(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "incidentruns").write_text("no folder")
    for attempt in (store.create(run_manifest("default")), store.find("IncidentRun")):
        with pytest.raises(UnavailableError, match=str(tmp_path)):
            await attempt


@contextlib.contextmanager
def files_of_at_most(limit_bytes: int) -> Iterator[None]:
    """As on a disk that is almost full: what is longer is written in part."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_an_identical_artifact_is_not_written_again(store: DirectoryStore, tmp_path: Path) -> None:
    run = await store.create(run_manifest("default"))
    path = tmp_path / "artifacts" / "default" / "oom-1" / "trace.jsonl"
    await store.put_artifact(run, "trace.jsonl", b"same")
    before = path.stat()
    await store.put_artifact(run, "trace.jsonl", b"same")
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


async def test_a_store_is_found_again(store: DirectoryStore, tmp_path: Path) -> None:
    run = await store.create(run_manifest("default"))
    again = DirectoryStore(tmp_path)
    updated = await again.update_status(changed(run, "status", attempts=1))
    again.close()
    assert int(updated["metadata"]["resourceVersion"]) > int(run["metadata"]["resourceVersion"])
    assert await store.get("IncidentRun", "default", "oom-1") == updated


async def test_versions_of_an_object_never_repeat_when_the_journal_is_lost(
    store: DirectoryStore, tmp_path: Path
) -> None:
    run = await store.create(run_manifest("default"))
    for attempts in range(1, 4):
        run = await store.update_status(changed(run, "status", attempts=attempts))
    (tmp_path / "journal.jsonl").unlink()
    updated = await store.update_status(changed(run, "status", attempts=9))
    assert int(updated["metadata"]["resourceVersion"]) > int(run["metadata"]["resourceVersion"])


async def test_labels_are_found_among_old_files_and_after_they_change(store: DirectoryStore, tmp_path: Path) -> None:
    """Files that rest for seconds are remembered; one that changes is looked at again."""
    manifest = run_manifest("default")
    manifest["metadata"]["labels"] = {"group": "a"}
    run = await store.create(manifest)
    age(tmp_path / "incidentruns" / "default" / "oom-1.json")
    for _ in range(2):
        assert await store.find("IncidentRun", labels={"group": "a"}) == [run]
    moved = await store.update(changed(run, "metadata", labels={"group": "b"}))
    assert await store.find("IncidentRun", labels={"group": "a"}) == []
    assert await store.find("IncidentRun", labels={"group": "b"}) == [moved]
    await store.delete("IncidentRun", "default", "oom-1")
    assert await store.find("IncidentRun", labels={"group": "b"}) == []


def files_in(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def age(path: Path) -> None:
    os.utime(path, (1_000_000_000, 1_000_000_000))
