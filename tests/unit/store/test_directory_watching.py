"""How others hear of changes: a queue inside the process, the journal across processes."""

from pathlib import Path

from praetor.store import journal
from praetor.store.directory import DirectoryStore
from praetor.store.journal import Change, Journal
from tests.support.store_contract.manifests import changed, run_manifest, site_manifest

RUN = Change("IncidentRun", "default", "oom-1")


async def test_a_new_store_has_no_changes(store: DirectoryStore) -> None:
    assert await store.changes(0) == (0, [])


async def test_each_changed_place_is_told_once_in_order(store: DirectoryStore) -> None:
    run = await store.create(run_manifest("default"))
    await store.create(site_manifest("default"))
    await store.update_status(changed(run, "status", attempts=1))
    assert await store.changes(0) == (3, [RUN, Change("TargetSite", "default", "shop")])
    assert await store.changes(2) == (3, [RUN])
    assert await store.changes(3) == (3, [])


async def test_deletions_are_changes_and_events_are_not(store: DirectoryStore) -> None:
    run = await store.create(run_manifest("default"))
    await store.record_event(run, "Started", "it began")
    revision, changes = await store.changes(1)
    assert changes == []
    await store.delete("IncidentRun", "default", "oom-1")
    assert await store.changes(revision) == (revision + 1, [RUN])


async def test_what_changes_nothing_is_no_change(store: DirectoryStore) -> None:
    run = await store.create(run_manifest("default"))
    heard = store.subscribe()
    revision, _ = await store.changes(0)
    await store.update_status(run)
    await store.update(run)
    await store.delete("IncidentRun", "default", "absent")
    await store.delete("IncidentRun", "default", "oom-1", uid="another")
    assert heard.empty()
    assert await store.changes(revision) == (revision, [])


async def test_a_subscriber_hears_every_change_until_it_leaves(store: DirectoryStore) -> None:
    heard = store.subscribe()
    run = await store.create(run_manifest("default"))
    await store.update_status(changed(run, "status", attempts=1))
    assert [heard.get_nowait(), heard.get_nowait()] == [RUN, RUN]
    store.unsubscribe(heard)
    await store.delete("IncidentRun", "default", "oom-1")
    assert heard.empty()


async def test_whoever_asks_from_another_time_must_look_at_everything(store: DirectoryStore, tmp_path: Path) -> None:
    await store.create(run_manifest("default"))
    assert await store.changes(17) == (1, None)


def test_a_journal_that_grew_forgets_its_beginning(tmp_path: Path) -> None:
    log = Journal(tmp_path / "journal.jsonl")
    lines = 1 + journal.COMPACT_BYTES // 40
    for revision in range(1, lines + 1):
        log.append(revision, Change("IncidentRun", "default", f"run-{revision:08d}"))
    assert log.last_revision() == lines
    assert (tmp_path / "journal.jsonl").stat().st_size < journal.COMPACT_BYTES
    assert log.since(0) is None
    assert log.since(lines - 1) == [Change("IncidentRun", "default", f"run-{lines:08d}")]


def test_a_torn_line_is_skipped_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    log = Journal(path)
    log.append(1, RUN)
    with path.open("ab") as file:
        file.write(b'[2,"IncidentRun","def')
    assert log.last_revision() == 1
    log.append(2, RUN)
    assert log.last_revision() == 2
    assert log.since(1) == [RUN]
