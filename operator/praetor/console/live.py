"""Trace events as they happen, for the watchers of this process. Only a view: the stored trace is the truth."""

import asyncio
from collections import OrderedDict
from typing import Any

KEPT_RUNS = 64
KEPT_EVENTS = 2_000


class LiveTraces:
    """Fed by whatever plays the runs, from the event loop; the least recent run is forgotten first."""

    def __init__(self) -> None:
        self._events: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._news = asyncio.Event()

    def publish(self, event: dict[str, Any]) -> None:
        """A run that is begun again, after its process died, begins with its first event again."""
        uid = event["run_uid"]
        events = self._events.setdefault(uid, [])
        if event["seq"] == 0:
            events.clear()
        if len(events) < KEPT_EVENTS:
            events.append(event)
        self._events.move_to_end(uid)
        while len(self._events) > KEPT_RUNS:
            self._events.popitem(last=False)
        self._wake()

    def after(self, uid: str, seq: int) -> list[dict[str, Any]]:
        return [event for event in self._events.get(uid, ()) if event["seq"] > seq]

    async def wait(self, seconds: float) -> None:
        """Until something is published, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
