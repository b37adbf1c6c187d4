"""The runbook: one row for each run that has ended."""

import pytest

from praetor.reports.runbook import COLUMNS, as_markdown, runbook
from tests.support.told_runs import KINDS, told
from tests.unit.reports.test_hostile_content import HOSTILE


def manifest(kind: str) -> dict:
    return told(kind)[0].model_dump(by_alias=True, exclude_none=True, mode="json")


ENDED = [kind for kind in KINDS if kind != "policy failed"]


def test_every_run_that_ended_has_a_row_and_no_other():
    waiting = manifest("resolved") | {"status": {}}
    rows = runbook([*map(manifest, ENDED), waiting])
    assert [row.outcome for row in rows] == [
        "resolved", "not resolved", "resolved", "resolved", "resolved", "not played", "failed",
    ]  # fmt: skip
    assert [row.reason for row in rows[-2:]] == ["NothingToActOn", "BackoffLimitExceeded"]


def test_a_row_says_what_was_found_and_what_was_changed():
    (row,) = runbook([manifest("resolved")])
    assert row.causes == ("public-api/heap_oom",)
    assert row.changes == ("rollout restart of public-api with memory limit 1024Mi started",)
    assert row.postmortem == "/runs/oom-crash-3/postmortem?namespace=default"
    assert tuple(row.to_json()) == COLUMNS


def test_who_declared_that_nothing_is_broken_differs_from_who_declared_nothing():
    said, nothing = runbook([manifest("no fault"), manifest("failed")])
    assert said.causes == ("nothing is broken",)
    assert nothing.causes == ()


def test_refused_changes_are_no_changes():
    assert len(runbook([manifest("not resolved")])[0].changes) == 2


def test_as_markdown_it_is_a_table():
    lines = as_markdown(runbook(map(manifest, ENDED))).splitlines()
    assert lines[0] == "# Runbook"
    assert len(lines) == 4 + len(ENDED)
    assert as_markdown([]) == "# Runbook\n\nNo run has ended yet.\n"


@pytest.mark.parametrize("words", HOSTILE)
def test_words_of_others_stay_in_their_cell(words):
    hostile = manifest("nothing to act on")
    hostile["spec"]["alert"] |= {"title": words, "service": words}
    lines = as_markdown(runbook([hostile])).splitlines()
    assert len(lines) == 5
    assert "<" not in lines[-1]
