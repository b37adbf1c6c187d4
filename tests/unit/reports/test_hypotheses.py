"""What was thought of, and what became of it."""

from praetor.reports.hypotheses import thoughts
from praetor.reports.postmortem import render_postmortem
from praetor.reports.story import read_story
from tests.support.told_runs import run_of, told
from tests.support.traces import CAUSE, TraceBook, action


def idea(mechanism: str, against: str = "") -> dict[str, str]:
    return {"service": "order-service", "mechanism": mechanism, "ruled_out_by": against}


def fates(book: TraceBook, **verdict) -> list[tuple[str, str]]:
    return [(one.mechanism, one.fate) for one in thoughts(read_story(book.jsonl(**verdict)))]


def test_the_declared_one_is_first_and_each_says_what_became_of_it():
    book = (
        TraceBook()
        .step(action("read_logs"), hypothesis=idea("memory_leak"))
        .step(action("check_metrics"), ruled_out=[idea("memory_leak", "no slope")], hypothesis=idea("gc_death_spiral"))
        .step(action("restart_service"), effect=True, hypothesis=idea("heap_oom"))
    )
    assert fates(book) == [
        ("heap_oom", "declared as the cause"),
        ("memory_leak", "ruled out in step 2"),
        ("gc_death_spiral", "left open"),
    ]


def test_what_was_acted_on_in_vain_says_so():
    book = TraceBook().step(action("restart_service"), effect=True, hypothesis=idea("memory_leak"))
    assert fates(book, declared=[CAUSE]) == [("memory_leak", "acted on, not declared")]


def test_a_policy_that_names_none_has_a_section_that_says_so():
    report = render_postmortem(run_of(scenarioRef={"name": "oom-crash"}), TraceBook().step(action("read_logs")).jsonl())
    assert "## Hypotheses\n\nThe policy named none." in report


def test_of_a_real_run_the_evidence_against_each_rejected_one_is_told():
    considered = thoughts(read_story(told("resolved")[1]))
    assert considered[0].fate == "declared as the cause"
    assert any(one.fate.startswith("ruled out") and one.against for one in considered)
