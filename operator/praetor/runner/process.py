"""The parent's end of one worker process."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

from praetor.runner.changes import Clearance, Wanted, WantedCall, WantedChange, nobody
from praetor.runner.errors import EpisodeLostError, EpisodeRefusedError
from praetor.runner.journal import OnEvent
from praetor.runner.request import RunOutcome, RunRequest

LINE_LIMIT_BYTES = 64 * 2**20
EXIT_SECONDS = 1.0

Clear = Callable[[Wanted], Awaitable[Clearance]]
"""The parent's end of a gate."""


async def nobody_to_ask(wanted: Wanted) -> Clearance:
    return nobody(wanted)


class WorkerProcess:
    """Plays one request at a time. After EpisodeLostError or a cancellation it is to be killed, not used
    again."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, stage: str, policy: str) -> Self:
        pipe = asyncio.subprocess.PIPE
        module = (sys.executable, "-m", "praetor.runner.worker")
        return cls(
            await asyncio.create_subprocess_exec(
                *module, stage, policy, stdin=pipe, stdout=pipe, limit=LINE_LIMIT_BYTES
            )
        )

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def play(self, request: RunRequest, on_event: OnEvent, clear: Clear = nobody_to_ask) -> RunOutcome:
        """Raises EpisodeRefusedError, EpisodeLostError, and what `clear` raises."""
        await self._send(request.to_json())
        while True:
            match await self._receive():
                case {"event": event}:
                    on_event(event)
                case {"ask": change}:
                    await self._send({"answer": (await clear(WantedChange.from_json(change))).to_json()})
                case {"call": call}:
                    await self._send({"answer": (await clear(WantedCall.from_json(call))).to_json()})
                case {"outcome": outcome}:
                    return _outcome(outcome)
                case {"refused": message}:
                    raise EpisodeRefusedError(message)
                case {"crashed": message}:
                    raise EpisodeLostError(f"the episode crashed: {message}")
                case unknown:
                    raise _no_answer(str(unknown))

    async def kill(self) -> None:
        if self.is_alive:
            self._process.kill()
        await self._process.wait()

    async def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()
        except ConnectionError:
            raise await self._lost() from None

    async def _receive(self) -> Any:
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
            if not line.endswith(b"\n"):
                raise await self._lost()
            return json.loads(line)
        except ValueError as problem:  # not JSON, or longer than a line may be
            raise _no_answer(str(problem)) from None

    async def _lost(self) -> EpisodeLostError:
        with suppress(TimeoutError):  # it closed its stdout, so it is about to end by itself
            await asyncio.wait_for(self._process.wait(), EXIT_SECONDS)
        await self.kill()
        code = self._process.returncode
        return EpisodeLostError(f"the worker process ended with {code} in the midst of an episode")


def _outcome(data: Any) -> RunOutcome:
    try:
        return RunOutcome.from_json(data)
    except (KeyError, TypeError, AttributeError) as problem:
        raise _no_answer(f"an outcome with {problem!r}") from None


def _no_answer(said: str) -> EpisodeLostError:
    return EpisodeLostError(f"the worker said {said[:200]!r}, which is no answer")
