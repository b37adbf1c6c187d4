"""What running episodes do, told as it happens to whoever listens. Nothing is kept: the store has the past."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from praetor.runner.request import RunRequest

BACKLOG = 1000
"""Events that a slow listener may lag behind; after that it misses the oldest."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One trace event of a run."""

    namespace: str
    name: str
    event: dict[str, Any]


class Subscription:
    """Iterate over it: `async for live in subscription`."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[LiveEvent] = asyncio.Queue(BACKLOG)

    def put(self, live: LiveEvent) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(live)

    async def __aiter__(self) -> AsyncIterator[LiveEvent]:
        while True:
            yield await self._queue.get()


class LiveHub:
    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def publish(self, request: RunRequest, event: dict[str, Any]) -> None:
        live = LiveEvent(request.namespace, request.name, event)
        for subscription in self._subscriptions:
            subscription.put(live)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Everything from now on, until the `with` block is left."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
