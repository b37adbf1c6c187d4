"""The episodes that this process plays or has played and not yet reported. Lost with the process, on purpose:
what a run needs to go on is in its object, and the simulator plays the same again."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from praetor.controller.key import Key
from praetor.controller.live import LiveHub
from praetor.controller.metrics import ControllerMetrics
from praetor.controller.observed import EpisodeState, Lost, Playing, Refused
from praetor.controller.times import Clock
from praetor.runner.changes import Clearance, Wanted
from praetor.runner.errors import EpisodeLostError, EpisodeParkedError, EpisodeRefusedError
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from simcore.trace import canonical_json

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 600.0
"""For so long an episode that waits for a person keeps its process; after that it is begun anew when they decided."""


class Pool(Protocol):
    """What plays: praetor.runner.pool.EpisodePool."""

    async def play(
        self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear
    ) -> RunOutcome: ...


@dataclass(slots=True)
class _Entry:
    attempt: int = 0
    state: EpisodeState | None = None
    task: asyncio.Task[None] | None = None
    answer: asyncio.Future[Clearance] | None = None
    stored: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


class Episodes:
    """By the uid of the run. `on_news(key)` is called whenever one has come to an end, whatever the end, and whenever
    one asks to be let make a change or a call."""

    def __init__(
        self, pool: Pool, live: LiveHub, on_news: Callable[[Key], None], clock: Clock, metrics: ControllerMetrics
    ) -> None:
        self._pool, self._live, self._on_news = pool, live, on_news
        self._clock, self._metrics = clock, metrics
        self._entries: dict[str, _Entry] = {}

    def state(self, uid: str) -> EpisodeState | None:
        return self._entries[uid].state if uid in self._entries else None

    def stored(self, uid: str) -> Mapping[str, str]:
        return self._entries[uid].stored if uid in self._entries else {}

    def told(self, uid: str) -> Sequence[str]:
        """The lines of the trace that the episode has told so far."""
        return self._entries[uid].told if uid in self._entries else ()

    def note_stored(self, uid: str, artifact: str, reference: str) -> None:
        self._entries.setdefault(uid, _Entry()).stored[artifact] = reference

    def start(self, request: RunRequest, attempt: int) -> None:
        """Nothing happens if the run's episode is under way already."""
        if isinstance(self.state(request.run_uid), Playing):
            return
        entry = _Entry(attempt, Playing())
        self._entries[request.run_uid] = entry
        entry.task = asyncio.create_task(self._play(entry, request, attempt))

    def stop(self, uid: str) -> None:
        """Kills what plays and forgets what was played."""
        entry = self._entries.pop(uid, None)
        if entry and entry.task:
            entry.task.cancel()

    def kill(self, uid: str) -> None:
        """Kills what plays, as if it had died by itself."""
        entry = self._entries.get(uid)
        if entry and entry.task and isinstance(entry.state, Playing):
            entry.task.cancel()
            entry.state = Lost(entry.attempt, "it was killed", self._clock())

    async def close(self) -> None:
        tasks = [entry.task for entry in self._entries.values() if entry.task]
        for uid in list(self._entries):
            self.stop(uid)
        await asyncio.gather(*tasks, return_exceptions=True)

    def answer(self, uid: str, clearance: Clearance) -> None:
        """Nothing happens if nobody waits for it any more."""
        entry = self._entries.get(uid)
        if entry and entry.answer and not entry.answer.done():
            entry.state = Playing()
            entry.answer.set_result(clearance)

    async def _play(self, entry: _Entry, request: RunRequest, attempt: int) -> None:
        with self._metrics.episode_seconds.time():
            entry.state = await self._outcome(entry, request, attempt)
        self._on_news(_key(request))

    async def _outcome(self, entry: _Entry, request: RunRequest, attempt: int) -> EpisodeState | None:
        try:
            return await self._pool.play(
                request,
                lambda event: self._tell(entry, request, event),
                lambda wanted: self._cleared(entry, request, wanted),
            )
        except EpisodeParkedError as waits:
            log.info("%s/%s: attempt %d: %s", request.namespace, request.name, attempt, waits)
            return None
        except EpisodeRefusedError as problem:
            return Refused(str(problem))
        except (EpisodeLostError, OSError) as problem:
            log.warning("%s/%s: attempt %d: %s", request.namespace, request.name, attempt, problem)
            return Lost(attempt, str(problem), self._clock())
        except Exception as problem:  # a run must never wait for an episode that nobody plays
            log.exception("%s/%s: attempt %d broke", request.namespace, request.name, attempt)
            return Lost(attempt, f"{type(problem).__name__}: {problem}", self._clock())

    def _tell(self, entry: _Entry, request: RunRequest, event: dict[str, Any]) -> None:
        entry.told.append(canonical_json(event))
        self._live.publish(request, event)

    async def _cleared(self, entry: _Entry, request: RunRequest, wanted: Wanted) -> Clearance:
        """Raises EpisodeParkedError: a process, and what a policy remembers, are kept for so long only."""
        entry.state, entry.answer = Playing(wanted), asyncio.get_running_loop().create_future()
        self._on_news(_key(request))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await entry.answer
        except TimeoutError:
            raise EpisodeParkedError(f"waited {PATIENCE_SECONDS:g} s for an answer") from None


def _key(request: RunRequest) -> Key:
    return Key("IncidentRun", request.namespace, request.name)
