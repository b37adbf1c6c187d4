"""Every reason is documented, and is a word that a condition takes."""

import re

from praetor.resources import reasons

NAMES = {name: value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}


def test_there_are_reasons() -> None:
    assert "NothingToActOn" in NAMES.values()


def test_every_reason_has_a_meaning_and_nothing_else_has() -> None:
    assert set(NAMES.values()) == set(reasons.MEANING)
    assert all(text.endswith(".") for text in reasons.MEANING.values())


def test_a_constant_is_named_like_its_value() -> None:
    for name, value in NAMES.items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", value).upper() == name
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]{0,62}", value)
