"""An application with everything that all servers share: who may call, limits, errors, metrics, probes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from praetor.web.callers import Access, CallerCheck
from praetor.web.errors import ApiError, install_error_handlers
from praetor.web.gate import OPEN_PATHS, Gate, Verify, unsigned
from praetor.web.headers import SafeHeaders
from praetor.web.limits import BODY_LIMIT_BYTES, BodyLimits
from praetor.web.metrics import Measured, Metrics

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def no_lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


def new_app(
    title: str,
    version: str,
    *,
    checks: Sequence[CallerCheck],
    access_of: Callable[[HTTPConnection], Sequence[Access]],
    ready: Callable[[], Awaitable[None]],
    metrics: Metrics,
    claims: Callable[[HTTPConnection], Verify | None] = unsigned,
    limit_bytes: int = BODY_LIMIT_BYTES,
    lifespan: Lifespan = no_lifespan,
    open_paths: frozenset[str] = OPEN_PATHS,
    empty_bodies: bool = False,
) -> FastAPI:
    """`ready` raises when the server could not do its work now."""
    app = FastAPI(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(Measured, metrics=metrics),
            Middleware(
                Gate, checks=checks, access_of=access_of, claims=claims, limit_bytes=limit_bytes, open_paths=open_paths
            ),
            Middleware(BodyLimits, limit_bytes=limit_bytes, empty_bodies=empty_bodies),
        ],
    )
    install_error_handlers(app)
    _add_probes(app, ready, metrics)
    return app


def _add_probes(app: FastAPI, ready: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
    @app.get("/healthz", tags=["probes"], summary="The process is alive.")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", tags=["probes"], summary="The process can do its work now.")
    async def readyz() -> JSONResponse:
        try:
            await ready()
        except Exception as problem:
            return ApiError(
                503, "not_ready", f"{type(problem).__name__}: this process cannot do its work now"
            ).response()
        return JSONResponse({"status": "ok"})

    text: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "All series."}
    }

    @app.get(
        "/metrics",
        tags=["probes"],
        summary="Metrics in Prometheus' text format.",
        response_class=Response,
        responses=text,
    )
    async def metrics_text() -> Response:
        return metrics.response()
