"""Lines of logs as phrases: without the wrapper of their format, numbers as `#`, services as `SELF` and `OTHER`.

A service may be called as a word of the language is ("user", "session"). Such a line has several readings, and a
phrasebook knows which of them is a phrase: the one that is found in the most systems.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

_LOGFMT = re.compile(r'^level=\w+ msg="(?P<text>.*)"$', re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MOST_NAMES = 3  # in a line that are tried as names; more are no sentence


class Reading(NamedTuple):
    """One way to read a line: what it says, and which other service it names ("" for none)."""

    phrase: str
    about: str


def unwrapped(line: str) -> str:
    """The message of a line that is plain words, logfmt or JSON."""
    if line.startswith("{"):
        try:
            return str(json.loads(line)["msg"])
        except (ValueError, KeyError, TypeError):
            return line
    found = _LOGFMT.match(line)
    return found["text"] if found else line


def readings(line: str, writer: str, names: Sequence[str]) -> list[Reading]:
    """Every reading of a line of `writer` in a system of services `names`; the one with no name in it first."""
    text = unwrapped(line)
    found = list(_pattern(tuple(names)).finditer(text))[:_MOST_NAMES]
    chosen = [some for count in range(len(found) + 1) for some in combinations(found, count)]
    return [_reading(text, writer, some) for some in chosen]


def normalised(text: str) -> str:
    """A text that names no service, such as the title of an alert after its service."""
    return _NUMBER.sub("#", text)


def _reading(text: str, writer: str, names: tuple[re.Match[str], ...]) -> Reading:
    parts, end, about = [], 0, ""
    for name in names:
        parts += [_NUMBER.sub("#", text[end : name.start()]), "SELF" if name[0] == writer else "OTHER"]
        end = name.end()
        about = about or (name[0] if name[0] != writer else "")
    return Reading("".join([*parts, _NUMBER.sub("#", text[end:])]), about)


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names as a whole word; hyphens are part of words."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


class Phrasebook:
    """Known phrases, those found in the most systems first; `usual` are the numbers of those that mean nothing."""

    def __init__(self, phrases: Sequence[str], usual: Sequence[int]) -> None:
        self.phrases, self.usual = tuple(phrases), frozenset(usual)
        self._rank = {phrase: number for number, phrase in enumerate(phrases)}

    def read(self, line: str, writer: str, names: Sequence[str]) -> tuple[int, str] | None:
        """(number of the phrase, other service that it is about); None for a phrase that is not known."""
        known = [(self._rank[phrase], about) for phrase, about in readings(line, writer, names) if phrase in self._rank]
        return min(known, default=None)
