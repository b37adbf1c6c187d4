"""Processes of the site that run in other pods: started, heard and ended through `praetor site part`."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from praetor.sites.demo.commands import Command
from praetor.sites.demo.running import Running, Said

_CALL_SECONDS = 10.0
_SILENT_SECONDS = 15.0
_ENDED_UNHEARD = 255
_PUSH_SECONDS = 0.2
_ASK_AGAIN_SECONDS = 1.0


@dataclass
class UsedElsewhere:
    """As the other pod measured it last."""

    cpu_percent: float = 0.0
    memory_mb: float = 0.0


class RunningElsewhere:
    """Told line by line. A pod that falls silent is taken to have lost its process."""

    def __init__(self, http: httpx.AsyncClient, answer: httpx.Response, lines: AsyncIterator[str], pid: int) -> None:
        self._http, self._answer, self._lines, self._pid = http, answer, lines, pid
        self.used = UsedElsewhere()
        self.code, self.out_of_memory = _ENDED_UNHEARD, False

    async def said(self) -> AsyncIterator[Said]:
        try:
            async for line in self._lines:
                told = json.loads(line)
                if "ended" in told:
                    self.code, self.out_of_memory = told["ended"], told["out_of_memory"]
                elif "memory_mb" in told:
                    self.used.cpu_percent, self.used.memory_mb = told["cpu_percent"], told["memory_mb"]
                elif "out" in told:
                    yield Said("out", told["out"])
                elif "err" in told:
                    yield Said("err", told["err"])
        except (httpx.HTTPError, ValueError) as problem:
            yield Said("err", f"[ERROR] its pod is gone: {type(problem).__name__}: {problem}")

    def look(self) -> None:
        """The pod looks itself."""

    async def end(self) -> None:
        try:
            await self._http.delete(f"/processes/{self._pid}")
        except httpx.HTTPError:
            pass  # it ends with the request that started it
        finally:
            await self._answer.aclose()


class Elsewhere:
    """The pod at `url`. `files` are kept there as they are here."""

    def __init__(self, url: str, token: str, files: list[Path]) -> None:
        parsed = httpx.URL(url)
        self.host, self._files = parsed.host, files
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_CALL_SECONDS, read=_SILENT_SECONDS),
            trust_env=False,
        )
        self._pushed: dict[str, str] = {}
        self._pushing = asyncio.Lock()

    def address(self) -> str:
        """Of the pod as it is now. Raises OSError."""
        return str(socket.getaddrinfo(self.host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])

    async def facts(self) -> dict[str, Any]:
        """Asked until the pod is there."""
        while True:
            try:
                answer = await self._http.get("/facts")
                answer.raise_for_status()
                facts: dict[str, Any] = answer.json()
            except (httpx.TransportError, httpx.HTTPStatusError):
                await asyncio.sleep(_ASK_AGAIN_SECONDS)
            else:
                return facts

    async def start(self, command: Command, limit_mb: int) -> Running:
        """Raises OSError where the pod is not there."""
        try:
            await self.push(anew=True)
            request = self._http.build_request("POST", "/processes", json=command.to_json() | {"limit_mb": limit_mb})
            answer = await self._http.send(request, stream=True)
        except httpx.HTTPError as problem:
            raise ConnectionError(f"{self.host}: {type(problem).__name__}: {problem}") from None
        lines = answer.aiter_lines()
        try:
            answer.raise_for_status()
            started = json.loads(await anext(lines))["started"]
        except (httpx.HTTPError, ValueError, KeyError, StopAsyncIteration) as problem:
            await answer.aclose()
            raise ConnectionError(f"{self.host}: {type(problem).__name__}: {problem}") from None
        return RunningElsewhere(self._http, answer, lines, started)

    async def push_for_ever(self) -> None:
        """A pod that does not answer is told when it does."""
        while True:
            try:
                await self.push()
            except httpx.HTTPError:
                self._pushed.clear()
                await asyncio.sleep(_ASK_AGAIN_SECONDS)
            await asyncio.sleep(_PUSH_SECONDS)

    async def push(self, *, anew: bool = False) -> None:
        """What has changed; `anew`: everything. Raises httpx.HTTPError."""
        async with self._pushing:
            for file in (file for file in self._files if file.exists()):
                text = file.read_text()  # its inode and times may be those of another writing
                if anew or self._pushed.get(file.name) != text:
                    answer = await self._http.put(f"/files/{file.name}", json={"text": text})
                    answer.raise_for_status()
                    self._pushed[file.name] = text

    async def close(self) -> None:
        await self._http.aclose()
