"""What one sentence of an alert says: the known phrases in it, and which of them count."""

from collections.abc import Iterator
from dataclasses import dataclass

from praetor.alerts.vocabulary import Phrase, vocabulary
from praetor.alerts.words import Sentence

_REACH = 2  # words before a phrase that can deny it
_NEGATIONS = frozenset({"no", "not", "without", "non", "never"})


@dataclass(frozen=True, slots=True)
class Saying:
    """`mentioned` are all known phrases of the sentence; `phrases` those that are said: not denied, not a guess at
    the cause and not advice."""

    phrases: frozenset[Phrase]
    mentioned: frozenset[Phrase]


def saying(words: Sentence) -> Saying:
    found = list(_found(words))
    end = _end(found, len(words))
    said = (
        phrase
        for start, phrase in found
        if start < end and _NEGATIONS.isdisjoint(words[max(0, start - _REACH) : start])
    )
    return Saying(frozenset(said), frozenset(phrase for _, phrase in found))


def _found(words: Sentence) -> Iterator[tuple[int, Phrase]]:
    index = vocabulary().by_first_word
    for start, word in enumerate(words):
        for phrase in index.get(word, ()):
            if words[start : start + len(phrase)] == phrase:
                yield start, phrase


def _end(found: list[tuple[int, Phrase]], length: int) -> int:
    """Where the sentence begins to guess; 0 if it is advice."""
    if any(start == 0 and phrase in vocabulary().advice for start, phrase in found):
        return 0
    return min((start for start, phrase in found if phrase in vocabulary().guesses), default=length)
