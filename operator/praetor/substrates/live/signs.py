"""What log lines mean: the rows of signs.yaml, and where they are seen."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from simcore.classifier.signs import RECENT_S, Phrased
from simcore.observation import LogLine


class Sign(Phrased):
    """A row of signs.yaml."""

    command: str
    detail: str
    value: float | Literal["failing"] | None = None
    of: Literal["writer", "callee", "database"] = "writer"

    def shows_in(self, line: LogLine) -> bool:
        return self.is_in(line.message.lower())

    def seen_in(self, lines: Sequence[LogLine]) -> LogLine | None:
        """The newest recent line that shows it."""
        return next((line for line in reversed(lines) if line.seconds_ago <= RECENT_S and self.shows_in(line)), None)


@cache
def signs() -> tuple[Sign, ...]:
    rows = yaml.safe_load(Path(__file__).with_name("signs.yaml").read_text())
    return tuple(Sign.model_validate(row) for row in rows)


def signs_for(command: str, of: Iterable[str]) -> Iterator[Sign]:
    return (sign for sign in signs() if sign.command == command and sign.of in of)


def seen(name: str, lines: Sequence[LogLine], of: Iterable[str] = ("writer", "callee", "database")) -> LogLine | None:
    """The newest line that shows any sign of this name."""
    found = (sign.seen_in(lines) for sign in signs() if sign.name == name and sign.of in of)
    return next((line for line in found if line is not None), None)
