"""Templates: what an observation says, once, for whoever has it as a structure and for the kernel that has numbers.

A template is text with `{field}` or `{field:format}`, parts that are left out where something is missing, and lists.
Here it is read with structures; `simcore.world.programs` makes of it what the kernel reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from string import Formatter
from typing import Any, NamedTuple

from simcore.words.formats import formatted


@dataclass(frozen=True, slots=True)
class Maybe:
    """`text` where `field` is there, neither None nor empty."""

    field: str
    text: str
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Each:
    """`row` for every element of `field`; what a row has not, it takes from the whole. `{it}` is the element itself."""

    field: str
    row: "Template"
    between: str = ""
    none: str = ""


Template = tuple[str | Maybe | Each, ...]
Get = Callable[[str], Any]


class Piece(NamedTuple):
    """Some text and the field that follows it, if one does."""

    literal: str
    field: str | None
    format: str


@lru_cache(maxsize=4096)
def pieces(text: str) -> tuple[Piece, ...]:
    return tuple(Piece(literal, field, spec or "") for literal, field, spec, _ in Formatter().parse(text))


def written(text: str, get: Get) -> str:
    """A text with its fields filled in."""
    return "".join(
        [
            piece.literal if piece.field is None else piece.literal + formatted(get(piece.field), piece.format)
            for piece in pieces(text)
        ]
    )


def say(template: Template, get: Get) -> str:
    return "".join([_part(part, get) for part in template])


def say_of(template: Template, structure: object) -> str:
    """What the template says of a structure."""
    return say(template, lambda field: _getter(field)(structure))


@lru_cache(maxsize=256)
def _getter(field: str) -> Callable[[Any], Any]:
    return attrgetter(field)


def _part(part: str | Maybe | Each, get: Get) -> str:
    if isinstance(part, str):
        return written(part, get)
    if isinstance(part, Maybe):
        return written(part.otherwise if get(part.field) in (None, "") else part.text, get)
    rows: Sequence[Any] = get(part.field)
    return part.between.join([say(part.row, _within(row, get)) for row in rows]) or part.none


def _within(row: Any, whole: Get) -> Get:
    def get(field: str) -> Any:
        if field == "it":
            return row
        if isinstance(row, tuple):
            return row[int(field)]
        return getattr(row, field) if hasattr(row, field) else whole(field)

    return get
