"""The playbook's table as checked values: a row that names something unknown is refused when it is loaded."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simcore.policies.facts import FACTS, SUSPECTS
from simcore.world.mechanisms import MECHANISMS

_TABLE = Path(__file__).with_name("playbook.yaml")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Row):
    """The read that answers a fact; `else` is tried when its series was missing."""

    ask: Literal["describe_service", "check_metrics", "list_services", "run_diagnostic", "read_logs"]
    of: Literal["suspect", "database"] | None = None
    otherwise: Literal["run_diagnostic"] | None = Field(None, alias="else")


class Remedy(_Row):
    """One change of a remedy; where a value depends on what was read, it is given by name."""

    do: Literal["restart_service", "scale_service", "rollback_deployment", "update_config"]
    at: Literal["suspect", "database", "each_starved"]
    to: Literal["previous_version"] | None = None
    memory_limit: Literal["double"] | None = None
    key: str | None = None
    value: str | None = None


class Row(_Row):
    """One hypothesis."""

    mechanism: str
    summary: str
    suspects: str
    because: tuple[str, ...]
    unless: tuple[str, ...] = ()
    remedy: tuple[Remedy, ...]
    settle_seconds: float
    refuted_by: str | None = None

    @model_validator(mode="after")
    def _known(self) -> "Row":
        named = (*self.because, *self.unless, *((self.refuted_by,) if self.refuted_by else ()))
        unknown = [fact for fact in named if fact not in FACTS]
        if unknown or self.suspects not in SUSPECTS or self.mechanism not in MECHANISMS:
            raise ValueError(f"{self.mechanism}: unknown fact, suspects or mechanism: {unknown or self.suspects}")
        return self


class Table(_Row):
    questions: dict[str, Question]
    hypotheses: tuple[Row, ...]


@cache
def load_table() -> Table:
    return Table.model_validate(yaml.safe_load(_TABLE.read_text()))
