"""The API server's client for code that is not asynchronous: an episode that is played in a process of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from praetor.kube.client import KubeClient
from praetor.kube.credentials import Credentials

T = TypeVar("T")


class BlockingKube:
    """Runs what is asked of a client to its end, on an event loop of its own. For one thread that has none."""

    def __init__(self, credentials: Credentials, *, timeout_seconds: float = 15.0) -> None:
        self.server = credentials.server
        self._runner = asyncio.Runner()
        self._client = KubeClient(credentials, timeout_seconds=timeout_seconds)

    def run(self, ask: Callable[[KubeClient], Awaitable[T]]) -> T:
        """Raises StoreError, as the client does."""

        async def asked() -> T:
            try:
                return await ask(self._client)
            finally:
                await _nothing_goes_on()

        return self._runner.run(asked())

    def close(self) -> None:
        self.run(KubeClient.aclose)
        self._runner.close()


async def _nothing_goes_on() -> None:
    """Of several requests at once, those that another one's failure left behind would stand still with their
    connections, as this loop does."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
