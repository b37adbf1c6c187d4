"""`praetor site part`: a pod of the demo site. It starts what the site's supervisor tells it to, and nothing else.

A process lives as long as the request that started it: its answer is a line of JSON for everything that the process
says and uses, and the last one says how it ended. A supervisor that is gone leaves nothing behind.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.commands import Command
from praetor.sites.demo.postgres import find_postgres, owner_of, version_of
from praetor.sites.demo.running import Here, RunningHere
from praetor.web.app import new_app
from praetor.web.callers import CallerCheck
from praetor.web.errors import ApiError
from praetor.web.metrics import Metrics

LOOK_SECONDS = 0.5
MOST_PROCESSES = 20
Module = Literal["praetor.sites.demo.api", "praetor.sites.demo.frontend", "praetor.sites.demo.database"]
FileName = Annotated[str, InPath(pattern=r"^[a-z]+\.(json|pem)$")]


class Wanted(BaseModel):
    """A process, as the supervisor wants it."""

    model_config = ConfigDict(extra="forbid")

    module: Module
    setup: dict[str, Any]
    listens: bool
    stop: int
    limit_mb: int


class Part:
    """`folder` is for files of the supervisor, `journal` a small volume, `data` PostgreSQL's, `listening` where users
    reach it, which it closes."""

    def __init__(self, folder: Path, journal: Path | None, data: Path, listening: socket.socket) -> None:
        self.folder, self.journal, self.data = folder, journal, data
        self.users_port: int = listening.getsockname()[1]
        self._here = Here(Cages(), listening)
        self._running: dict[int, RunningHere] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def facts(self) -> dict[str, Any]:
        programs = find_postgres()
        return {
            "folder": str(self.folder),
            "journal": str(self.journal or self.folder),
            "bounded": self.journal is not None,
            "data": str(self.data / "postgres"),
            "user": None if programs is None else owner_of(self.data / "postgres"),
            "postgres": None if programs is None else str(programs),
            "version": None if programs is None else version_of(programs),
        }

    def write(self, name: str, content: bytes) -> None:
        partly = self.folder / f"{name}.new"
        partly.write_bytes(content)
        partly.chmod(0o600)
        partly.replace(self.folder / name)

    async def start(self, wanted: Wanted) -> RunningHere:
        """Raises ApiError."""
        if len(self._running) >= MOST_PROCESSES:
            raise ApiError(409, "too_many", f"{MOST_PROCESSES} processes run here already")
        command = Command.from_json(wanted.model_dump(exclude={"limit_mb"}))
        running = await self._here.start(command, wanted.limit_mb)
        self._running[running.pid] = running
        return running

    async def told(self, running: RunningHere) -> AsyncIterator[str]:
        """Until the process has ended, or nobody listens any more."""
        looking = asyncio.create_task(self._look(running, lines := asyncio.Queue[str | None]()))
        telling = asyncio.create_task(self._tell(running, lines))
        try:
            yield _line(started=running.pid)
            while (line := await lines.get()) is not None:
                yield line
            yield _line(ended=running.code, out_of_memory=running.out_of_memory)
        finally:
            for task in (looking, telling):
                task.cancel()
            await asyncio.shield(self.end(running.pid))

    async def _tell(self, running: RunningHere, lines: "asyncio.Queue[str | None]") -> None:
        async for said in running.said():
            lines.put_nowait(_line(**{said.where: said.line}))
        lines.put_nowait(None)

    async def _look(self, running: RunningHere, lines: "asyncio.Queue[str | None]") -> None:
        while True:
            running.look()
            lines.put_nowait(_line(cpu_percent=running.used.cpu_percent, memory_mb=running.used.memory_mb))
            await asyncio.sleep(LOOK_SECONDS)

    async def end(self, pid: int) -> None:
        running = self._running.pop(pid, None)
        if running is not None:
            await running.end()

    async def close(self) -> None:
        await asyncio.gather(*(self.end(pid) for pid in list(self._running)))
        await self._here.close()


def part_app(part: Part, checks: Sequence[CallerCheck], version: str) -> FastAPI:
    async def ready() -> None:
        return None

    app = new_app(
        "Part of the demo site", version, checks=checks, access_of=lambda connection: (), ready=ready, metrics=Metrics()
    )

    @app.get("/facts", summary="Where files of this part are.")
    async def facts() -> dict[str, Any]:
        return part.facts()

    @app.put("/files/{name}", status_code=204, summary="A file that the processes read.")
    async def write(name: FileName, text: Annotated[str, Body(embed=True)]) -> None:
        part.write(name, text.encode())

    @app.post("/processes", summary="Starts a process; it ends with this request.")
    async def start(wanted: Annotated[Wanted, Body()]) -> StreamingResponse:
        return StreamingResponse(part.told(await part.start(wanted)), media_type="application/x-ndjson")

    @app.delete("/processes/{pid}", status_code=204, summary="Ends a process; it has ended with the answer.")
    async def end(pid: int) -> None:
        await part.end(pid)

    return app


def _line(**told: Any) -> str:
    return json.dumps(told) + "\n"
