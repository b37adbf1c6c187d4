"""Every episode comes to an end that its run hears of, whatever broke."""

import asyncio
from datetime import UTC, datetime

from praetor.controller.episodes import Episodes
from praetor.controller.key import Key
from praetor.controller.live import LiveHub
from praetor.controller.metrics import ControllerMetrics
from praetor.controller.observed import Lost
from praetor.runner.request import RunRequest
from tests.support.inline_pool import InlinePool

REQUEST = RunRequest("uid-1", "default", "one", "tiny")


async def test_an_error_that_nobody_foresaw_is_a_lost_attempt() -> None:
    ended: asyncio.Queue[Key] = asyncio.Queue()
    pool = InlinePool(KeyError("seed"))
    episodes = Episodes(pool, LiveHub(), ended.put_nowait, lambda: datetime.now(UTC), ControllerMetrics())
    episodes.start(REQUEST, attempt=2)
    assert await asyncio.wait_for(ended.get(), 60) == Key("IncidentRun", "default", "one")
    state = episodes.state("uid-1")
    assert isinstance(state, Lost)
    assert (state.attempt, state.message) == (2, "KeyError: 'seed'")
