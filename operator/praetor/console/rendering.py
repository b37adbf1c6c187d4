"""Reports are made when they are asked for, beside the event loop and a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from praetor.web.errors import ApiError

MOST_AT_ONCE = 8
RETRY_SECONDS = 2
Made = TypeVar("Made")


class Renderer:
    """One thread makes, at most `most` wait or are made. What nobody waits for any more still counts until it is made:
    callers that come and go cannot pile work up."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most, self._under_way = most, 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="report")

    async def make(self, render: Callable[[], Made]) -> Made:
        """Raises ApiError 503 when too many are asked for at a time."""
        if self._under_way >= self._most:
            message = f"{self._most} reports are being made; ask again in {RETRY_SECONDS} s"
            raise ApiError(503, "busy", message, headers={"Retry-After": str(RETRY_SECONDS)})
        self._under_way += 1
        making = asyncio.get_running_loop().run_in_executor(self._thread, render)
        making.add_done_callback(self._done)
        return await asyncio.shield(making)

    def _done(self, making: "asyncio.Future[Made]") -> None:
        self._under_way -= 1
        if not making.cancelled():
            making.exception()  # seen, also when whoever asked has gone
