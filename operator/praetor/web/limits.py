"""What a request may send: JSON only, of bounded size, within bounded time."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from praetor.web.errors import ApiError

BODY_LIMIT_BYTES = 1024 * 1024
BODY_SECONDS = 30.0
_LONGEST_LENGTH = 20  # digits
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Reads a body whole before anything behind it runs; refuses what is too large, too slow or not JSON.

    `empty_bodies` lets a request without a body say nothing of its type."""

    app: ASGIApp
    limit_bytes: int = BODY_LIMIT_BYTES
    empty_bodies: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self.app(scope, receive, send)
            return
        try:
            headers = Headers(scope=scope)
            body = await checked_body(headers, receive, self.limit_bytes, may_be_empty=self.empty_bodies)
        except ApiError as refusal:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), send)


async def checked_body(headers: Headers, receive: Receive, limit_bytes: int, *, may_be_empty: bool = False) -> bytes:
    """The whole body. Raises ApiError for one that is too large, too slow or not JSON."""
    declared = headers.get("content-length", "0")
    if not (may_be_empty and declared == "0" and "transfer-encoding" not in headers):
        check_json(headers.get("content-type", ""))
    is_number = declared.isascii() and declared.isdigit() and len(declared) < _LONGEST_LENGTH
    if not is_number or int(declared) > limit_bytes:
        raise _too_large(limit_bytes)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, limit_bytes)
    except TimeoutError:
        message = f"the body did not arrive within {BODY_SECONDS:g} s"
        raise ApiError(408, "request_timeout", message, headers={"Connection": "close"}) from None


async def _read(receive: Receive, limit_bytes: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError(400, "bad_request", "the connection ended before the body did")
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
        if not message.get("more_body"):
            return bytes(body)


def _too_large(limit_bytes: int) -> ApiError:
    message = f"a body may have at most {limit_bytes} bytes"
    return ApiError(413, "body_too_large", message, headers={"Connection": "close"})


def check_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        return
    said = f"not {media_type!r}" if media_type else "and the request does not say what it is"
    raise ApiError(415, "unsupported_media_type", f"Content-Type: application/json is expected, {said}")


def replay(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already to whoever reads next."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
