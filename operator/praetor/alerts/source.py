"""A webhook source: how its bodies are read, how they are signed, and what it is told when too much comes in."""

from collections.abc import Callable
from dataclasses import dataclass

from praetor.alerts.delivery import Delivery
from praetor.alerts.notification import Notification
from praetor.alerts.secrets import Secret
from praetor.alerts.signatures import Scheme

TRY_LATER = 503
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Source:
    """`read` raises NotificationError. `busy_status` is what the sender takes for "send it again"."""

    name: str
    summary: str
    read: Callable[[Delivery], Notification]
    scheme: Scheme | None = None
    secret: Secret | None = None
    busy_status: int = TOO_MANY
