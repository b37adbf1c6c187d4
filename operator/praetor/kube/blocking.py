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
            return await ask(self._client)

        return self._runner.run(asked())

    def close(self) -> None:
        self.run(_closed)
        self._runner.close()


async def _closed(client: KubeClient) -> None:
    """Connections are gone a turn of the loop after they were closed, and this loop ends."""
    await client.aclose()
    await asyncio.sleep(0)
