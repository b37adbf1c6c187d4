"""Tells a controller what changes in a directory store, whichever process changes it."""

import asyncio

from praetor.controller.controller import Controller
from praetor.controller.key import Key
from praetor.store.directory import DirectoryStore
from praetor.store.journal import Change
from simcore.errors import NotFoundError

POLL_SECONDS = 0.25


class DirectoryWatcher:
    """Changes made through this very store object are heard of at once, those of other processes by polling."""

    def __init__(self, store: DirectoryStore, controller: Controller) -> None:
        self._store, self._controller = store, controller

    async def run(self) -> None:
        """Until it is cancelled. Everything that is there already is noticed first."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._listen())
            both.create_task(self._poll())

    async def _listen(self) -> None:
        heard = self._store.subscribe()
        try:
            while True:
                await self._tell(await heard.get())
        finally:
            self._store.unsubscribe(heard)

    async def _poll(self) -> None:
        revision, _ = await self._store.changes(0)
        await self._controller.resync([None])
        while True:
            await asyncio.sleep(POLL_SECONDS)
            revision, changes = await self._store.changes(revision)
            if changes is None:
                await self._controller.resync([None])
            for change in changes or ():
                await self._tell(change)

    async def _tell(self, change: Change) -> None:
        try:
            self._controller.notice(await self._store.get(*change))
        except NotFoundError:
            self._controller.notice_gone(Key(*change))
