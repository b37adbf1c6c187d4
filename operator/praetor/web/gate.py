"""Lets nobody in who is not a known caller: every path but the probes, those that do not exist included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from praetor.web.callers import TOKEN_HEADER, Access, Caller, CallerCheck, remember_caller
from praetor.web.errors import ApiError, store_refusal
from praetor.web.limits import BODY_LIMIT_BYTES, checked_body, replay
from simcore.errors import StoreError

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
Verify = Callable[[bytes], Caller]
"""Who signed the body; raises ApiError when nobody who is known did."""
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="praetor", Basic realm="praetor"'}


def unsigned(connection: HTTPConnection) -> Verify | None:
    """Nobody signs anything here."""
    return None


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks the checks in their order; the first that knows the caller decides. No checks: nobody comes in.

    A caller must have the right to all that `access_of` says a request wants. A request that claims to be signed
    (`claims` has then how to verify it) is let in by its signature alone: its body is read first, within the
    limit, and a wrong one is refused whatever else the request carries.
    """

    app: ASGIApp
    checks: Sequence[CallerCheck]
    access_of: Callable[[HTTPConnection], Sequence[Access]]
    claims: Callable[[HTTPConnection], Verify | None] = unsigned
    limit_bytes: int = BODY_LIMIT_BYTES
    open_paths: frozenset[str] = OPEN_PATHS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in self.open_paths:
            await self.app(scope, receive, send)
            return
        try:
            receive = await self._admit(HTTPConnection(scope), receive)
        except StoreError as problem:
            await store_refusal(problem, to_stranger=True).response()(scope, receive, send)
        except ApiError as refusal:
            await refusal.response()(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _admit(self, connection: HTTPConnection, receive: Receive) -> Receive:
        verify = self.claims(connection)
        if verify is None:
            caller = await self._known(connection)
        else:
            body = await checked_body(Headers(scope=connection.scope), receive, self.limit_bytes)
            caller, receive = verify(body), replay(body, receive)
        for access in self.access_of(connection):
            await caller.require(access)
        remember_caller(connection, caller)
        return receive

    async def _known(self, connection: HTTPConnection) -> Caller:
        for check in self.checks:
            caller = await check(connection)
            if caller is not None:
                return caller
        message = f"no caller that is known here: send Authorization: Bearer TOKEN, or {TOKEN_HEADER}: TOKEN"
        raise ApiError(401, "unauthenticated", message, headers=_CHALLENGE)
