"""What looks at a target say about an experiment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.substrates.chaos.judging import (
    Objectives,
    ServiceSight,
    Sight,
    callers,
    elsewhere,
    noticed,
    unkept,
    unsteady,
)

CALLS = {"frontend": ("api",), "api": ("postgres",), "cron": ("postgres",), "postgres": (), "mail": ()}
PROMISED = Objectives(0.99, 500.0)


def sight(**health: str | float) -> Sight:
    """A name with a health, or with the share of its requests that fail."""
    rows = [
        ServiceSight(name, told if isinstance(told, str) else "healthy", told if isinstance(told, float) else 0.0)
        for name, told in (dict.fromkeys(CALLS, "healthy") | health).items()
    ]
    return Sight(tuple(rows), CALLS)


def test_callers_are_followed_to_the_entry() -> None:
    assert callers("postgres", CALLS) == {"api", "cron", "frontend"}
    assert callers("frontend", CALLS) == set()


def test_a_circle_of_calls_has_an_end() -> None:
    assert callers("a", {"a": ("b",), "b": ("a",)}) == {"b"}


@pytest.mark.parametrize(
    ("sights", "why"),
    [
        ([sight()] * 10, ""),
        ([sight()] * 9 + [sight(frontend=0.5)], ""),
        ([sight()] * 7 + [sight(frontend=0.5)] * 3, "frontend fails 50.0 % of its requests"),
        ([sight()] * 9 + [sight(mail="crashed")], "mail is crashed"),
        ([], "the target was not seen"),
    ],
)
def test_steady_is_served_nearly_always_and_nothing_down(sights: list[Sight], why: str) -> None:
    assert unsteady(sights, PROMISED) == why


def test_a_promise_that_is_of_no_one_service_counts() -> None:
    unmet = Sight(sight().services, CALLS, "readiness of frontend is 0.5")
    assert unsteady([unmet] * 3, PROMISED) == noticed([unmet] * 2, PROMISED) == "readiness of frontend is 0.5"


def test_one_bad_look_is_no_notice() -> None:
    assert noticed([sight(frontend=0.5)], PROMISED) == ""
    assert noticed([sight(frontend=0.5), sight()], PROMISED) == ""
    assert noticed([sight(), sight(frontend=0.5), sight(frontend=0.5)], PROMISED).startswith("frontend")


def test_the_target_and_who_calls_it_may_break() -> None:
    broken = [sight(frontend=0.5, api="crashed")] * 5
    assert elsewhere(broken, "api", (), PROMISED) == ""


@pytest.mark.parametrize("other", ["postgres", "mail", "cron"])
def test_nobody_else_may(other: str) -> None:
    broken = [sight(**{other: "crashed"})] * 3
    assert elsewhere(broken, "api", (), PROMISED) == f"{other} is crashed"
    assert elsewhere(broken[:2], "api", (), PROMISED) == ""
    assert elsewhere(broken, "api", (other,), PROMISED) == ""


def test_what_users_reach_may_break_although_no_setting_tells_whom_it_calls() -> None:
    assert elsewhere([sight(frontend=0.5)] * 5, "mail", (), PROMISED) == ""


@pytest.mark.parametrize(("slow", "names"), [(0, ()), (2, ()), (3, ("mail",)), (10, ("mail",))])
def test_what_is_not_as_promised_while_all_is_well_was_never_promised(slow: int, names: tuple[str, ...]) -> None:
    sights = [sight(mail=0.5)] * slow + [sight()] * (10 - slow)
    assert unsteady(sights, PROMISED) == ""
    assert unkept(sights, PROMISED) == names


def test_without_a_target_nobody_can_say_what_is_elsewhere() -> None:
    assert elsewhere([sight(mail="crashed")] * 5, None, (), PROMISED) == ""


@given(st.lists(st.floats(0, 0.01), min_size=3, max_size=20))
def test_what_keeps_its_promise_is_broken_nowhere(shares: list[float]) -> None:
    sights = [sight(mail=share) for share in shares]
    assert elsewhere(sights, "api", (), PROMISED) == unsteady(sights, PROMISED) == ""
