"""A work queue of keys: each is worked on by one worker at a time, and none that was added is forgotten.

A key that is added again before it was taken is there once; one added while it is worked on comes back
afterwards. A failure brings it back after a pause that grows, and all failures together have a rate limit,
so that a broken API server is not hammered.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 60.0
RETRIES_PER_SECOND = 20.0
RETRY_BURST = 100


class KeyQueue(Generic[K]):
    """The bookkeeping, without time: who waits, who is worked on, who has to come back."""

    def __init__(self) -> None:
        self._waiting: dict[K, None] = {}
        self._taken: set[K] = set()
        self._again: set[K] = set()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._again)

    def add(self, key: K) -> None:
        if key in self._taken:
            self._again.add(key)
        else:
            self._waiting[key] = None

    def take(self) -> K | None:
        """The key that waits longest, or None."""
        if not self._waiting:
            return None
        key = next(iter(self._waiting))
        del self._waiting[key]
        self._taken.add(key)
        return key

    def done(self, key: K) -> None:
        self._taken.remove(key)
        if key in self._again:
            self._again.remove(key)
            self._waiting[key] = None


class Backoff(Generic[K]):
    """How long a key that failed has to wait: twice as long each time, and not too many keys at once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[K, int] = {}
        self._recent: deque[float] = deque(maxlen=RETRY_BURST)

    def pause_seconds(self, key: K) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        own_seconds = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 30), LONGEST_PAUSE_SECONDS)
        return max(own_seconds, self._until_turn())

    def forget(self, key: K) -> None:
        self._failures.pop(key, None)

    def _until_turn(self) -> float:
        """The burst passes at once; what comes after it is spread over time."""
        now = self._clock()
        turn = now if len(self._recent) < RETRY_BURST else max(now, self._recent[0] + RETRY_BURST / RETRIES_PER_SECOND)
        self._recent.append(turn)
        return turn - now


class WorkQueue(Generic[K]):
    """Belongs to one event loop; `add` must be called from it."""

    def __init__(self) -> None:
        self._keys: KeyQueue[K] = KeyQueue()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._backoff: Backoff[K] = Backoff(lambda: asyncio.get_running_loop().time())
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: K) -> None:
        self._keys.add(key)
        self._wake.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Of several moments for one key the earliest counts."""
        loop = asyncio.get_running_loop()
        due, timer = loop.time() + seconds, self._timers.get(key)
        if timer is not None and timer.when() <= due:
            return
        if timer is not None:
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._ring, key)

    async def work(self, handle: Callable[[K], Awaitable[None]]) -> None:
        """One worker, until it is cancelled. Run as many as wanted."""
        while True:
            key = await self._next()
            try:
                await handle(key)
            except Exception:
                pause_seconds = self._backoff.pause_seconds(key)
                log.warning("%s: again in %.2f s", key, pause_seconds, exc_info=True)
                self.add_after(key, pause_seconds)
            else:
                self._backoff.forget(key)
            finally:
                self._keys.done(key)
                self._wake.set()

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _ring(self, key: K) -> None:
        del self._timers[key]
        self.add(key)

    async def _next(self) -> K:
        while (key := self._keys.take()) is None:
            self._wake.clear()
            await self._wake.wait()
        return key
