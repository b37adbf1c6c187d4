"""The words of `families.yaml`, read once: phrases of whole words, terms of phrases, lines of terms, families."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Any

import yaml

from praetor.alerts.words import Sentence, words_of

Phrase = Sentence
_GROUP = re.compile(r"<([^<>]+)>")
_EVERY_FAMILY = "all"


@dataclass(frozen=True, slots=True)
class Term:
    """One of `phrases` has to be said: in the sentence, or `anywhere` in the alert."""

    phrases: frozenset[Phrase]
    anywhere: bool


@dataclass(frozen=True, slots=True)
class Line:
    terms: tuple[Term, ...]
    unless: frozenset[Phrase]


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    lines: tuple[Line, ...]
    unless_alert: frozenset[Phrase]
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    families: tuple[Family, ...]
    guesses: frozenset[Phrase]
    advice: frozenset[Phrase]
    by_first_word: Mapping[str, tuple[Phrase, ...]]
    """All phrases that matter, by their first word, so that a text is gone through once."""


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    return _vocabulary(yaml.safe_load((files("praetor.alerts") / "families.yaml").read_text(encoding="utf-8")))


def _vocabulary(document: Mapping[str, Any]) -> Vocabulary:
    groups = {
        name: tuple(spelt for entry in entries for spelt in _spellings(str(entry)))
        for name, entries in document["words"].items()
    }
    names = frozenset(document["families"])
    families = tuple(_family(name, entry, groups, names) for name, entry in document["families"].items())
    guesses, advice = (_phrases(document[name], groups) for name in ("guesses", "advice"))
    return Vocabulary(families, guesses, advice, _index({guesses, advice, *_all_phrases(families)}))


def _family(
    name: str, entry: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]], names: frozenset[str]
) -> Family:
    unless = _phrases(entry.get("unless", ()), groups)
    over = names - {name} if entry.get("over") == _EVERY_FAMILY else frozenset(entry.get("over", ()))
    if strangers := over - names:
        raise ValueError(f"families.yaml: {name}: over: there is no family {min(strangers)!r}")
    lines = tuple(_line(text, unless, groups) for text in entry["says"])
    return Family(name, lines, _phrases(entry.get("unless_alert", ()), groups), over)


def _line(text: str, unless: frozenset[Phrase], groups: Mapping[str, tuple[str, ...]]) -> Line:
    said, _, denied = text.partition(" unless ")
    terms = (term.strip() for term in said.split(" + "))
    own = _phrases(denied.split("|"), groups) if denied else frozenset()
    return Line(tuple(_term(term, groups) for term in terms), unless | own)


def _term(text: str, groups: Mapping[str, tuple[str, ...]]) -> Term:
    return Term(_phrases(text.removeprefix("~").split("|"), groups), text.startswith("~"))


def _phrases(texts: Iterable[str], groups: Mapping[str, tuple[str, ...]]) -> frozenset[Phrase]:
    return frozenset(
        words_of(spelt) for text in texts for whole in _ungrouped(str(text), groups) for spelt in _spellings(whole)
    )


def _ungrouped(text: str, groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """`bad <deploy>` with each word of the list `deploy`."""
    pieces = _GROUP.split(text)  # text, name, text, name, ..., text
    choices = [groups[piece] if place % 2 else (piece,) for place, piece in enumerate(pieces)]
    return ("".join(chosen) for chosen in product(*choices))


def _spellings(text: str) -> tuple[str, ...]:
    return (text.replace("(s)", ""), text.replace("(s)", "s")) if "(s)" in text else (text,)


def _all_phrases(families: Iterable[Family]) -> Iterator[frozenset[Phrase]]:
    for family in families:
        yield family.unless_alert
        for line in family.lines:
            yield line.unless
            yield from (term.phrases for term in line.terms)


def _index(sets: Iterable[frozenset[Phrase]]) -> dict[str, tuple[Phrase, ...]]:
    index: dict[str, list[Phrase]] = {}
    for phrase in sorted({phrase for phrases in sets for phrase in phrases}):
        index.setdefault(phrase[0], []).append(phrase)
    return {word: tuple(phrases) for word, phrases in index.items()}
