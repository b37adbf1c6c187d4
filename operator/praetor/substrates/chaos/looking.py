"""Looks at a target again and again until a question of an experiment has its answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from threading import Lock
from typing import Literal, Protocol

from praetor.guard.errors import GuardedError
from praetor.substrates.chaos.judging import Objectives, Sight, elsewhere, noticed, unkept, unsteady
from simcore.errors import SimcoreError

log = logging.getLogger(__name__)
Question = Literal["Before", "Noticed", "Elsewhere", "After"]
LOOK_SECONDS = 1.0
NOTICE_SECONDS = 120.0
RESTORE_SECONDS = 300.0
_SILENT_LOOKS = 5
_BLIND_LOOKS = 10
"""So many in a row may fail for a reason that nobody thought of."""


class Eyes(Protocol):
    """Who looks at one target, and waits while doing so."""

    def look(self) -> Sight:
        """Raises SimcoreError, GuardedError."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Looked:
    """The answer to a question. `plan` is of `Before` alone, when all is well."""

    holds: bool
    message: str = ""
    plan: bytes | None = None


class Looker:
    """One target. It is well when it was for `steady_looks`, `pause_seconds` apart; limits are real seconds. Where eyes
    cannot be `opened`, the look has failed."""

    def __init__(
        self, opened: Callable[[], Eyes], objectives: Objectives, steady_looks: int, pause_seconds: float
    ) -> None:
        self._open, self._objectives, self._using = opened, objectives, Lock()
        self._eyes: Eyes | None = None
        self._looks, self._pause_seconds = max(2, steady_looks), pause_seconds
        self._sights: list[Sight] = []
        self._silent, self._why_silent = 0, ""

    async def steady(self) -> Looked:
        """Whether all has been well for the whole time."""
        for _ in range(self._looks):
            await self._look()
            if self._silent:
                return Looked(False, self._why_silent)
        why = unsteady(self._sights, self._objectives)
        return Looked(not why, why)

    async def restored(self, limit_seconds: float = RESTORE_SECONDS) -> Looked:
        """Whether all is well again within the limit: what was healed needs time to come up."""
        why = ""
        async for _ in self._until(limit_seconds):
            enough = len(self._sights) >= self._looks and not self._silent
            why = unsteady(self._sights[-self._looks :], self._objectives) or self._why_silent
            if enough and not why:
                return Looked(True)
        return Looked(False, why)

    async def noticed(self, limit_seconds: float = NOTICE_SECONDS) -> Looked:
        """What users notice of the fault; not every fault is noticed, or soon."""
        async for _ in self._until(limit_seconds):
            if what := noticed(self._sights, self._objectives):
                return Looked(True, what)
            if self._silent >= _SILENT_LOOKS:
                return Looked(True, self._why_silent)
        return Looked(False, f"users noticed nothing within {limit_seconds:g} s")

    async def broken_elsewhere(self, target: str | None, touches: tuple[str, ...]) -> Looked:
        """Comes back only when something broke, or when nobody would see it. A target that says nothing while it is
        broken says nothing here."""
        blind = 0
        while True:
            try:
                await self._look()
                blind, what = 0, elsewhere(self._sights, target, touches, self._objectives)
            except Exception as problem:  # a fault that nobody watches must not stay
                log.exception("a look at what else breaks failed")
                blind, what = blind + 1, ""
                if blind >= _BLIND_LOOKS:
                    what = f"what else breaks cannot be seen: {type(problem).__name__}: {problem}"
                await asyncio.sleep(self._pause_seconds)
            if what:
                return Looked(True, what)

    def unkept(self) -> tuple[str, ...]:
        """Services that did not keep what is promised although all was well: it is not promised of them."""
        return unkept(self._sights, self._objectives)

    async def _until(self, limit_seconds: float) -> AsyncIterator[None]:
        ends = asyncio.get_running_loop().time() + limit_seconds
        while True:
            await self._look()
            yield
            if asyncio.get_running_loop().time() >= ends:
                return

    async def _look(self) -> None:
        if self._sights or self._silent:
            await asyncio.sleep(self._pause_seconds)
        try:
            self._sights = [*self._sights[-600:], await asyncio.to_thread(self._seen)]
            self._silent, self._why_silent = 0, ""
        except (SimcoreError, GuardedError) as problem:
            self._silent, self._why_silent = self._silent + 1, f"the target does not answer: {problem}"

    def _seen(self) -> Sight:
        with self._using:
            self._eyes = self._eyes or self._open()
            return self._eyes.look()

    async def close(self) -> None:
        """After the look that is under way, if one is."""

        def closed() -> None:
            with self._using:
                if self._eyes is not None:
                    self._eyes.close()

        await asyncio.to_thread(closed)
