"""One process of the site, kept alive: started again with a growing pause when it ends unasked."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from praetor.sites.demo.commands import Command
from praetor.sites.demo.running import Place, Running, Used

READY_SECONDS = 60.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 16.0
_HEALTHY_SECONDS = 60.0


@dataclass
class Replica:
    """`heard` gets each line of JSON, `logged` each log line, `told` what the supervisor itself has to say."""

    name: str
    command: Callable[[], Command]
    limit_mb: Callable[[], int]
    place: Place
    heard: Callable[[dict[str, Any]], None]
    logged: Callable[[str], None]
    told: Callable[[str, str], None]
    port: int | None = None
    pausing: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _running: Running | None = None
    _life: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._life = asyncio.create_task(self._live())

    async def stop(self) -> None:
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life
            self._life = None

    @property
    def running(self) -> bool:
        return self._running is not None and self.ready.is_set()

    @property
    def usage(self) -> Used | None:
        return None if self._running is None else self._running.used

    def look(self) -> None:
        if self._running is not None:
            self._running.look()

    async def _live(self) -> None:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            try:
                await self._once()
            except OSError as problem:
                self.told("ERROR", f"{self.name} cannot be started: {problem}")
            if time.monotonic() - began > _HEALTHY_SECONDS:
                pause_seconds = _FIRST_PAUSE_SECONDS
            self.pausing = True
            await asyncio.sleep(pause_seconds)
            self.pausing = False
            pause_seconds = min(2.0 * pause_seconds, _LONGEST_PAUSE_SECONDS)

    async def _once(self) -> None:
        """Raises OSError where it cannot be started."""
        limit_mb = self.limit_mb()
        running = await self.place.start(self.command(), limit_mb)
        self._running = running
        try:
            async for said in running.said():
                self._hear(said.line) if said.where == "out" else self.logged(said.line)
            self._tell_end(running, limit_mb)
        finally:
            self.ready.clear()
            self.port, self._running = None, None
            await running.end()

    def _hear(self, line: str) -> None:
        told = json.loads(line)
        if "ready" in told:
            self.port = told["ready"]
            self.ready.set()
        self.heard(told)

    def _tell_end(self, running: Running, limit_mb: int) -> None:
        shown = 128 - running.code if running.code < 0 else running.code
        why = f": OOMKilled, over its limit of {limit_mb} MiB" if running.out_of_memory else ""
        self.told("ERROR", f"{self.name} ended with exit code {shown}{why}")
