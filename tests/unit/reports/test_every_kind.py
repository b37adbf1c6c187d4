"""A run of whatever kind has a whole report, and its kind is told first."""

import pytest

from praetor.reports.digest import digest
from praetor.reports.pdf.body import body
from praetor.reports.pdf.cover import cover
from praetor.reports.pdf.fonts import register
from praetor.reports.postmortem import SECTIONS, render_postmortem
from praetor.reports.story import read_story
from tests.support.flowables import words_of
from tests.support.told_runs import KINDS, PLAYED, told

ALWAYS_IN_THE_PDF = (
    "INCIDENT POST-MORTEM", "Summary", "Run", "Resolution path", "What was changed", "Alert", "Root cause",
    "Every step and its why", "Hypotheses", "Reward decomposition", "What went well", "What did not", "Action items",
    "Evidence",
)  # fmt: skip
STATUS = {
    "resolved": "Resolved", "not resolved": "Not resolved", "no fault": "All clear", "healed by itself": "All clear",
    "two faults": "Resolved", "policy failed": "Not resolved", "nothing to act on": "Nothing to act on",
    "failed": "Failed",
}  # fmt: skip


def pdf_words(kind: str) -> list[str]:
    run, trace = told(kind)
    register()
    story = read_story(trace)
    glance = digest(run, story)
    return words_of([*cover(run, story, glance), *body(run, story)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_markdown_has_every_section_with_something_in_it(kind):
    report = render_postmortem(*told(kind))
    parts = dict(part.split("\n", 1) for part in report.split("\n## ")[1:])
    assert list(parts) == [title for title, _ in SECTIONS if title in parts]
    assert {title for title, _ in SECTIONS} - set(parts) <= {"Rubric", "Suggested changes", "Approvals"}
    assert all(text.strip() for text in parts.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_pdf_has_every_section(kind):
    words = pdf_words(kind)
    assert [title for title in ALWAYS_IN_THE_PDF if title not in words] == []
    assert ("The course in figures" in words) == (kind in PLAYED)
    assert ("Service map" in words) == (kind in PLAYED)


@pytest.mark.parametrize("kind", KINDS)
def test_how_it_ended_is_told_in_a_word(kind):
    run, trace = told(kind)
    assert digest(run, read_story(trace)).status == STATUS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_pdf_gives_the_reason_of_every_step(kind):
    words = " ".join(pdf_words(kind))
    for step in read_story(told(kind)[1]).steps:
        assert " ".join(str(step.decision["reason"]).split())[:60] in words


def test_a_run_that_changed_something_tells_what_it_was_worth():
    report = render_postmortem(*told("resolved"))
    assert "Untouched, it would not have healed by itself, and would have cost" in report
    assert "| step | change | user minutes saved | needed |" in report


def test_what_would_have_healed_by_itself_is_said_to():
    assert "**would have healed by itself**" in render_postmortem(*told("healed by itself"))


def test_each_of_two_faults_is_named_and_has_its_action_items():
    report = render_postmortem(*told("two faults"))
    root = report.split("\n## Root cause\n")[1].split("\n## ")[0]
    assert root.count("`network_partition`") == root.count("`resolver_misconfigured`") == 2
    items = report.split("\n## Action items\n")[1].split("\n## ")[0]
    assert "network policies in version control" in items
    assert "Leave resolvers to the cluster" in items


def test_nothing_broken_is_praised_for_being_left_alone():
    report = render_postmortem(*told("no fault"))
    assert "Nothing was broken; that was seen, said, and nothing was changed." in report
    assert "the cause is gone" not in report


def test_a_run_without_an_episode_says_so_first():
    for kind in ("nothing to act on", "failed"):
        run, trace = told(kind)
        assert digest(run, read_story(trace)).first_line == "No episode was played: nothing was touched."


@pytest.mark.parametrize("kind", PLAYED)
def test_trace_and_report_carry_name_and_uid(kind):
    run, trace = told(kind)
    told_run = read_story(trace).setting["run"]
    assert told_run == {"namespace": "default", "name": run.metadata.name, "uid": run.metadata.uid}
    assert f"| UID | `{run.metadata.uid}` |" in render_postmortem(run, trace)
