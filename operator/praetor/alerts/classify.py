"""Which family of incidents an alert speaks of: from its words, never from parts of words.

An honest None is worth more than a guess: without a family there is no rehearsal, and a person is told to
look. The words are in `families.yaml`, the rule that they follow in docs/reference/alert-families.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from praetor.alerts.saying import Saying, saying
from praetor.alerts.vocabulary import Family, Line, Phrase, vocabulary
from praetor.alerts.words import sentences_of

_TELLING_LABELS = ("alertname", "reason", "exit_code", "exitcode", "exitCode")
_HEADLINE_ANNOTATIONS = ("summary", "title", "message")


@dataclass(frozen=True, slots=True)
class Classification:
    """`family` is None when no family fits. `evidence` says which words, and where they stand."""

    family: str | None
    service: str | None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    is_headline: bool
    sentences: Sequence[Saying]


def classify(alert: Mapping[str, Any]) -> Classification:
    """The family of `spec.alert` in its wire form: the one that its headline names, else the one that the rest of
    it names. Two that are named equally, and neither more specific, are none."""
    service = alert.get("service") or None
    places = list(_places(alert))
    said = frozenset(phrase for place in places for sentence in place.sentences for phrase in sentence.phrases)
    found = {family.name: evidence for family in vocabulary().families if (evidence := _evidence(family, places, said))}
    family = _decided(found)
    return Classification(family, service, tuple(text for text, _ in found[family]) if family else ())


def _places(alert: Mapping[str, Any]) -> Iterator[_Place]:
    labels = alert.get("labels") or {}
    annotations = alert.get("annotations") or {}
    texts = {"title": alert.get("title"), "description": alert.get("description")}
    texts |= {f"label {name}": f"{name} {labels[name]}" for name in _TELLING_LABELS if labels.get(name)}
    said = set(texts.values())
    texts |= {f"annotation {name}": text for name, text in sorted(annotations.items()) if text not in said}
    headlines = {"title", *(f"annotation {name}" for name in _HEADLINE_ANNOTATIONS)}
    for name, text in texts.items():
        if text and not name.endswith("_url"):
            is_headline = name in headlines or name.startswith("label ")
            sayings = dict.fromkeys(saying(words) for words in sentences_of(str(text)))  # a repeat says nothing new
            yield _Place(name, is_headline, [one for one in sayings if one.phrases])


def _evidence(family: Family, places: Iterable[_Place], said: frozenset[Phrase]) -> list[tuple[str, bool]]:
    """What speaks for a family, and whether it is a headline; at most one text of each place."""
    if not family.unless_alert.isdisjoint(said):
        return []
    lines = [(place, _first(family.lines, place.sentences, said)) for place in places]
    return [(f"{place.name}: {words}", place.is_headline) for place, words in lines if words]


def _first(lines: Iterable[Line], sentences: Iterable[Saying], said: frozenset[Phrase]) -> str:
    return next((words for sentence in sentences for line in lines if (words := _match(line, sentence, said))), "")


def _match(line: Line, sentence: Saying, said: frozenset[Phrase]) -> str:
    """The words of the sentence that make the line true; "" if it is not."""
    if not line.unless.isdisjoint(sentence.mentioned):
        return ""
    here = [sentence.phrases & term.phrases for term in line.terms]
    elsewhere = [
        term.anywhere and not found and said & term.phrases for term, found in zip(line.terms, here, strict=True)
    ]
    if not any(here) or not all(map(any, zip(here, elsewhere, strict=True))):
        return ""
    return ", ".join(" ".join(min(found)) for found in here if found)


def _decided(found: Mapping[str, Sequence[tuple[str, bool]]]) -> str | None:
    beaten = {name for family in vocabulary().families if family.name in found for name in family.over}
    left = [name for name in found if name not in beaten]
    headlines = [name for name in left if any(is_headline for _, is_headline in found[name])]
    named = headlines or left
    return named[0] if len(named) == 1 else None
