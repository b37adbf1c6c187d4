"""Deliveries that prove by their signature who sent them."""

import logging
import time
from collections.abc import Callable

from starlette.requests import HTTPConnection

from praetor.alerts.delivery import Delivery
from praetor.alerts.signatures import SignatureError
from praetor.alerts.source import Source
from praetor.alerts.sources import Sources
from praetor.web.callers import Caller
from praetor.web.errors import ApiError
from praetor.web.gate import Verify

logger = logging.getLogger(__name__)


def delivery_of(connection: HTTPConnection, body: bytes) -> Delivery:
    return Delivery(body, {name.lower(): text for name, text in connection.headers.items()})


def claims_of(
    sources: Sources, prefix: str, clock: Callable[[], float] = time.time
) -> Callable[[HTTPConnection], Verify | None]:
    """How to verify a request to `prefix`/SOURCE that has the signature's header, where a secret is set for it.

    Where none is set, the header says nothing, and the sender needs another way in: no secret, no trust.
    """

    def claims(connection: HTTPConnection) -> Verify | None:
        before, _, name = connection.scope["path"].rpartition("/")
        source = sources.get(name) if before == prefix else None
        if source is None or source.scheme is None or source.secret is None or not source.secret.is_set:
            return None
        if connection.scope.get("method") != "POST" or source.scheme.header not in connection.headers:
            return None
        return lambda body: _verified(source, delivery_of(connection, body), clock())

    return claims


def _verified(source: Source, delivery: Delivery, now_seconds: float) -> Caller:
    assert source.scheme is not None
    assert source.secret is not None
    try:
        source.scheme.check(delivery, source.secret.values, now_seconds)
    except SignatureError as problem:
        logger.warning("webhook %s: refused: %s", source.name, problem)
        raise ApiError(401, "invalid_signature", f"{problem} ({source.secret.variable})") from None
    return Caller(source.name, "signature")
