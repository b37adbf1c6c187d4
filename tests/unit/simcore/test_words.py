"""What is said: every code has its words, and templates leave out what is not there."""

from dataclasses import dataclass

import pytest

from simcore.kernel import found, logs, told
from simcore.kernel.fill import LONGEST
from simcore.words.checks import CHECKS
from simcore.words.events import EVENTS
from simcore.words.formats import formatted
from simcore.words.log_lines import LINES
from simcore.words.template import Each, Maybe, say_of
from simcore.world.programs import Writer


@dataclass
class Seat:
    number: int
    guest: str | None


@dataclass
class Table:
    name: str
    seats: tuple[Seat, ...]


SEATED = Each("seats", ("{number} at {name}", Maybe("guest", ": {guest}", " is free")), ", ", "nobody")


@pytest.mark.parametrize(
    ("seats", "said"),
    [
        ((Seat(1, "Ada"), Seat(2, None)), "1 at the window: Ada, 2 at the window is free"),
        ((Seat(3, ""),), "3 at the window is free"),
        ((), "nobody"),
    ],
)
def test_a_list_says_each_row_and_leaves_out_what_is_missing(seats, said):
    assert say_of((SEATED,), Table("the window", seats)) == said


def test_every_code_of_the_kernel_has_words():
    assert sorted(CHECKS) == list(range(found.CHECK_COUNT))
    assert sorted(EVENTS) == list(range(told.E_AT_MAXIMUM + 1))
    assert sorted(LINES) == list(range(logs.NOTHING))


@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        (119.4, "ago", "119 s ago"), (120.0, "ago", "2 min ago"), (7200.0, "ago", "2 h ago"),
        (172_800.0, "ago", "2 days ago"), (0.256, "percent", "26 %"), (512.0, "Mi", "512Mi"), (0.25, "m", "250m"),
        (1203001.0, "version", "v1.203.1"), ((1, 2), "count", "2"), (9.97, "short", "10"), (0.37, "short", "0.37"),
        (12.5, "short", "12"), (3.0, "short", "3"), (1.25, "data ms", "1.2 ms"), (None, "data ms", "no data"),
        (0.0, "off|on", "off"), (True, "FAIL|ok  ", "ok  "), ("ab", "<4", "ab  "),
    ],
)  # fmt: skip
def test_a_format_says_a_value(value, form, said):
    assert formatted(value, form) == said


def test_letters_that_a_step_could_not_write_are_refused():
    with pytest.raises(ValueError, match="longer than"):
        Writer().span("a" * (LONGEST + 1))
    with pytest.raises(UnicodeEncodeError):
        Writer().span("für")
