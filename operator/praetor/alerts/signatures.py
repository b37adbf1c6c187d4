"""Signatures over the bytes of a body: HMAC-SHA256, compared in constant time. Pure; the time is an argument.

PagerDuty: https://developer.pagerduty.com/docs/verifying-webhook-signatures (hex, `v1=`, several by comma)
Grafana: hex of the body, or of `timestamp:body` once the contact point names a timestamp header
Standard Webhooks: base64 of `id.timestamp.body`, `v1,`, several by spaces, key in base64 after `whsec_`
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from praetor.alerts.delivery import Delivery

TOLERANCE_SECONDS = 300.0
_MOST_SIGNATURES = 20  # of one request: each is one comparison that a stranger can ask for
GRAFANA_TIMESTAMP = "x-grafana-alerting-signature-timestamp"
WEBHOOK_ID, WEBHOOK_TIMESTAMP, WEBHOOK_SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_KEY_PREFIX = "whsec_"


class SignatureError(ValueError):
    """The request is not signed by anybody who knows the secret; the text names the header, and no secret."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """`header`, in lower case, says that a request claims to be signed this way."""

    header: str
    check: Callable[[Delivery, Sequence[str], float], None]
    """The delivery, the secrets of which one must fit, seconds since 1970. Raises SignatureError."""


def hex_scheme(header: str, *, prefix: str = "", encoding: Literal["hex", "base64"] = "hex") -> Scheme:
    """HMAC of the body alone in one header; where `prefix` is given, several signatures that have it, by comma."""

    def check(delivery: Delivery, secrets: Sequence[str], now_seconds: float) -> None:
        given = _listed(delivery.headers.get(header, ""), ",", prefix)
        expected = [_encoded(_digest(secret.encode(), delivery.body), encoding) for secret in secrets]
        require_match(header, given, expected)

    return Scheme(header, check)


def grafana_scheme(header: str = "x-grafana-alerting-signature", timestamp_header: str = GRAFANA_TIMESTAMP) -> Scheme:
    """The timestamp is part of what is signed, so whoever repeats an old request cannot leave it out."""

    def check(delivery: Delivery, secrets: Sequence[str], now_seconds: float) -> None:
        sent = delivery.headers.get(timestamp_header, "")
        if sent:
            require_recent(timestamp_header, sent, now_seconds)
        content = f"{sent}:".encode() + delivery.body if sent else delivery.body
        expected = [_digest(secret.encode(), content).hex() for secret in secrets]
        require_match(header, [delivery.headers.get(header, "").strip()], expected)

    return Scheme(header, check)


def _standard_check(delivery: Delivery, secrets: Sequence[str], now_seconds: float) -> None:
    sent = delivery.headers.get(WEBHOOK_TIMESTAMP, "")
    require_recent(WEBHOOK_TIMESTAMP, sent, now_seconds)
    content = f"{delivery.headers.get(WEBHOOK_ID, '')}.{sent}.".encode() + delivery.body
    given = _listed(delivery.headers.get(WEBHOOK_SIGNATURE, ""), " ", "v1,")
    expected = [_encoded(_digest(key, content), "base64") for secret in secrets for key in _keys(secret)]
    require_match(WEBHOOK_SIGNATURE, given, expected)


STANDARD = Scheme(WEBHOOK_SIGNATURE, _standard_check)
PAGERDUTY = hex_scheme("x-pagerduty-signature", prefix="v1=")
GRAFANA = grafana_scheme()


def require_recent(header: str, sent: str, now_seconds: float) -> None:
    if not (sent.isascii() and sent.isdigit() and len(sent) < 20):
        raise SignatureError(f"{header}: whole seconds since 1970 are expected")
    away_seconds = abs(now_seconds - int(sent))
    if away_seconds > TOLERANCE_SECONDS:
        raise SignatureError(f"{header}: {away_seconds:.0f} s away from this clock; at most {TOLERANCE_SECONDS:.0f}")


def require_match(header: str, given: Iterable[str], expected: Iterable[str]) -> None:
    """Every pair is compared, so that the time tells nothing of which came near."""
    pairs = [(one.encode("utf-8", "replace"), two.encode()) for one in given for two in expected]
    if not sum(hmac.compare_digest(one, two) for one, two in pairs):
        raise SignatureError(f"{header}: no signature in it is one of this body with the secret that is set here")


def signed_headers(secret: str, event_id: str, body: bytes, now_seconds: float) -> Mapping[str, str]:
    """What a sender of Standard Webhooks adds to its request."""
    sent = str(int(now_seconds))
    digest = _digest(_keys(secret)[0], f"{event_id}.{sent}.".encode() + body)
    return {
        WEBHOOK_ID: event_id,
        WEBHOOK_TIMESTAMP: sent,
        WEBHOOK_SIGNATURE: f"v1,{_encoded(digest, 'base64')}",
    }


def _listed(text: str, separator: str, prefix: str) -> list[str]:
    parts = [part.strip() for part in text.split(separator)] if prefix else [text.strip()]
    return [part.removeprefix(prefix) for part in parts if part.startswith(prefix)][:_MOST_SIGNATURES]


def _keys(secret: str) -> list[bytes]:
    """`whsec_` and base64 as the specification has it; any other text is its own key."""
    if not secret.startswith(_KEY_PREFIX):
        return [secret.encode()]
    try:
        return [base64.b64decode(secret.removeprefix(_KEY_PREFIX), validate=True)]
    except (binascii.Error, ValueError):
        return [secret.encode()]


def _digest(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def _encoded(digest: bytes, encoding: Literal["hex", "base64"]) -> str:
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
