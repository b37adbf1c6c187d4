"""One process of the site, kept alive: started again with a growing pause when it ends unasked."""

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.process import SETUP_VARIABLE
from praetor.sites.demo.telemetry import Usage

READY_SECONDS = 20.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 16.0
_HEALTHY_SECONDS = 60.0
_END_SECONDS = 5.0
_LONGEST_LINE_BYTES = 1 << 20
_NUMBERS = itertools.count()
"""Control groups have a name for each process: an old one may still be there when the new one starts."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a process is started: a module of this package, or a program that `process` becomes."""

    module: str
    setup: dict[str, Any]
    program: tuple[str, ...] = ()
    pass_fds: tuple[int, ...] = ()
    stop: signal.Signals = signal.SIGTERM

    def arguments(self) -> list[str]:
        return [sys.executable, "-m", self.module, *self.program]

    def environment(self) -> dict[str, str]:
        """Secrets go by the environment: arguments can be read by everybody on a machine."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "TZ") if name in os.environ}
        wanted = json.dumps(self.setup | {"supervisor": os.getpid()})
        return kept | {SETUP_VARIABLE: wanted, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


@dataclass
class Replica:
    """`heard` gets each line of JSON, `logged` each log line, `told` what the supervisor itself has to say."""

    name: str
    command: Callable[[], Command]
    limit_mb: Callable[[], int]
    cages: Cages
    heard: Callable[[dict[str, Any]], None]
    logged: Callable[[str], None]
    told: Callable[[str, str], None]
    port: int | None = None
    usage: Usage | None = None
    pausing: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _caged: bool = False
    _process: asyncio.subprocess.Process | None = None
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
        return self._process is not None and self.ready.is_set()

    def look(self) -> None:
        """Once a second: what it uses; where the kernel does not limit it, the supervisor does."""
        if self.usage is None or self._process is None:
            return
        self.usage.look()
        if self._is_over():
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _live(self) -> None:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            await self._once()
            if time.monotonic() - began > _HEALTHY_SECONDS:
                pause_seconds = _FIRST_PAUSE_SECONDS
            self.pausing = True
            await asyncio.sleep(pause_seconds)
            self.pausing = False
            pause_seconds = min(2.0 * pause_seconds, _LONGEST_PAUSE_SECONDS)

    async def _once(self) -> None:
        command = self.command()
        process = await _started(command)
        self._process = process
        cage = f"{self.name}-{next(_NUMBERS)}"
        self._caged = self.cages.put(cage, process.pid, self.limit_mb())
        self.usage = Usage(process.pid, lambda: self.cages.used_mb(cage))
        try:
            await asyncio.gather(self._hear(process), self._read_log(process), process.wait())
            self._tell_end(process.returncode or 0, self.cages.killed(cage) > 0)
        finally:
            self.ready.clear()
            self.port, self._process = None, None
            await _end(process, command.stop)
            self.cages.remove(cage)

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self.port = told["ready"]
                self.ready.set()
            self.heard(told)

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.logged(line.decode(errors="replace").rstrip("\n"))

    def _tell_end(self, code: int, out_of_memory: bool) -> None:
        shown = 128 - code if code < 0 else code
        why = f": OOMKilled, over its limit of {self.limit_mb()} MiB" if out_of_memory or self._is_over() else ""
        self.told("ERROR", f"{self.name} ended with exit code {shown}{why}")

    def _is_over(self) -> bool:
        return self.usage is not None and not self._caged and self.usage.memory_mb > self.limit_mb()


async def _started(command: Command) -> asyncio.subprocess.Process:
    """Who is cancelled while it starts ends it: nobody else knows of it."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command.arguments(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=command.environment(),
            pass_fds=command.pass_fds,
            limit=_LONGEST_LINE_BYTES,
            start_new_session=True,  # Ctrl-C is the supervisor's to handle
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _end(await starting, command.stop)
        raise


async def _end(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(number)
        try:
            await asyncio.wait_for(process.wait(), _END_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
