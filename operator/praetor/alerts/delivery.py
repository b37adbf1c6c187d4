"""What reached a webhook, before anybody has understood it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from praetor.alerts.notification import NotificationError


@dataclass(frozen=True, slots=True)
class Delivery:
    """`headers` have names in lower case; `body` is the bytes as they came, which signatures are made of."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json_object(self) -> dict[str, Any]:
        """Raises NotificationError. What nests deeper than 200 levels is not JSON for us."""
        return json_object(self.body)


def json_object(body: bytes | str) -> dict[str, Any]:
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as problem:
        raise NotificationError(f"the body is not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise NotificationError("the body is not a JSON object")
    return value
