"""Text as words: `ContainerOOMKilled` is container, oom, killed; `headroom` is one word and not `oom`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+[a-z]*")
_REACH = 2  # words before a phrase that can deny it
_NEGATIONS = frozenset({"no", "not", "without", "non", "never"})


@dataclass(frozen=True, slots=True)
class Words:
    words: tuple[str, ...]

    def first(self, phrases: Iterable[str], *, unless_after: Iterable[str] = ()) -> str:
        """The first of `phrases` that stands here in whole words and is not denied; "" if none does."""
        blocked = _NEGATIONS | frozenset(unless_after)
        return next((phrase for phrase in phrases if self._says(tuple(phrase.split()), blocked)), "")

    def _says(self, phrase: tuple[str, ...], blocked: frozenset[str]) -> bool:
        length = len(phrase)
        return any(
            self.words[start : start + length] == phrase
            and blocked.isdisjoint(self.words[max(0, start - _REACH) : start])
            for start in range(len(self.words) - length + 1)
        )


def words_of(text: str) -> Words:
    return Words(tuple(word.lower() for word in _WORD.findall(text)))
