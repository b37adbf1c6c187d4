"""The server's applications: the protocol alone, to be mounted behind a gate, and the whole with callers and probes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from praetor.openenv import protocol_errors, rpc
from praetor.openenv.counters import SessionCollector
from praetor.openenv.envelopes import LONGEST
from praetor.openenv.health import Health
from praetor.openenv.http_about import about_router, tasks_router
from praetor.openenv.http_play import play_router
from praetor.openenv.mcp_http import StreamableMcp, speaks_mcp
from praetor.openenv.path_token import PathToken
from praetor.openenv.sessions import Sessions
from praetor.openenv.websocket import WebSocketApp
from praetor.web.app import new_app
from praetor.web.callers import CallerCheck
from praetor.web.errors import install_error_handlers
from praetor.web.gate import OPEN_PATHS
from praetor.web.metrics import Metrics

TITLE = "Praetor as an OpenEnv environment"
VERSION = "1.0.0"  # of the protocol, which the library's validator reads here


@dataclass(frozen=True, slots=True)
class OpenEnv:
    """What one server has: its sessions, whether it can play, and its MCP."""

    sessions: Sessions
    health: Health
    mcp: StreamableMcp

    @classmethod
    def over(cls, sessions: Sessions) -> "OpenEnv":
        return cls(sessions, Health(sessions), StreamableMcp(sessions))


def served_app(env: OpenEnv, checks: Sequence[CallerCheck], web_url: str = "") -> ASGIApp:
    """The whole, with callers, limits, probes and metrics. `/health` is open, as clients probe it without a token."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await env.health.prove()
        yield
        await env.mcp.stop()

    metrics = Metrics()
    metrics.registry.register(SessionCollector(env.sessions))
    app = new_app(
        TITLE,
        VERSION,
        checks=checks,
        access_of=lambda connection: (),
        ready=env.health.ready,
        metrics=metrics,
        lifespan=lifespan,
        open_paths=OPEN_PATHS | {"/health"},
        empty_bodies=True,
        limit_bytes=LONGEST,
    )
    _add_protocol(app, env, web_url)
    return PathToken(app)


def mounted_app(env: OpenEnv, web_url: str) -> FastAPI:
    """The protocol alone; whoever mounts it checks callers and bodies, and runs `env.health.prove`."""
    app = FastAPI(title=TITLE, version=VERSION, docs_url=None, redoc_url=None)
    install_error_handlers(app)
    _add_protocol(app, env, web_url)
    return app


def _add_protocol(app: FastAPI, env: OpenEnv, web_url: str) -> None:
    protocol_errors.install(app)
    app.router.routes.append(WebSocketRoute("/ws", WebSocketApp(env.sessions)))
    app.router.routes.append(WebSocketRoute("/mcp", WebSocketApp(env.sessions, json_rpc=True)))
    app.include_router(play_router(env.sessions))
    app.include_router(about_router(env.health, web_url))
    app.include_router(_mcp_router(env))
    app.include_router(tasks_router())


def _mcp_router(env: OpenEnv) -> APIRouter:
    router = APIRouter(tags=["MCP"])

    @router.post("/mcp", summary="MCP, or the library's JSON-RPC.")
    async def post(request: Request) -> Response:
        if speaks_mcp(request):
            return await env.mcp.response()
        return Response(await rpc.answer_text(await request.body(), env.sessions), media_type="application/json")

    @router.get("/mcp", summary="The stream of an MCP session.")
    async def stream() -> Response:
        return await env.mcp.response()

    @router.delete("/mcp", summary="Ends an MCP session.")
    async def end() -> Response:
        return await env.mcp.response()

    return router
