"""Waiting for what another process will do."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

PAUSE_SECONDS = 0.1


async def eventually(check: Callable[[], Any], *, within_seconds: float = 240.0) -> None:
    """Asks until the answer (awaited, if it can be) is true. Raises TimeoutError."""
    async with asyncio.timeout(within_seconds):
        while True:
            answer = check()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(PAUSE_SECONDS)
