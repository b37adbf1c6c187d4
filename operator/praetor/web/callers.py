"""Who calls. A check answers with a Caller, with None (not one of mine), or raises a refusal."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

from starlette.requests import HTTPConnection

from praetor.web.errors import ApiError
from simcore.errors import SimcoreError

User = TypeVar("User")
SHORTEST_TOKEN = 8
TOKEN_HEADER = "X-Praetor-Token"  # noqa: S105 (a header's name)
_CALLER = "praetor.caller"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class NoCallersError(SimcoreError):
    """Nothing says who may call; a server that nobody may call is a mistake."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a request wants of objects of a kind. `namespace` "" means all, `name` "" none in particular."""

    verb: str
    namespace: str
    name: str = ""
    kind: str = "IncidentRun"


async def anything(access: Access) -> None:
    """The rights of a caller who acts with the server's own."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`require` raises ApiError for what the caller may not do."""

    name: str
    kind: str
    require: Callable[[Access], Awaitable[None]] = anything


class CallerCheck(Protocol):
    @property
    def ways(self) -> tuple[str, ...]:
        """How a request can say who calls, for people."""

    async def __call__(self, connection: HTTPConnection) -> Caller | None: ...


def caller_of(connection: HTTPConnection) -> Caller:
    """Whom the gate let in."""
    caller: Caller = connection.scope[_CALLER]
    return caller


def remember_caller(connection: HTTPConnection, caller: Caller) -> None:
    connection.scope[_CALLER] = caller


class SharedToken:
    """Whoever knows the token. It is compared as a digest, in constant time, and never kept as text."""

    ways = ("token", "basic")

    def __init__(self, token: str) -> None:
        self._digest = _digest(token)

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        given = (connection.headers.get(TOKEN_HEADER, ""), bearer(connection), _basic_password(connection))
        matches = [hmac.compare_digest(_digest(one), self._digest) for one in given if one]
        return Caller("token", "token") if any(matches) else None


class ServiceAccounts(Generic[User]):
    """Whom the API server knows by their bearer token, and lets do what the request wants."""

    ways = ("service-account",)

    def __init__(
        self,
        user_of: Callable[[str], Awaitable[User | None]],
        may: Callable[[User, Access], Awaitable[bool]],
        name_of: Callable[[User], str],
    ) -> None:
        self._user_of, self._may, self._name_of = user_of, may, name_of

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        token = bearer(connection)
        user = await self._user_of(token) if token else None
        if user is None:
            return None
        return Caller(self._name_of(user), "service-account", partial(self._require, user))

    async def _require(self, user: User, access: Access) -> None:
        if not await self._may(user, access):
            where = f"in namespace {access.namespace}" if access.namespace else "in all namespaces"
            raise ApiError(
                403, "forbidden", f"{self._name_of(user)} may not {access.verb} {access.kind.lower()}s {where}"
            )


class Loopback:
    """Anybody on this machine: the address says so; Host and Origin say that no web page of others asks."""

    ways = ("loopback",)

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        if connection.client is None or not is_loopback(connection.client.host):
            return None
        host = connection.headers.get("host", "")
        origin = connection.headers.get("origin")
        if _without_port(host) not in _LOOPBACK_NAMES:
            raise ApiError(403, "host_not_allowed", f"Host: {host!r} is not this machine; use localhost or 127.0.0.1")
        if origin is not None and origin != f"http://{host}":
            raise ApiError(403, "origin_not_allowed", f"Origin: {origin!r} is another site than http://{host}")
        return Caller("local", "loopback")


def bearer(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _basic_password(connection: HTTPConnection) -> str:
    """Browsers, and senders that only know Basic, give the token as the password."""
    scheme, _, encoded = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isdigit() else host
