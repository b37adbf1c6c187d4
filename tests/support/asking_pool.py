"""A pool that plays in a thread and asks before changes, as processes do."""

import asyncio
from collections.abc import Callable
from typing import Any

from praetor.runner.changes import Clearance, WantedChange
from praetor.runner.loop import play
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from praetor.runner.stage import Stage
from simcore.decision import Policy


class AskingPool:
    """`stages` has every stage that was made, `requests` what for."""

    def __init__(self, stage: Callable[[RunRequest], Stage], policy: Callable[[RunRequest], Policy]) -> None:
        self._stage, self._policy = stage, policy
        self.requests: list[RunRequest] = []
        self.stages: list[Any] = []

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        loop = asyncio.get_running_loop()

        def gate(change: WantedChange) -> Clearance:
            return asyncio.run_coroutine_threadsafe(_awaited(clear, change), loop).result()

        stage = self._stage(request)
        self.requests.append(request)
        self.stages.append(stage)
        return await asyncio.to_thread(play, request, stage, self._policy(request), gate=gate)


async def _awaited(clear: Clear, change: WantedChange) -> Clearance:
    return await clear(change)
