"""What all models of this package share: snake_case in Python, camelCase on the wire, exact types."""

import re
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_AS_THE_API_SERVER = {"by_alias": True, "by_name": False, "strict": True}


class Wire(BaseModel):
    """A part of a manifest that refuses what it does not know, as the API server does."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        extra="forbid",
        strict=True,
        frozen=True,
    )

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """The model of a manifest, whose fields have the names of the wire and no others."""
        return super().model_validate(obj, **(_AS_THE_API_SERVER | options))


class StatusWire(Wire):
    """A part of a status: what a newer version wrote is skipped, or an older one could not read it."""

    model_config = ConfigDict(extra="ignore")


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _is_time(text: str) -> str:
    try:
        datetime.fromisoformat(text if _RFC3339.fullmatch(text) else "")
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-01-31T12:00:00Z (RFC 3339)") from None
    return text


Time = Annotated[str, AfterValidator(_is_time), Field(max_length=64, json_schema_extra={"format": "date-time"})]
"""RFC 3339, as text: what is compared and hashed must be what was sent."""
