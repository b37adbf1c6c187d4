"""A gateway application over a store, and a client that speaks to it without a socket."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from praetor.serve.gateway_http import gateway_app
from praetor.store.scope import Scope
from praetor.web.callers import CallerCheck, SharedToken

TOKEN = "a-token-of-tests"
JSON = {"Content-Type": "application/json"}
WEBHOOK = "/incidents/webhook/alertmanager"


@asynccontextmanager
async def gateway_client(
    store: Any,
    *,
    checks: Sequence[CallerCheck] = (SharedToken(TOKEN),),
    headers: dict[str, str] | None = None,
    peer: str = "127.0.0.1",
    scope: Scope | None = None,
    **options: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    app = gateway_app(store, checks, scope or Scope("praetor"), **options)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 50_000))
    default = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=default) as client:
        yield client
