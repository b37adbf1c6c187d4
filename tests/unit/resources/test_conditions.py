"""Conditions: one of each type, in their place, with the time of the last change."""

from praetor.resources.conditions import (
    MESSAGE_LIMIT,
    RUN_CONDITIONS,
    find_condition,
    is_true,
    set_condition,
    unknown_conditions,
)

THEN, NOW = "2026-01-31T12:00:00Z", "2026-01-31T12:05:00Z"


def test_on_first_sight_all_are_unknown() -> None:
    conditions = unknown_conditions(RUN_CONDITIONS, now=THEN, observed_generation=1)
    assert [condition.type for condition in conditions] == list(RUN_CONDITIONS)
    assert {(each.status, each.observed_generation) for each in conditions} == {("Unknown", 1)}


def test_a_changed_status_has_a_new_time_and_the_old_place() -> None:
    conditions = unknown_conditions(("Started", "Complete"), now=THEN, observed_generation=1)
    changed = set_condition(conditions, "Started", "True", "EpisodeStarted", now=NOW, observed_generation=2)
    assert [condition.type for condition in changed] == ["Started", "Complete"]
    assert (changed[0].last_transition_time, changed[0].observed_generation) == (NOW, 2)
    assert conditions[0].status == "Unknown"


def test_the_time_stays_while_the_status_stays() -> None:
    once = set_condition([], "Complete", "False", "EpisodeStarted", now=THEN)
    twice = set_condition(once, "Complete", "False", "Retrying", "again", now=NOW)
    assert (twice[0].last_transition_time, twice[0].reason, twice[0].message) == (THEN, "Retrying", "again")


def test_a_long_message_is_cut() -> None:
    (condition,) = set_condition([], "Failed", "True", "PolicyFailed", "x" * 5000, now=NOW)
    assert len(condition.message) == MESSAGE_LIMIT


def test_only_true_is_true() -> None:
    conditions = set_condition([], "Complete", "Unknown", "NotYetObserved", now=NOW)
    assert not is_true(conditions, "Complete")
    assert not is_true(conditions, "Failed")
    assert is_true(set_condition(conditions, "Complete", "True", "EpisodeEnded", now=NOW), "Complete")
    assert find_condition(conditions, "Failed") is None
