"""A store for one machine: a directory of JSON files that a person can read.

    incidentruns/<namespace>/<name>.json     one object a file; so for the other kinds
    artifacts/<namespace>/<run>/<artifact>   bytes owned by a run
    events/<namespace>/<name>/<event>.json   what happened to the objects of that name
    journal.jsonl                            what changed, and the revision that it got
    lock                                     held while something is written

Several processes may share it. A process that dies at any moment leaves a store that the next can use.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from praetor.store import files, rules
from praetor.store.events import event_manifest, event_order
from praetor.store.journal import Change
from praetor.store.limits import check_artifact_size
from praetor.store.names import PLURALS, check_artifact_name, check_kind, identity
from praetor.store.shelf import Shelf
from simcore.errors import UnavailableError
from simcore.protocols import Manifest

T = TypeVar("T")


class DirectoryStore:
    """Implements simcore.protocols.Store. Writes have a thread, so that no event loop waits for a disk."""

    def __init__(self, path: Path | str) -> None:
        self._root = Path(path)
        self._root.mkdir(parents=True, exist_ok=True)
        self._shelf = Shelf(self._root)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="directory-store")
        self._subscribers: set[asyncio.Queue[Change]] = set()

    def close(self) -> None:
        self._writer.shutdown()

    # Objects

    async def create(self, manifest: Manifest) -> Manifest:
        place = Change(*identity(manifest))
        return await self._change(place, lambda: self._shelf.create(place, manifest))

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        place = Change(check_kind(kind), namespace, name)
        return await self._reading(lambda: self._shelf.read(place))

    async def find(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        may_lag: bool = False,
    ) -> list[Manifest]:
        check_kind(kind)
        return await self._reading(lambda: self._shelf.find(kind, namespace, labels or {}))

    async def update(self, manifest: Manifest) -> Manifest:
        place = Change(*identity(manifest))
        return await self._change(place, lambda: self._shelf.replace(place, manifest, rules.replaced))

    async def update_status(self, manifest: Manifest) -> Manifest:
        place = Change(*identity(manifest))
        return await self._change(place, lambda: self._shelf.replace(place, manifest, rules.with_status))

    async def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        place = Change(check_kind(kind), namespace, name)
        await self._change(place, lambda: self._shelf.delete(place, uid))

    async def approvals_complaint(self, run_made_at: str) -> str:
        """None: what is written goes by the store's own rules."""
        return ""

    # What objects own

    async def put_artifact(self, run: Manifest, name: str, data: bytes) -> str:
        place, uid = Change(*identity(run)), run["metadata"]["uid"]
        check_artifact_name(name)
        check_artifact_size(name, data)
        await self._locked(lambda: self._shelf.put_artifact(place, uid, name, data))
        return f"{place.name}/{name}"

    async def get_artifact(self, namespace: str, run_name: str, name: str) -> bytes:
        place = Change("IncidentRun", namespace, run_name)
        check_artifact_name(name)
        return await self._reading(lambda: self._shelf.read_artifact(place, name))

    async def record_event(self, regarding: Manifest, reason: str, message: str, *, warning: bool = False) -> None:
        place = Change(*identity(regarding))
        event = event_manifest(regarding, reason, message, warning=warning)
        await self._locked(lambda: self._shelf.record_event(place, event))

    async def events(self, namespace: str, name: str) -> list[Manifest]:
        return sorted(await self._reading(lambda: self._shelf.events(namespace, name)), key=event_order)

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
        if self._shelf.journal.last_revision() == since:
            return since, []
        return await self._locked(lambda: self._changes(since))

    def _changes(self, since: int) -> tuple[int, list[Change] | None]:
        changes = self._shelf.journal.since(since)
        objects = None if changes is None else [change for change in changes if change.kind in PLURALS]
        return self._shelf.journal.last_revision(), objects

    # Threads

    async def _change(self, place: Change, work: Callable[[], T]) -> T:
        """Does the work; subscribers hear of it if it changed something."""
        done, has_changed = await self._locked(lambda: self._noticing(work))
        for queue in self._subscribers if has_changed else ():
            queue.put_nowait(place)
        return done

    def _noticing(self, work: Callable[[], T]) -> tuple[T, bool]:
        before = self._shelf.journal.last_revision()
        return work(), self._shelf.journal.last_revision() != before

    async def _reading(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(self._answering, work)

    async def _locked(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._answering, lambda: self._with_lock(work))

    def _with_lock(self, work: Callable[[], T]) -> T:
        with files.locked(self._root / "lock"):
            return work()

    def _answering(self, work: Callable[[], T]) -> T:
        """A disk that is full, away or not ours is a store that cannot answer now."""
        try:
            return work()
        except OSError as error:
            raise UnavailableError(f"store {self._root}: {error}") from error
