"""Errors over HTTP: the body that all of Praetor's servers have, and beside it the `detail` that OpenEnv's has."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from praetor.openenv.envelopes import action_problem, bounded, dumps
from praetor.openenv.options import ResetError
from praetor.openenv.play import NotStartedError
from praetor.openenv.session import CapacityError, DrainingError
from praetor.openenv.tasks import TaskIndexError
from praetor.web.errors import error_body, starlettes_own
from simcore.errors import ActionError, SimcoreError, UnknownNameError

_SOON = {"Retry-After": "1"}


def refusal(
    status: int,
    code: str,
    message: str,
    field: str = "",
    detail: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = error_body(code, message, field) | {"detail": message if detail is None else detail}
    return Response(dumps(body), status, dict(headers or {}), media_type="application/json")


def install(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(SimcoreError, _refused)
    app.add_exception_handler(HTTPException, _not_there)


async def _bad_request(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    problems = [bounded(dict(one)) for one in problem.errors()]
    first = problems[0]
    field = ".".join(str(part) for part in first["loc"])
    return refusal(422, "invalid_request", f"{field}: {first['msg']}", field, problems)


async def _not_there(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    answer = starlettes_own(request, problem)
    return refusal(answer.status, answer.code, answer.message, detail=problem.detail, headers=answer.headers)


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, SimcoreError)
    return told(problem)


def told(problem: SimcoreError, action: Any = None) -> Response:
    """What a client did wrong, or cannot have now."""
    text = str(problem)
    match problem:
        case ActionError():
            return refusal(422, "invalid_action", text, problem.field, [action_problem(text, action)])
        case ResetError():
            return refusal(422, "invalid_reset", text, problem.field)
        case TaskIndexError():
            return refusal(400, "no_such_task", text, detail="Invalid task index")
        case UnknownNameError():
            return refusal(422, "unknown_name", text)
        case NotStartedError():
            return refusal(409, "no_episode", text)
        case CapacityError() | DrainingError():
            return refusal(503, "no_place", text, headers=_SOON)
    return refusal(400, "refused", text)
