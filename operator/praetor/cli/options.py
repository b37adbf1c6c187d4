"""Options that several commands share, and what they mean."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from praetor.cli.errors import BadInput


class Split(StrEnum):
    train = "train"
    validation = "validation"
    test = "test"


SplitOption = Annotated[Split | None, typer.Option("--split", help="Seeds count inside this range of seeds.")]
DifficultyOption = Annotated[
    str | None, typer.Option("--difficulty", help="0 (easy) to 1 (hard), or easy, medium, hard; default 0.5.")
]


def difficulty_of(text: str | None) -> float:
    """`easy|medium|hard` or a number as the number; 0.5 when not given."""
    from simcore.api import DIFFICULTIES

    if text is None:
        return DIFFICULTIES["medium"]
    try:
        value = DIFFICULTIES[text] if text in DIFFICULTIES else float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise BadInput(f"--difficulty: {text!r} should be a number from 0 to 1, or one of {', '.join(DIFFICULTIES)}")
    return value


def one_of(option: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise BadInput(f"{option}: {name!r} is unknown; known are {', '.join(known)}")
    return name
