"""Whether this process can play, and now. A world is played once at the start, off the event loop."""

import asyncio
import logging

from praetor.openenv.play import Play
from praetor.openenv.sessions import Sessions
from praetor.openenv.tasks import SEEDS, names_of
from simcore.errors import SimcoreError

logger = logging.getLogger(__name__)
_PROOF = ({"action_type": "list_services"}, {"action_type": "resolve_incident"})


class NotReadyError(SimcoreError):
    """The text says why."""


class Health:
    """`prove` plays; until it has, this is unhealthy."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._proven = False
        self._reading: asyncio.Task[None] | None = None

    async def prove(self) -> None:
        try:
            await asyncio.to_thread(play_once)
        except Exception:
            logger.exception("the simulator cannot play")
            return
        self._proven = True
        self._reading = asyncio.create_task(asyncio.to_thread(_read_library))

    def status(self) -> str:
        if not self._proven:
            return "unhealthy"
        return "degraded" if self._sessions.draining or self._sessions.full else "healthy"

    async def ready(self) -> None:
        """Raises NotReadyError."""
        if not self._proven:
            raise NotReadyError("the simulator has not played yet")
        if self._sessions.draining:
            raise NotReadyError("shutting down")


def play_once() -> None:
    """Compiles, or loads, what episodes need."""
    play = Play()
    play.reset({"seed": 0, "task_id": "oom_crash"})
    for action in _PROOF:
        play.step(action)


def _read_library() -> None:
    """So that the first client who names no scenario does not wait for it."""
    for split in SEEDS:
        names_of(split)
