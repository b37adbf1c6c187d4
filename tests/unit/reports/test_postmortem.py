"""What a post-mortem says, in which order, about which course of events."""

import pytest

from praetor.reports.action_items import ALWAYS, BY_MECHANISM, UNKNOWN_CAUSE, WITHOUT_FAULT, action_items
from praetor.reports.postmortem import NO_EPISODE, REHEARSAL, SECTIONS, render_postmortem
from praetor.resources.run import IncidentRun
from simcore.mechanisms.table import MECHANISMS
from tests.support.traces import TraceBook, action, resolved_run


def incident_run(**status) -> IncidentRun:
    return IncidentRun.model_validate(
        {
            "apiVersion": "praetor.dev/v1alpha1",
            "kind": "IncidentRun",
            "metadata": {"name": "oom-1", "namespace": "shop"},
            "spec": {"scenarioRef": {"name": "oom-crash"}, "seed": 7},
            "status": status,
        }
    )


def section(report: str, title: str) -> str:
    return report.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].strip()


@pytest.fixture(scope="module")
def report() -> str:
    return render_postmortem(incident_run(), resolved_run().jsonl())


def test_the_first_line_after_the_title_says_that_a_rehearsal_touched_nothing(report):
    assert report.splitlines()[:3] == ["# Post-mortem: `oom-1`", "", REHEARSAL]


def test_a_run_on_a_real_substrate_is_not_called_a_rehearsal():
    assert REHEARSAL not in render_postmortem(incident_run(), TraceBook(substrate="Site").jsonl())


def test_all_sections_are_there_once_and_in_order(report):
    titles = [line.removeprefix("## ") for line in report.splitlines() if line.startswith("## ")]
    assert titles == [title for title, _ in SECTIONS if title not in ("Suggested changes", "Approvals")]


def test_what_people_said_about_changes_that_waited_is_told():
    restart = action("restart_service", memory_limit="1024Mi")
    book = TraceBook().asked(restart, "Asked").asked(restart, "Approved", "alice", "").step(restart, effect=True)
    book = book.asked(restart, "Asked").asked(restart, "Denied", "bob", "denied by bob: not today")
    told = section(render_postmortem(incident_run(), book.jsonl()), "Approvals").splitlines()
    change = "`restart_service` on `order-service` (`memory_limit` = 1024Mi)"
    assert told == [f"- {change}: approved by `alice`", f"- {change}: denied by `bob`: denied by bob: not today"]


def test_a_site_where_nothing_was_changed_is_not_said_to_have_been():
    report = render_postmortem(incident_run(), TraceBook(substrate="Site", site="shop", mode="Suggest").jsonl())
    assert report.splitlines()[2] == "**Site `shop`:** nothing was changed there (mode `Suggest`)."


def test_equal_runs_give_equal_bytes(report):
    assert render_postmortem(incident_run(), resolved_run().jsonl()) == report


def test_the_summary_says_how_it_ended(report):
    told = section(report, "Summary")
    assert "The policy `playbook` took 4 of 20 steps and 7:05 minutes. The incident is **resolved**" in told
    assert "| Score | 0.77 |" in told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"resolved": False, "diagnosed": False}, "is **mitigated**, but its cause was not named rightly"),
        ({"resolved": False, "diagnosed": None, "truth": None}, "is **mitigated**; nobody knows"),
        ({"resolved": False, "mitigated": False}, "is **not resolved**"),
    ],
)
def test_the_summary_tells_mitigated_from_resolved(changes, expected):
    assert expected in section(render_postmortem(incident_run(), resolved_run().jsonl(**changes)), "Summary")


def test_the_impact_is_in_user_minutes_with_each_objective_before_and_after(report):
    told = section(report, "Impact")
    assert "**41.2 user minutes**" in told
    assert "| `frontend-bff` availability | 0.99 | 0.4 (broken) | 1 (met) |" in told


def test_the_root_cause_is_given_as_declared_and_as_it_was(report):
    told = section(report, "Root cause")
    assert "- Declared: `order-service` `heap_oom` (memory)" in told
    assert "- True: `order-service` `heap_oom` (memory)" in told
    assert "The policy says: heap too small" in told


def test_an_unknown_truth_is_said_to_be_unknown():
    report = render_postmortem(incident_run(), resolved_run().jsonl(truth=None, diagnosed=None))
    assert "- True: not known" in section(report, "Root cause")


def test_the_resolution_lists_only_what_was_changed(report):
    told = section(report, "Resolution")
    assert "- 0:30 `restart_service` on `order-service` (`memory_limit` = 1024Mi)" in told
    assert "read_logs" not in told


def test_a_refused_change_is_no_part_of_the_resolution():
    book = TraceBook().step(action("scale_service", replicas=0), effect=True, error="no such service")
    report = render_postmortem(incident_run(), book.jsonl())
    assert section(report, "Resolution") == "Nothing was changed."
    assert "Refused: no such service" in section(report, "Timeline")


def test_the_timeline_gives_the_reason_and_the_beliefs_of_each_step(report):
    told = section(report, "Timeline")
    assert "- **Step 2**, 0:30: `restart_service` on `order-service`" in told
    assert "Reason: The heap outgrew its limit" in told
    assert "Hypothesis: `order-service` `heap_oom`" in told
    assert "Ruled out: `postgres-db` `connection_leak`, by pool 3/20" in told
    assert "Evidence: \\[FATAL\\] Java heap space" in told


