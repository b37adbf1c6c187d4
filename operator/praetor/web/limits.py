"""What a request may send: JSON only, of bounded size, within bounded time."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from praetor.web.errors import ApiError

BODY_LIMIT_BYTES = 1024 * 1024
BODY_SECONDS = 30.0
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
            body = await self._checked_body(Headers(scope=scope), receive)
        except ApiError as refusal:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _checked_body(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if not (self.empty_bodies and declared == "0" and "transfer-encoding" not in headers):
            check_json(headers.get("content-type", ""))
        if not declared.isdigit() or int(declared) > self.limit_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._read(receive)
        except TimeoutError:
            message = f"the body did not arrive within {BODY_SECONDS:g} s"
            raise ApiError(408, "request_timeout", message, headers={"Connection": "close"}) from None

    async def _read(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ApiError(400, "bad_request", "the connection ended before the body did")
            body += message.get("body", b"")
            if len(body) > self.limit_bytes:
                raise self._too_large()
            if not message.get("more_body"):
                return bytes(body)

    def _too_large(self) -> ApiError:
        message = f"a body may have at most {self.limit_bytes} bytes"
        return ApiError(413, "body_too_large", message, headers={"Connection": "close"})


def check_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        return
    said = f"not {media_type!r}" if media_type else "and the request does not say what it is"
    raise ApiError(415, "unsupported_media_type", f"Content-Type: application/json is expected, {said}")


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
