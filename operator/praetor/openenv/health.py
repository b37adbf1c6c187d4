"""Whether this process can play, and now. A world is played once at the start, off the event loop."""

import asyncio
import logging

from praetor.openenv.play import Play
from praetor.openenv.sessions import Sessions
from praetor.openenv.tasks import names_of
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

    async def prove(self) -> None:
        try:
            await asyncio.to_thread(play_once)
        except Exception:
            logger.exception("the simulator cannot play")
        else:
            self._proven = True

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
    """Compiles, or loads, what episodes need, and reads the library."""
    play = Play()
    for split in ("train", "validation"):
        names_of(split)
    play.reset({"seed": 0, "split": "train"})
    for action in _PROOF:
        play.step(action)
