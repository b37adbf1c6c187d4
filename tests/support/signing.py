"""What senders add to their requests when they sign them, written down from their documentation."""

import base64
import hashlib
import hmac


def pagerduty(body: bytes, *secrets: str) -> dict[str, str]:
    signatures = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    return {"X-PagerDuty-Signature": ",".join(f"v1={signature}" for signature in signatures)}


def grafana(body: bytes, secret: str, sent_seconds: float | None = None) -> dict[str, str]:
    if sent_seconds is None:
        return {"X-Grafana-Alerting-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    sent = str(int(sent_seconds))
    signature = hmac.new(secret.encode(), sent.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": signature, "X-Grafana-Alerting-Signature-Timestamp": sent}


def standard(body: bytes, secret: str, sent_seconds: float, event_id: str = "msg_1") -> dict[str, str]:
    sent = str(int(sent_seconds))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{sent}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": event_id, "webhook-timestamp": sent, "webhook-signature": signature}
