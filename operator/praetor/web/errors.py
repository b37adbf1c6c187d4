"""Every error of every server has one form: `{"error": {"code", "message", "field"?}}`, and never a stack."""

import logging
import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from simcore.errors import DeniedError, InvalidObjectError, NotFoundError, StoreError, UnavailableError

logger = logging.getLogger(__name__)
RETRY_SECONDS = 5
_FIELD = re.compile(r"\b(?:metadata|spec|status)(?:\.\w+|\[[^\]]*\])+")


class ApiError(Exception):
    """What a caller did wrong, or cannot have now; `field` is the dotted path of what is wrong."""

    def __init__(
        self, status: int, code: str, message: str, field: str = "", *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.headers = headers or {}

    def response(self) -> JSONResponse:
        return JSONResponse(error_body(self.code, self.message, self.field), self.status, self.headers)


def error_body(code: str, message: str, field: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message} | ({"field": field} if field else {})}


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(StoreError, _store_error)
    app.add_exception_handler(Exception, _unexpected)


async def _api_error(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, ApiError)
    return problem.response()


async def _http_exception(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    return starlettes_own(request, problem).response()


def starlettes_own(request: Request, problem: HTTPException) -> ApiError:
    """An unknown path, a method that the path does not take."""
    code = HTTPStatus(problem.status_code).phrase.lower().replace(" ", "_")
    message = f"{request.method} {request.scope['path']}: {problem.detail}; /openapi.json lists what there is"
    return ApiError(problem.status_code, code, message, headers=dict(problem.headers or {}))


async def _bad_request(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return ApiError(422, "invalid_request", f"{field}: {first['msg']}", field).response()


async def _store_error(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, StoreError)
    return store_refusal(problem).response()


def store_refusal(problem: StoreError, *, to_stranger: bool = False) -> ApiError:
    """503 says to try again, and senders of alerts do; what would be refused again is said to be so.

    A stranger, somebody who is not known yet, is not told the store's words.
    """
    if isinstance(problem, NotFoundError):
        return ApiError(404, "not_found", str(problem))
    logger.warning("the store refused: %s: %s", type(problem).__name__, problem)
    words = "the log says what" if to_stranger else str(problem)
    if isinstance(problem, InvalidObjectError):
        return ApiError(422, "invalid_object", f"the store refused it: {words}", _field_in(words))
    if isinstance(problem, DeniedError):
        return ApiError(500, "store_denied", f"the store does not let this server do that: {words}")
    seconds = problem.retry_after_seconds if isinstance(problem, UnavailableError) else None
    retry = {"Retry-After": str(max(1, round(seconds or RETRY_SECONDS)))}
    message = "the store did not take this; nothing of it counts as done, send it again"
    return ApiError(503, "store_unavailable", message, headers=retry)


def _field_in(words: str) -> str:
    """The first dotted path of an object that the words name."""
    named = _FIELD.search(words)
    return named[0] if named else ""


async def _unexpected(request: Request, problem: Exception) -> JSONResponse:
    message = "an error inside Praetor; its log says which"
    return ApiError(500, "internal_error", message).response()
