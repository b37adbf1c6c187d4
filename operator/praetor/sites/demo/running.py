"""A process of the site while it runs: what it says, what it uses, how it ends."""

import asyncio
import itertools
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Literal, NamedTuple, Protocol

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.commands import Command
from praetor.sites.demo.telemetry import Usage

_END_SECONDS = 5.0
_LONGEST_LINE_BYTES = 1 << 20
_NUMBERS = itertools.count()
"""Control groups have a name for each process: an old one may still be there when the new one starts."""


class Said(NamedTuple):
    """A line of its own: figures on stdout, a log line on stderr."""

    where: Literal["out", "err"]
    line: str


class Used(Protocol):
    @property
    def cpu_percent(self) -> float: ...
    @property
    def memory_mb(self) -> float: ...


class Running(Protocol):
    """`code` and `out_of_memory` are known when `said` has ended."""

    code: int
    out_of_memory: bool

    @property
    def used(self) -> Used: ...
    def said(self) -> AsyncIterator[Said]:
        """What it says, until it has ended."""

    def look(self) -> None:
        """Once a second: what it uses; one that is over its limit is ended where the kernel does not see to it."""

    async def end(self) -> None:
        """It has ended when this returns."""


class RunningHere:
    """A child of this process."""

    def __init__(self, process: asyncio.subprocess.Process, stop: signal.Signals, cages: Cages, limit_mb: int) -> None:
        self._process, self._stop, self._cages, self._limit_mb = process, stop, cages, limit_mb
        self._cage = f"{process.pid}-{next(_NUMBERS)}"
        self._caged = cages.put(self._cage, process.pid, limit_mb)
        self.used = Usage(process.pid, lambda: cages.used_mb(self._cage))
        self.code, self.out_of_memory, self.pid = 0, False, process.pid

    async def said(self) -> AsyncIterator[Said]:
        lines: asyncio.Queue[Said | None] = asyncio.Queue()
        readers = [asyncio.create_task(self._read(where, lines)) for where in ("out", "err")]
        try:
            ended = 0
            while ended < len(readers):
                line = await lines.get()
                if line is None:
                    ended += 1
                else:
                    yield line
        finally:
            for reader in readers:
                reader.cancel()
        self.code = await self._process.wait()
        self.out_of_memory = self._cages.killed(self._cage) > 0 or self._is_over()

    async def _read(self, where: str, lines: "asyncio.Queue[Said | None]") -> None:
        stream = self._process.stdout if where == "out" else self._process.stderr
        assert stream is not None
        async for line in stream:
            lines.put_nowait(Said("out" if where == "out" else "err", line.decode(errors="replace").rstrip("\n")))
        lines.put_nowait(None)

    def look(self) -> None:
        self.used.look()
        if self._is_over():
            with suppress(ProcessLookupError):
                self._process.kill()

    def _is_over(self) -> bool:
        return not self._caged and self.used.memory_mb > self._limit_mb

    async def end(self) -> None:
        await _end(self._process, self._stop)
        self._cages.remove(self._cage)


class Place(Protocol):
    """Where processes of a service are started."""

    async def start(self, command: Command, limit_mb: int) -> Running: ...


class Here:
    """This machine. `listening` is for processes that users reach; it is closed with it."""

    def __init__(self, cages: Cages, listening: socket.socket | None = None) -> None:
        self._cages, self._listening = cages, listening

    async def start(self, command: Command, limit_mb: int) -> RunningHere:
        """Who is cancelled meanwhile ends what was started: nobody else knows of it."""
        starting = asyncio.ensure_future(self._started(command))
        try:
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await _end(await starting, command.stop)
            raise
        return RunningHere(process, command.stop, self._cages, limit_mb)

    async def _started(self, command: Command) -> asyncio.subprocess.Process:
        sockets = [self._listening.fileno()] if command.listens and self._listening is not None else []
        return await asyncio.create_subprocess_exec(
            *command.arguments(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=command.environment(**({"listening": sockets[0]} if sockets else {})),
            pass_fds=sockets,
            limit=_LONGEST_LINE_BYTES,
            start_new_session=True,  # Ctrl-C is the supervisor's to handle
        )

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.close()


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
