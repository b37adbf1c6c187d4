"""The contract over HTTP: strict bodies, one form of answer for changes, and each change once per Idempotency-Key."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from praetor.resources.conformance import problem_text
from praetor.resources.ops import (
    ENDPOINTS,
    IDEMPOTENCY_HEADER,
    ChangeAnswer,
    Endpoint,
    LogsQuery,
    ServiceQuery,
)
from praetor.sites.demo.operations import Operations, RefusedError
from praetor.sites.demo.users import Users
from praetor.web.app import new_app
from praetor.web.callers import CallerCheck
from praetor.web.errors import ApiError
from praetor.web.metrics import Metrics

KEPT_KEYS = 1000
LONGEST_KEY_CHARS = 200
Told = tuple[int, dict[str, Any]]
Q = TypeVar("Q", bound=BaseModel)


class OnceByKey:
    """A key that comes again gets the first answer, also while the first is still at it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[str, asyncio.Future[Told]]] = OrderedDict()

    async def answer(self, key: str | None, request: str, change: Callable[[], Awaitable[Told]]) -> Told:
        if key is None:
            return await change()
        if not 0 < len(key) <= LONGEST_KEY_CHARS:
            return _refusal(422, f"{IDEMPOTENCY_HEADER}: has 1 to {LONGEST_KEY_CHARS} characters")
        if key in self._answers:
            first, answer = self._answers[key]
            if first != request:
                return _refusal(422, f"{IDEMPOTENCY_HEADER}: this key was used for another change")
            return await asyncio.shield(answer)
        future = self._answers.setdefault(key, (request, asyncio.get_running_loop().create_future()))[1]
        if len(self._answers) > KEPT_KEYS:
            self._answers.popitem(last=False)
        told = await change()
        future.set_result(told)
        return told


def site_app(
    operations: Operations, users: Users, checks: Sequence[CallerCheck], version: str, users_url: str
) -> FastAPI:
    async def ready() -> None:
        operations.health()

    app = new_app(
        "Praetor demo site", version, checks=checks, access_of=lambda connection: (), ready=ready, metrics=Metrics()
    )
    once = OnceByKey()
    _add_reads(app, operations)
    for one in ENDPOINTS:
        if one.method == "POST":
            for path in (one.path, *([one.alias] if one.alias else ())):
                app.add_api_route(path, _changing(one, operations, once), methods=["POST"], summary=one.summary)

    @app.get("/users", summary="What the users saw over the last seconds.")
    async def seen(seconds: float = 60.0) -> dict[str, Any]:
        return {"url": users_url} | users.summary(seconds)

    return app


def _add_reads(app: FastAPI, operations: Operations) -> None:
    @app.get("/ops/health")
    async def health() -> dict[str, Any]:
        return operations.health().model_dump()

    @app.get("/ops/services")
    async def services() -> dict[str, Any]:
        return operations.services().model_dump()

    @app.get("/ops/metrics")
    async def metrics(request: Request) -> dict[str, Any]:
        query = _query(ServiceQuery, request)
        return _read(lambda: operations.metrics(query.service))

    @app.get("/ops/logs")
    async def logs(request: Request) -> dict[str, Any]:
        query = _query(LogsQuery, request)
        return _read(lambda: operations.logs(query.service, query.lines))


def _query(model: type[Q], request: Request) -> Q:
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as problem:
        raise ApiError(422, "invalid_request", problem_text(problem)) from None


def _read(read: Callable[[], BaseModel]) -> dict[str, Any]:
    try:
        return read().model_dump()
    except RefusedError as refusal:
        raise ApiError(refusal.status, "not_found", refusal.text) from None


def _changing(one: Endpoint, operations: Operations, once: OnceByKey) -> Callable[[Request], Awaitable[JSONResponse]]:
    method = getattr(operations, "break_" if one.name == "break" else one.name)

    async def change(request: Request) -> JSONResponse:
        raw = await request.body()

        async def changed() -> Told:
            return await _changed(one, method, raw)

        asked = f"{one.name} {raw!r}"
        status, told = await once.answer(request.headers.get(IDEMPOTENCY_HEADER), asked, changed)
        return JSONResponse(told, status)

    return change


async def _changed(one: Endpoint, method: Callable[[Any], Awaitable[ChangeAnswer]], raw: bytes) -> Told:
    assert one.request is not None
    try:
        body = one.request.model_validate(json.loads(raw))
        return 200, (await method(body)).model_dump()
    except ValidationError as problem:
        return _refusal(422, problem_text(problem))
    except ValueError:
        return _refusal(400, "the body is no JSON")
    except RefusedError as refusal:
        return _refusal(refusal.status, refusal.text)
    except Exception as problem:  # whatever it is, a key that is waited for needs its answer
        return _refusal(500, f"{type(problem).__name__}: {problem}")


def _refusal(status: int, error: str) -> Told:
    return status, ChangeAnswer(ok=False, error=error).model_dump()
