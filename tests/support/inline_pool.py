"""Pools without processes: they play the tiny stage here and now, and fail as they are told to."""

import asyncio
from collections.abc import Callable
from typing import Any

from praetor.runner.loop import play
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from tests.support.tiny_stage import connect, make_policy


class HangingPool:
    """Its episodes tell of their first step, and then nothing any more; `hanging` counts those that have got there."""

    def __init__(self) -> None:
        self.hanging = 0

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        told: list[dict[str, Any]] = []
        play(request, connect(request), make_policy("playbook"), on_event=told.append)
        for event in told[: 1 + next(n for n, event in enumerate(told) if event["kind"] == "observation")]:
            on_event(event)
        self.hanging += 1
        await asyncio.Event().wait()
        raise AssertionError("nothing ends it but its cancellation")


class InlinePool:
    """Each of `failures` is raised once, by the first plays. `held` keeps episodes from ending until it is set."""

    def __init__(self, *failures: Exception, held: asyncio.Event | None = None) -> None:
        self.failures, self.held = list(failures), held
        self.requests: list[RunRequest] = []
        self.cancelled = 0

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        self.requests.append(request)
        await self._released()
        if self.failures:
            raise self.failures.pop(0)
        policy = make_policy("raises" if request.policy == "random" else "playbook")
        return play(request, connect(request), policy, on_event=on_event)

    async def _released(self) -> None:
        try:
            await (self.held.wait() if self.held else asyncio.sleep(0))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
