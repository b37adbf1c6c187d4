"""What lines of logs are signs of: the rows of signs.yaml."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from simcore.classifier.look import Look
from simcore.observation import LogLine

RECENT_S = 60.0
"""What older lines tell may be over by now."""


class Phrased(BaseModel):
    """What is recognised by its words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()

    def is_in(self, text: str) -> bool:
        """`text` is in lower case."""
        return any(phrase in text for phrase in self.phrases) and not any(phrase in text for phrase in self.unless)


class Sign(Phrased):
    """A row of signs.yaml."""

    says: str
    about: Literal["writer", "callee"] = "writer"


@cache
def signs() -> tuple[Sign, ...]:
    rows = yaml.safe_load(Path(__file__).with_name("signs.yaml").read_text())
    return tuple(Sign.model_validate(row) for row in rows)


@cache
def sign(name: str) -> Sign:
    return next(one for one in signs() if one.name == name)


@lru_cache(maxsize=20_000)
def signs_in(message: str) -> tuple[str, ...]:
    """Names of the signs that a line shows."""
    text = message.lower()
    return tuple(one.name for one in signs() if one.is_in(text))


@dataclass(frozen=True, slots=True)
class Read:
    """Signs by service: those of its `own` log, and those that others have `told` of it, with the tellers."""

    own: dict[str, set[str]] = field(default_factory=dict)
    told: dict[str, dict[str, set[str]]] = field(default_factory=dict)


def read(look: Look) -> Read:
    """The recent lines of all services, in whatever order they come."""
    found = Read({name: set() for name in look.by_name}, {name: {} for name in look.by_name})
    for name, service in look.by_name.items():
        for message in dict.fromkeys(_recent(service.lines)):
            for shown in signs_in(message):
                found.own[name].add(shown)
                if sign(shown).about == "callee":
                    for callee in _spoken_of(message, name, look):
                        found.told[callee].setdefault(shown, set()).add(name)
    return found


def _recent(lines: Sequence[LogLine]) -> Iterator[str]:
    return (line.message for line in lines if line.seconds_ago <= RECENT_S)


def _spoken_of(message: str, writer: str, look: Look) -> Sequence[str]:
    """Whom a line names; one that names nobody may be about the writer itself."""
    text = message.rpartition(" - ")[2]
    return [name for name in look.by_name if name != writer and name in text and _is_a_word(name, text)]


def _is_a_word(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