def test_a_belief_is_told_when_it_is_new_and_not_at_every_step():
    belief = {"service": "order-service", "mechanism": "heap_oom", "ruled_out_by": ""}
    book = TraceBook()
    for evidence in (["137"], ["137"], ["137", "OOMKilled"]):
        book.step(action("read_logs"), hypothesis=belief, evidence=evidence)
    told = section(render_postmortem(incident_run(), book.jsonl()), "Timeline")
    assert told.count("Hypothesis:") == 1
    assert [line.strip() for line in told.splitlines() if "Evidence" in line] == [
        "- Evidence: 137",
        "- Evidence: OOMKilled",
    ]


def test_a_malformed_action_is_a_step_of_the_timeline():
    report = render_postmortem(incident_run(), TraceBook().step(None, error="action_type: unknown").jsonl())
    assert "- **Step 1**, 0:00: a malformed action" in section(report, "Timeline")


def test_a_long_timeline_shows_both_ends_and_says_what_is_left_out():
    book = TraceBook()
    for number in range(100):
        book.step(action("read_logs"), reason=f"reason {number}")
    told = section(render_postmortem(incident_run(), book.jsonl()), "Timeline")
    assert "reason 24" in told
    assert "reason 25" not in told
    assert "reason 74" not in told
    assert "reason 75" in told
    assert "The 50 steps in the middle are in the trace." in told


def test_all_six_components_and_the_score_are_in_the_decomposition(report):
    told = section(report, "Reward decomposition")
    components = ["r_diagnostic", "r_correct_op", "r_resolution", "r_format", "r_efficiency", "r_penalty"]
    assert [name for name in components if f"| `{name}` |" in told] == components
    assert "| **score** | the sum, between 0 and 1 | **0.77** |" in told


def test_the_rubric_is_shown_as_check_marks_beside_the_score(report):
    told = section(report, "Rubric").splitlines()
    assert told[:3] == ["- ✓ Read the log", "- ✗ Scaled it out", "- ? (for a person to judge) Told the others"]
    assert told[-1] == "By weight 0.45 of 1. It is no part of the score."


@pytest.mark.parametrize("changes", [{"rubric": []}, {"rubric": None}])
def test_a_scenario_without_a_rubric_has_no_section_for_it(changes):
    assert "## Rubric" not in render_postmortem(incident_run(), resolved_run().jsonl(**changes))


def test_a_component_that_needs_an_unknown_truth_is_not_shown_as_zero():
    report = render_postmortem(incident_run(), TraceBook().jsonl(breakdown={"r_resolution": None}))
    assert "| `r_resolution` | fixed, verified, and the causes named rightly | not known |" in report


def test_a_clean_run_has_good_findings_and_no_bad_ones(report):
    assert len(section(report, "What went well").splitlines()) == 6
    assert section(report, "What did not") == "Nothing to note."


def test_a_blind_run_is_told_what_it_did_wrong():
    penalised = {"r_penalty": -0.1}
    book = TraceBook(max_steps=1).step(action("restart_service"), effect=True, breakdown=penalised)
    end = {"resolved": False, "mitigated": False, "diagnosed": False, "declared": None}
    report = render_postmortem(incident_run(), book.jsonl(**end, notes=["harm: frontend-bff"]))
    told = section(report, "What did not")
    for sentence in ("No cause was declared", "budget", "before any evidence", "not looked at", "Penalties"):
        assert sentence in told
    assert "- Note: harm: frontend-bff" in section(report, "Reward decomposition")


def test_why_an_episode_was_cut_short_is_told():
    report = render_postmortem(incident_run(), TraceBook().jsonl(message="the episode was stopped after 3 s"))
    assert "the episode was stopped after 3 s" in section(report, "What did not")


def test_a_run_without_an_episode_has_a_report_that_says_so():
    report = render_postmortem(incident_run(message="No family fits this alert."), b"")
    assert report.splitlines()[2] == NO_EPISODE
    assert section(report, "Summary") == "No family fits this alert."
    assert section(report, "Timeline") == "No step was taken."


def test_every_mechanism_has_action_items_of_its_own():
    assert set(BY_MECHANISM) == set(MECHANISMS)
    assert min(map(len, BY_MECHANISM.values())) >= 2


def test_action_items_follow_the_true_cause_not_the_declared_one():
    leak = {"service": "order-service", "mechanism": "memory_leak", "mechanism_class": "release"}
    report = render_postmortem(incident_run(), resolved_run().jsonl(truth=[leak]))
    assert BY_MECHANISM["memory_leak"][0] in section(report, "Action items")
    assert BY_MECHANISM["heap_oom"][0] not in section(report, "Action items")


@pytest.mark.parametrize(("causes", "expected"), [(None, UNKNOWN_CAUSE), ([], WITHOUT_FAULT)])
def test_action_items_without_a_known_cause(causes, expected):
    assert action_items(causes) == expected + ALWAYS


def test_the_evidence_ends_with_where_the_trace_is():
    status = {"traceRef": {"name": "oom-1-trace-0", "sha256": "a" * 64, "events": 9, "chunks": 1}}
    report = render_postmortem(incident_run(**status), resolved_run().jsonl())
    told = section(report, "Evidence")
    assert told.startswith("- \\[FATAL\\] Java heap space")
    assert told.endswith(f"`oom-1-trace-0`, SHA-256 `{'a' * 64}`.")
