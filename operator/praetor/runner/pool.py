"""A bounded pool of processes that play episodes, so that the event loop never blocks."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, Self

from praetor.runner.changes import Clearance, Wanted
from praetor.runner.errors import EpisodeLostError, EpisodeParkedError, EpisodeRefusedError
from praetor.runner.journal import OnEvent
from praetor.runner.process import Clear, WorkerProcess, nobody_to_ask
from praetor.runner.request import RunOutcome, RunRequest

GRACE_SECONDS = 5.0
"""What an episode gets beyond its deadline to end by itself before its process is killed."""
LONGEST_EPISODE_SECONDS = 3600.0
"""What an episode without a deadline gets: a policy that hangs must not keep its process for ever."""

CROWDED_SECONDS = 10.0
"""How long an episode waits for a person when it cannot make room for another: long enough to have been asked."""


def ignore(event: dict[str, Any]) -> None:
    """The listener of an episode that nobody watches."""


class EpisodePool:
    """`async with EpisodePool(...) as pool: outcome = await pool.play(request)`; or `start` and, whatever came of it,
    `aclose`.

    `stage` and `policy` are dotted paths, as praetor.runner.worker takes them. With `warm_up`, every
    process plays that request once before it gets another, so that no run waits for imports and
    compilation. A process that dies loses only its own episode and is replaced. Cancelling `play` kills
    the process that plays.
    """

    def __init__(self, stage: str, policy: str, *, workers: int, warm_up: RunRequest | None = None) -> None:
        self._factories, self._warm_up = (stage, policy), warm_up
        self.workers = workers
        self._idle: asyncio.Queue[WorkerProcess | None] = asyncio.Queue()
        self._alive: set[WorkerProcess] = set()
        self._aside = self._surplus = 0

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:  # the first that fails or is cancelled ends the waiting for the others
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Until all processes have warmed up. Raises EpisodeError."""
        for worker in await asyncio.gather(*(self._started() for _ in range(self.workers))):
            self._idle.put_nowait(worker)

    async def aclose(self) -> None:
        await asyncio.gather(*(worker.kill() for worker in self._alive))

    async def play(self, request: RunRequest, on_event: OnEvent = ignore, clear: Clear = nobody_to_ask) -> RunOutcome:
        """Waits for a free process, which is part of the time that the request has. `clear` is asked before changes and
        calls. Raises EpisodeRefusedError, EpisodeLostError when trying again may help, EpisodeParkedError when too many
        others wait for a person already."""
        asked_at = time.monotonic()
        async with self._worker() as worker:
            return await self._in_time(worker, _later(request, time.monotonic() - asked_at), on_event, clear)

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[WorkerProcess]:
        worker = await self._idle.get()
        try:
            if worker is None or not worker.is_alive:
                worker = await self._started()
            yield worker
        except EpisodeRefusedError:
            raise
        except BaseException:  # what it says next would be taken for an answer to another request
            if worker:
                await worker.kill()
            raise
        finally:
            if self._surplus:
                self._surplus -= 1
                if worker:
                    await worker.kill()
            else:
                self._idle.put_nowait(worker)

    async def _in_time(
        self, worker: WorkerProcess, request: RunRequest, on_event: OnEvent, clear: Clear = nobody_to_ask
    ) -> RunOutcome:
        deadline_seconds = request.deadline_seconds
        limit = LONGEST_EPISODE_SECONDS if deadline_seconds is None else deadline_seconds + GRACE_SECONDS
        try:
            async with asyncio.timeout(limit) as timer:
                return await worker.play(
                    request, on_event, lambda wanted: self._cleared(wanted, clear, timer, deadline_seconds is None)
                )
        except TimeoutError:
            advice = "; spec.activeDeadlineSeconds may allow more" if deadline_seconds is None else ""
            raise EpisodeLostError(
                f"the episode did not end within {round(limit, 1):g} s and was killed{advice}"
            ) from None

    async def _cleared(self, wanted: Wanted, clear: Clear, timer: asyncio.Timeout, pauses: bool) -> Clearance:
        """A person's time is not the episode's, unless it has a deadline."""
        if not wanted.needs_approval:
            return await clear(wanted)
        loop, ends = asyncio.get_running_loop(), timer.when()
        asked_at = loop.time()
        if pauses:
            timer.reschedule(None)
        clearance = await self._decided(wanted, clear)
        if pauses and ends is not None:
            timer.reschedule(ends + loop.time() - asked_at)
        return clearance

    async def _decided(self, wanted: Wanted, clear: Clear) -> Clearance:
        if self._aside < self.workers:
            with self._stepping_aside():
                return await clear(wanted)
        try:
            async with asyncio.timeout(CROWDED_SECONDS):
                return await clear(wanted)
        except TimeoutError:
            raise EpisodeParkedError("as many episodes as there are processes wait for a person already") from None

    @contextmanager
    def _stepping_aside(self) -> Iterator[None]:
        """While one episode waits for a person another may be played; the first place that becomes free after that is
        given up again."""
        self._aside += 1
        self._idle.put_nowait(None)
        try:
            yield
        finally:
            self._aside -= 1
            self._surplus += 1

    async def _started(self) -> WorkerProcess:
        worker = await WorkerProcess.start(*self._factories)
        self._alive = {worker, *(other for other in self._alive if other.is_alive)}
        if self._warm_up:
            await self._warmed_up(worker, self._warm_up)
        return worker

    async def _warmed_up(self, worker: WorkerProcess, request: RunRequest) -> None:
        try:
            await self._in_time(worker, request, ignore)
        except BaseException:
            await worker.kill()
            raise


def _later(request: RunRequest, seconds: float) -> RunRequest:
    """What is left of it; an episode whose time is over by now begins, and says so."""
    left = request.deadline_seconds
    return request if left is None else replace(request, deadline_seconds=max(0.0, left - seconds))
