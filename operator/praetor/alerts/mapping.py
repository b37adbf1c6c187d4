"""Sources that are described instead of programmed: JMESPath expressions say where in a body things stand.

JMESPath: https://jmespath.org/specification.html. Expressions come from the configuration, bodies from anybody.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, field_validator

from praetor.alerts.delivery import Delivery
from praetor.alerts.moments import moment
from praetor.alerts.notification import Notification, NotificationError
from praetor.alerts.signatures import STANDARD, Scheme, hex_scheme
from praetor.alerts.single import Single, ignored

_MOST_LABELS = 100


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Signature(_Config):
    """How the sender signs. The secret is in the variable that `secret_variable` names, or in a file."""

    scheme: Literal["hmac-sha256", "standard-webhooks"] = "hmac-sha256"
    header: str = Field("", description="For hmac-sha256: the header that has the signature.")
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field("", description="What stands before the signature in the header, such as `sha256=`.")
    secret_variable: str = Field(pattern=r"^PRAETOR_[A-Z0-9_]+$", description="An environment variable's name.")

    def to_scheme(self) -> Scheme:
        if self.scheme == "standard-webhooks":
            return STANDARD
        if not self.header:
            raise ValueError("signature.header: which header has the signature?")
        return hex_scheme(self.header.lower(), prefix=self.prefix, encoding=self.encoding)


class Mapped(_Config):
    """A source in the configuration. Every field but the last four is a JMESPath expression over the body."""

    title: str
    description: str | None = None
    service: str | None = None
    severity: str | None = None
    scenario: str | None = None
    dedup_key: str | None = Field(None, description="What is the same incident; default: title and service.")
    event_id: str | None = Field(None, description="What the sender calls this one occurrence.")
    starts_at: str | None = Field(None, description="RFC 3339, or seconds or milliseconds since 1970.")
    resolved: str | None = Field(None, description="True for a delivery that says that it is over.")
    concerns: str | None = Field(None, description="False for deliveries that make no run; default: all do.")
    labels: str | None = Field(None, description="An object of texts that TargetSites are matched by.")
    summary: str = Field("", description="For people: what this source is.")
    busy_status: Literal[429, 503] = Field(429, description="What the sender takes for: send it again.")
    signature: Signature | None = None
    payload: str = Field("", description="For people: what to have the sender send, where that is theirs to choose.")

    @field_validator(
        "title", "description", "service", "severity", "scenario", "dedup_key", "event_id", "starts_at", "resolved",
        "concerns", "labels",
    )  # fmt: skip
    @classmethod
    def _compiles(cls, expression: str | None) -> str | None:
        if expression is not None:
            try:
                jmespath.compile(expression)
            except JMESPathError as problem:
                raise ValueError(f"not a JMESPath expression: {str(problem).splitlines()[0]}") from None
        return expression

    def read(self, source: str, delivery: Delivery) -> Notification:
        """Raises NotificationError."""
        body = delivery.json_object()
        if self.concerns is not None and not self._found("concerns", body):
            return ignored(source)
        single = Single(
            title=self._text("title", body),
            description=self._text("description", body),
            service=self._text("service", body),
            severity=self._text("severity", body),
            scenario=self._text("scenario", body),
            firing=not self._found("resolved", body),
            event_id=self._text("event_id", body),
            starts_at=moment(self._found("starts_at", body)),
            labels=self._labels(body),
        )
        if not single.title:
            raise NotificationError(f"nothing in the body says what is wrong: `{self.title}` is empty", "title")
        key = self._text("dedup_key", body)
        return single.notification(source, (key,) if key else (single.title, single.service))

    def _found(self, field: str, body: Mapping[str, Any]) -> Any:
        expression = getattr(self, field)
        if expression is None:
            return None
        try:
            return jmespath.search(expression, body)
        except JMESPathError as problem:
            raise NotificationError(f"`{expression}` does not fit the body: {problem}"[:300], field) from None

    def _text(self, field: str, body: Mapping[str, Any]) -> str:
        found = self._found(field, body)
        if found is None or isinstance(found, bool):
            return ""
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    def _labels(self, body: Mapping[str, Any]) -> dict[str, str]:
        found = self._found("labels", body)
        entries = found.items() if isinstance(found, dict) else ()
        kept = {str(name): text for name, text in entries if isinstance(text, (str, int, float))}
        return {name: str(kept[name]) for name in sorted(kept)[:_MOST_LABELS]}
