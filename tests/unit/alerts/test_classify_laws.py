"""What holds for the classifier whatever the words are: whole words, in any case and order, and no text hurts it."""

from string import capwords
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from praetor.alerts.classify import classify
from praetor.alerts.saying import saying
from praetor.alerts.vocabulary import vocabulary
from praetor.alerts.words import sentences_of, words_of
from simcore import scenario_names
from tests.support.labelled_rules import labelled

FAMILIES = {name.replace("-", "_") for name in scenario_names()}
PHRASES = sorted(phrase for phrases in vocabulary().by_first_word.values() for phrase in phrases)
KNOWN_WORDS = {word for phrase in PHRASES for word in phrase}
TITLES = [
    "payment-service oomkilled",
    "database connection pool exhausted",
    "errors since the last deploy",
    "disk almost full",
    "tls certificate expired",
    "dns lookups fail",
    "cpu usage above limit",
    "kafka consumer group lag",
    "api rate limit reached",
    "slow queries on postgres",
]
LETTERS = st.text("abcdefghijklmnopqrstuvwxyzäßøжλ", min_size=1, max_size=4)
SEPARATORS = st.sampled_from([" ", "  ", "-", "_", "/", ", ", " (", ") ", ": ", ' "', " | ", " => ", "\t", " … "])
PLACES = st.sampled_from(["title", "description"])


def family_of(text: str, place: str = "title") -> str | None:
    return classify({place: text}).family


@given(st.sampled_from(PHRASES), LETTERS, st.sampled_from(["before", "after", "around"]), PLACES)
def test_a_word_within_a_longer_word_is_not_that_word(
    phrase: tuple[str, ...], more: str, where: str, place: str
) -> None:
    glued = [f"{more if where != 'after' else ''}{word}{more if where != 'before' else ''}" for word in phrase]
    assume(KNOWN_WORDS.isdisjoint(word for text in glued for word in words_of(text)))
    assert family_of(" ".join(glued), place) is None


@given(st.sampled_from(TITLES), LETTERS)
def test_no_alert_of_longer_words_has_a_family(title: str, more: str) -> None:
    glued = [f"{more}{word}{more}" for word in words_of(title)]
    assume(KNOWN_WORDS.isdisjoint(word for text in glued for word in words_of(text)))
    assert family_of(title) is not None
    assert family_of(" ".join(glued)) is None


@pytest.mark.parametrize(
    "trap",
    ["headroom", "bloom", "mushroom", "hardisky", "quotation", "bandwidths", "uncertain", "deployable", "jigcpu"],
)
def test_traps(trap: str) -> None:
    assert family_of(f"{trap} high, full, failed, expired, exhausted since") is None


@given(st.sampled_from(PHRASES), st.sampled_from(TITLES), PLACES)
@example(("3rd", "party"), "dns lookups fail", "title")
def test_capitals_are_no_matter(phrase: tuple[str, ...], title: str, place: str) -> None:
    text = f"{' '.join(phrase)} {title}"
    assert classify({place: text.lower()}) == classify({place: text.upper()}) == classify({place: capwords(text)})


@given(st.sampled_from(TITLES), st.data())
def test_punctuation_between_words_is_no_matter(title: str, data: st.DataObject) -> None:
    words = words_of(title)
    parts = [part for word in words for part in (word, data.draw(SEPARATORS))]
    assert family_of("".join(parts)) == family_of(title) is not None


@given(st.sampled_from([*labelled("first"), *labelled("second")]), st.randoms(use_true_random=False))
def test_the_order_of_labels_and_annotations_is_no_matter(rule: Any, random: Any) -> None:
    alert = rule.alert()
    shuffled = dict(alert)
    for field in ("labels", "annotations"):
        entries = list(alert[field].items())
        random.shuffle(entries)
        shuffled[field] = dict(entries)
    assert classify(shuffled) == classify(alert)


@given(st.sampled_from(["no", "not", "without", "never"]), st.sampled_from(["oom kill", "disk full", "dns failures"]))
def test_what_is_denied_is_not_said(denial: str, said: str) -> None:
    assert family_of(said) is not None
    assert family_of(f"{denial} {said}") is None


def test_neither_addresses_nor_values_nor_appended_labels_are_words_of_the_alert() -> None:
    assert family_of("HighErrorRate, see https://runbooks.example/oom-killed") is None
    assert family_of("{{ $labels.oomkilled }} restarted") is None
    assert (
        family_of("Target is missing\n  VALUE = 0\n  LABELS = map[reason:OOMKilled disk:full]", "description") is None
    )


def test_advice_and_guesses_are_no_symptom() -> None:
    assert family_of("Requests fail. Check disk usage.", "description") is None
    assert family_of("Requests are late, which might indicate disk usage above 90 %", "description") is None


def test_two_families_that_are_named_equally_are_none_and_the_headline_wins() -> None:
    assert family_of("TLS certificate expired, disk full") is None
    found = classify({"title": "TLS certificate expired", "description": "The disk is full."})
    assert (found.family, found.evidence) == ("cert_expiry", ("title: certificate, expired",))


def test_evidence_says_which_words_and_where() -> None:
    found = classify({"title": "postgres-db", "description": "Its volume is 97 % full."})
    assert (found.family, found.evidence) == ("disk_full", ("description: volume, full",))


@given(st.dictionaries(st.sampled_from(["title", "description", "service"]), st.text()), st.text(), st.text())
def test_any_text_is_harmless(alert: dict[str, str], name: str, text: str) -> None:
    found = classify(alert | {"labels": {"alertname": text, name: text}, "annotations": {name: text, text: name}})
    assert found.family is None or found.family in FAMILIES
    assert bool(found.evidence) == (found.family is not None)


@pytest.mark.timeout(600)  # all take seconds; with squared time a megabyte would take days
@pytest.mark.parametrize(
    "piece",
    [
        "A",
        "aA",
        "oom ",
        "not ",
        "{{",
        "{{a}}",
        "a://",
        "LABELS = map[",
        "disk full. ",
        "io. x. ",
        "Ω",
        "\r",
        "no disk is not full ",
    ],
)
def test_a_megabyte_of_anything_is_read_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    found = classify({"title": text, "description": text})
    assert found.family in {None, "oom_crash", "disk_full"}


def test_a_repeated_sentence_is_looked_at_once() -> None:
    sayings = {saying(words) for words in sentences_of("disk full. " * 1000)}
    assert len(sayings) == 1


def test_every_family_of_the_library_has_words_and_no_other() -> None:
    assert {family.name for family in vocabulary().families} == FAMILIES
