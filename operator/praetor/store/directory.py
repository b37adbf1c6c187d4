"""A store for one machine: a directory of JSON files that a person can read.

    incidentruns/<namespace>/<name>.json     one object a file; so for the other kinds
    artifacts/<namespace>/<run>/<artifact>   bytes owned by a run
    events/<namespace>/<name>/<event>.json   what happened to the object of that name
    journal.jsonl                            what changed, and the revision that it got
    lock                                     held while something is written

Several processes may share it. A process that dies at any moment leaves a store that the next can use.
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from praetor.store import files, rules
from praetor.store.events import event_manifest, event_order
from praetor.store.journal import Change, Journal
from praetor.store.limits import check_artifact_size, check_object_size
from praetor.store.names import PLURALS, check_artifact_name, check_kind, identity, is_name, is_namespace
from simcore.errors import AlreadyExistsError, InvalidObjectError, NotFoundError
from simcore.protocols import Manifest

T = TypeVar("T")


class DirectoryStore:
    """Implements simcore.protocols.Store. Writes have a thread, so that no event loop waits for a disk."""

    def __init__(self, path: Path | str) -> None:
        self._root = Path(path)
        self._root.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(self._root / "journal.jsonl")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="directory-store")
        self._subscribers: set[asyncio.Queue[Change]] = set()

    def close(self) -> None:
        self._writer.shutdown()

    # Objects

    async def create(self, manifest: Manifest) -> Manifest:
        change = Change(*identity(manifest))
        return await self._write(change, lambda: self._create(change, manifest))

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        change = Change(check_kind(kind), namespace, name)
        return await asyncio.to_thread(self._read, change)

    async def find(
        self, kind: str, namespace: str | None = None, *, labels: Mapping[str, str] | None = None
    ) -> list[Manifest]:
        found = await asyncio.to_thread(self._find, check_kind(kind), namespace)
        return [manifest for manifest in found if rules.has_labels(manifest, labels or {})]

    async def update(self, manifest: Manifest) -> Manifest:
        change = Change(*identity(manifest))
        return await self._write(change, lambda: self._replace(change, manifest, rules.replaced))

    async def update_status(self, manifest: Manifest) -> Manifest:
        change = Change(*identity(manifest))
        return await self._write(change, lambda: self._replace(change, manifest, rules.with_status))

    async def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        change = Change(check_kind(kind), namespace, name)
        if is_namespace(namespace) and is_name(name):
            await self._write(change, lambda: self._delete(change, uid))

    # What runs own

    async def put_artifact(self, run: Manifest, name: str, data: bytes) -> str:
        change = Change(*identity(run))
        check_artifact_name(name)
        check_artifact_size(name, data)
        await self._off_loop(lambda: self._put_artifact(change, run["metadata"]["uid"], name, data))
        return f"{change.name}/{name}"

    async def get_artifact(self, namespace: str, run_name: str, name: str) -> bytes:
        return await asyncio.to_thread(self._get_artifact, namespace, run_name, check_artifact_name(name))

    async def record_event(
        self, regarding: Manifest, reason: str, message: str, *, warning: bool = False
    ) -> None:
        event = event_manifest(regarding, reason, message, warning=warning)
        await self._off_loop(lambda: self._record_event(Change(*identity(regarding)), event))

    async def events(self, namespace: str, name: str) -> list[Manifest]:
        if not (is_namespace(namespace) and is_name(name)):
            return []
        folder = self._root / "events" / namespace / name
        return sorted(await asyncio.to_thread(_read_all, folder), key=event_order)

    # Watching

    def subscribe(self) -> asyncio.Queue[Change]:
        """A queue of the changes made through this instance; `changes` has those of other processes too."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._subscribers.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Change]) -> None:
        self._subscribers.discard(queue)

    async def changes(self, since: int) -> tuple[int, list[Change] | None]:
        """(revision, what changed after `since`); None for the list: too long ago, look at everything.

        Cheap to poll: while nothing changed it reads the end of one file.
        """
        if self._journal.last_revision() == since:
            return since, []
        return await self._off_loop(lambda: (self._journal.last_revision(), self._changes(since)))

    # Under the lock

    def _create(self, change: Change, wanted: Manifest) -> Manifest:
        if self._path(change).exists():
            raise AlreadyExistsError(f"{change.kind} {change.namespace}/{change.name} exists already")
        revision = self._next_revision()
        manifest = rules.born(wanted, revision)
        self._forget(change)
        return self._put(change, manifest)

    def _replace(
        self, change: Change, wanted: Manifest, rule: Callable[[Manifest, Manifest], Manifest]
    ) -> Manifest:
        current = self._read(change)
        changed = rule(current, wanted)
        if changed == current:
            return current
        revision = max(self._next_revision(), int(current["metadata"]["resourceVersion"]) + 1)
        return self._put(change, rules.stamped(changed, revision))

    def _put(self, change: Change, manifest: Manifest) -> Manifest:
        check_object_size(manifest)
        self._journal.append(int(manifest["metadata"]["resourceVersion"]), change)
        files.write_atomic(self._path(change), _encode(manifest))
        return manifest

    def _delete(self, change: Change, uid: str | None) -> None:
        try:
            current = self._read(change)
        except NotFoundError:
            return
        if uid in (None, current["metadata"]["uid"]):
            self._journal.append(self._next_revision(), change)
            files.remove(self._path(change))
            self._forget(change)

    def _put_artifact(self, change: Change, uid: str, name: str, data: bytes) -> None:
        if self._read(change)["metadata"]["uid"] != uid:
            raise NotFoundError(f"{change.kind} {change.namespace}/{change.name} with uid {uid} is gone")
        path = self._artifacts(change.namespace, change.name) / name
        if not path.exists() or path.read_bytes() != data:
            files.write_atomic(path, data)

    def _record_event(self, change: Change, event: Manifest) -> None:
        path = self._events(change) / f"{event['metadata']['name']}.json"
        if not path.exists():
            revision = self._next_revision()
            self._journal.append(revision, Change("Event", change.namespace, change.name))
            files.write_atomic(path, _encode(rules.stamped(event, revision)))

    def _forget(self, change: Change) -> None:
        """Removes what an object owned: at its end, and (the end may be cut off) before a namesake begins."""
        for event in _read_all(self._events(change)):
            if event["involvedObject"]["kind"] == change.kind:
                files.remove(self._events(change) / f"{event['metadata']['name']}.json")
        if change.kind == "IncidentRun":
            shutil.rmtree(self._artifacts(change.namespace, change.name), ignore_errors=True)

    def _changes(self, since: int) -> list[Change] | None:
        changes = self._journal.since(since)
        return None if changes is None else [change for change in changes if change.kind in PLURALS]

    def _next_revision(self) -> int:
        return self._journal.last_revision() + 1

    # Without the lock: a file is whole or absent

    def _read(self, change: Change) -> Manifest:
        missing = NotFoundError(f"{change.kind} {change.namespace}/{change.name} does not exist")
        if not (is_namespace(change.namespace) and is_name(change.name)):
            raise missing
        try:
            return _decode(self._path(change))
        except FileNotFoundError:
            raise missing from None

    def _find(self, kind: str, namespace: str | None) -> list[Manifest]:
        top = self._root / PLURALS[kind]
        if namespace is None:
            folders = sorted(top.iterdir()) if top.exists() else []
        else:
            folders = [top / namespace] if is_namespace(namespace) else []
        return sorted((found for folder in folders for found in _read_all(folder)), key=rules.age_order)

    def _get_artifact(self, namespace: str, run_name: str, name: str) -> bytes:
        missing = NotFoundError(f"IncidentRun {namespace}/{run_name} has no artifact {name}")
        if not (is_namespace(namespace) and is_name(run_name)):
            raise missing
        try:
            return (self._artifacts(namespace, run_name) / name).read_bytes()
        except FileNotFoundError:
            raise missing from None

    def _path(self, change: Change) -> Path:
        return self._root / PLURALS[change.kind] / change.namespace / f"{change.name}.json"

    def _artifacts(self, namespace: str, run_name: str) -> Path:
        return self._root / "artifacts" / namespace / run_name

    def _events(self, change: Change) -> Path:
        return self._root / "events" / change.namespace / change.name

    # Threads

    async def _write(self, change: Change, work: Callable[[], T]) -> T:
        done = await self._off_loop(work)
        for queue in self._subscribers:
            queue.put_nowait(change)
        return done

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._locked, work)

    def _locked(self, work: Callable[[], T]) -> T:
        with files.locked(self._root / "lock"):
            return work()


def _encode(manifest: Manifest) -> bytes:
    return json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"


def _decode(path: Path) -> Manifest:
    try:
        manifest: Manifest = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidObjectError(f"{path}: not JSON ({error}); repair or remove the file") from None
    return manifest


def _read_all(folder: Path) -> list[Manifest]:
    """Temporary files of a writer that died do not end in `.json`; files deleted meanwhile are left out."""
    found = []
    for path in folder.glob("*.json"):
        try:
            found.append(_decode(path))
        except FileNotFoundError:
            continue
    return found
