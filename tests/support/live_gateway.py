"""A gateway on a real socket over a directory, which counts what reaches it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from praetor.serve.gateway_http import gateway_app
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope
from praetor.web.callers import SharedToken
from praetor.web.serving import server_of
from tests.support.eventually import eventually
from tests.support.gateway import TOKEN


class Deliveries:
    """Counts what reaches the gateway, by status: a test waits for deliveries, never for time."""

    def __init__(self, app: Any) -> None:
        self.app, self.statuses = app, []

    async def __call__(self, scope, receive, send) -> None:
        async def counted(message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
            await send(message)

        await self.app(scope, receive, counted)

    async def more(self, count: int) -> None:
        wanted = len(self.statuses) + count
        await eventually(lambda: len(self.statuses) >= wanted)


@asynccontextmanager
async def live_gateway(
    store: DirectoryStore, listening: socket.socket, token: str = TOKEN, **options: Any
) -> AsyncIterator[Deliveries]:
    deliveries = Deliveries(gateway_app(store, [SharedToken(token)], Scope("praetor"), **options))
    server = server_of(deliveries)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield deliveries
    finally:
        server.should_exit = True
        await serving
