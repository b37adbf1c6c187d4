"""The playbook's table as checked values: a row that names something unknown is refused when it is loaded."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from simcore.mechanisms.table import MECHANISMS
from simcore.policies.playbook.facts import FACTS
from simcore.policies.playbook.suspects import SUSPECTS

_TABLE = Path(__file__).with_name("table.yaml")


class Row(BaseModel):
    """One hypothesis."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mechanism: str
    summary: str
    suspects: str
    because: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    settle: float = 60.0
    refuted_by: str | None = None

    @model_validator(mode="after")
    def _known(self) -> "Row":
        named = (*self.because, *self.unless, *((self.refuted_by,) if self.refuted_by else ()))
        unknown = [fact for fact in named if fact not in FACTS]
        if unknown or self.suspects not in SUSPECTS or self.mechanism not in MECHANISMS:
            raise ValueError(f"{self.mechanism}: unknown fact, suspects or mechanism: {unknown or self.suspects}")
        return self


@cache
def load_table() -> tuple[Row, ...]:
    return TypeAdapter(tuple[Row, ...]).validate_python(yaml.safe_load(_TABLE.read_text()))
