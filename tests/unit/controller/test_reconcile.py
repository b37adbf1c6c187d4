"""Decisions about runs, each test a sentence: given this world, that is done."""

from dataclasses import replace

import pytest

from praetor.controller.effects import (
    DeleteRun,
    Effect,
    LookAgain,
    PutArtifact,
    RecordEvent,
    StartEpisode,
    StopEpisode,
    WriteStatus,
)
from praetor.controller.observed import Lost, Playing, Refused, Unplayable
from praetor.controller.reconcile import reconcile
from praetor.resources import reasons
from praetor.resources.conditions import RUN_CONDITIONS, find_condition
from praetor.resources.run_status import IncidentRunStatus, SeenAlerts
from praetor.runner.request import Failure
from tests.support.observing import ALERT, NOW, accepted, begun, finished, later, outcome, played, unseen, with_metadata

NOTHING_FITS = Unplayable(reasons.NOTHING_TO_ACT_ON, "a person has to look")


def written(effects: list[Effect]) -> IncidentRunStatus:
    (status,) = (effect.status for effect in effects if isinstance(effect, WriteStatus))
    return status


def told(effects: list[Effect]) -> list[tuple[str, bool]]:
    return [(effect.reason, effect.warning) for effect in effects if isinstance(effect, RecordEvent)]


def said(status: IncidentRunStatus, type: str) -> tuple[str, str]:
    condition = find_condition(status.conditions, type)
    assert condition is not None
    return condition.status, condition.reason


def lost(attempt: int = 1) -> Lost:
    return Lost(attempt, "the worker process died", NOW)


# The way of a run that goes well


def test_on_first_sight_all_conditions_are_unknown() -> None:
    effects = reconcile(unseen())
    status = written(effects)
    assert told(effects) == [("RunAccepted", False)]
    assert [condition.type for condition in status.conditions] == list(RUN_CONDITIONS)
    assert {condition.status for condition in status.conditions} == {"Unknown"}
    assert (status.phase, status.observed_generation) == ("Pending", 1)


def test_a_run_that_can_be_played_is_started() -> None:
    status = written(reconcile(accepted(seed=5, split="validation")))
    assert said(status, "Started") == ("True", "EpisodeStarted")
    assert (status.phase, status.attempts, status.substrate) == ("Running", 1, "Simulator")
    assert status.start_time == "2026-01-31T12:00:00Z"
    assert status.scenario is not None
    assert status.scenario.seed == 1_000_005


def test_a_started_run_without_an_episode_is_played_also_after_a_restart_of_the_operator() -> None:
    (effect,) = reconcile(begun(seed=5, difficulty=0.8, maxSteps=9))
    assert isinstance(effect, StartEpisode)
    assert effect.attempt == 1
    request = effect.request
    assert (request.run_uid, request.seed, request.difficulty, request.max_steps) == ("uid-1", 5, 0.8, 9)


def test_while_the_episode_is_under_way_nothing_is_done() -> None:
    assert reconcile(replace(begun(), episode=Playing())) == []


def test_the_trace_is_stored_first_and_the_report_second() -> None:
    ended = replace(begun(), episode=outcome())
    (first,) = reconcile(ended)
    assert isinstance(first, PutArtifact)
    assert (first.name, first.data) == ("trace.jsonl", outcome().trace)
    (second,) = reconcile(replace(ended, stored={"trace.jsonl": "one-trace-0"}))
    assert isinstance(second, PutArtifact)
    assert second.name == "postmortem.md"


def test_the_report_is_the_same_whenever_it_is_made() -> None:
    ended = replace(begun(), episode=outcome(), stored={"trace.jsonl": "one-trace-0"})
    assert reconcile(ended) == reconcile(later(ended, 3600))


def test_the_final_status_comes_after_everything_that_it_speaks_of() -> None:
    effects = reconcile(played())
    assert told(effects) == [("EpisodeEnded", False), ("ReportStored", False)]
    assert isinstance(effects[-1], WriteStatus)
    status = written(effects)
    assert status.trace_ref is not None
    assert status.report_ref is not None
    assert (status.trace_ref.name, status.report_ref.name) == ("one-trace-0", "one-postmortem")
    assert status.completion_time == "2026-01-31T12:00:00Z"
    assert status.cause == "api/oom"
    assert [step.seq for step in status.steps] == [1, 2, 3]


def test_a_resolved_run_succeeds_in_every_respect() -> None:
    status = written(reconcile(played()))
    assert {type: said(status, type)[0] for type in RUN_CONDITIONS} == {
        "Started": "True",
        "ApprovalRequired": "False",
        "Diagnosed": "True",
        "Mitigated": "True",
        "Verified": "True",
        "Escalated": "False",
        "Succeeded": "True",
        "Complete": "True",
        "Failed": "False",
    }
    assert status.phase == "Complete"


def test_a_finished_run_is_left_alone() -> None:
    assert reconcile(finished()) == []


# Verdicts


@pytest.mark.parametrize(
    ("verdict", "diagnosed"),
    [
        ({"declared": None, "diagnosed": False}, ("False", "NotDeclared")),
        ({"diagnosed": None}, ("Unknown", "TruthUnknown")),
        ({"diagnosed": False}, ("False", "CausesWrong")),
    ],
)
def test_a_diagnosis_is_judged_only_where_there_is_one_and_the_truth_is_known(
    verdict: dict, diagnosed: tuple[str, str]
) -> None:
    ended = outcome()
    observed = replace(played(), episode=replace(ended, verdict=ended.verdict | verdict))
    assert said(written(reconcile(observed)), "Diagnosed") == diagnosed


@pytest.mark.parametrize(("spec", "escalated"), [({}, "False"), ({"alert": ALERT}, "True")])
def test_an_unresolved_alert_is_escalated_and_an_unresolved_drill_is_not(spec: dict, escalated: str) -> None:
    ended = outcome()
    unresolved = replace(ended, verdict=ended.verdict | {"resolved": False, "mitigated": False})
    status = written(reconcile(replace(played(**spec), episode=unresolved)))
    assert said(status, "Escalated")[0] == escalated
    assert said(status, "Succeeded") == ("False", "NotResolved")
    assert said(status, "Complete") == ("True", "EpisodeEnded")


# Runs that cannot be played


@pytest.mark.parametrize(
    "reason", [reasons.SCENARIO_NOT_FOUND, reasons.POLICY_NOT_FOUND, reasons.SUBSTRATE_UNAVAILABLE]
)
def test_what_cannot_be_played_fails_with_its_reason(reason: str) -> None:
    effects = reconcile(replace(accepted(), subject=Unplayable(reason, "no such thing")))
    status = written(effects)
    assert told(effects) == [(reason, True)]
    assert said(status, "Failed") == ("True", reason)
    assert said(status, "Complete") == ("False", "NotComplete")
    assert said(status, "Started") == ("False", reason)
    assert (status.phase, status.message) == ("Failed", "no such thing")


def test_an_alert_that_nothing_fits_completes_escalated_with_a_report_and_without_an_episode() -> None:
    observed = replace(accepted(alert=ALERT), subject=NOTHING_FITS)
    (report,) = reconcile(observed)
    assert isinstance(report, PutArtifact)
    effects = reconcile(replace(observed, stored={"postmortem.md": "one-postmortem"}))
    status = written(effects)
    assert told(effects) == [("NothingToActOn", True)]
    for condition, expected in (("Complete", "True"), ("Escalated", "True"), ("Succeeded", "False")):
        assert said(status, condition) == (expected, "NothingToActOn")
    assert status.result is None


def test_a_scenario_that_vanishes_under_a_started_run_fails_it() -> None:
    gone = Unplayable(reasons.SCENARIO_NOT_FOUND, "it is gone")
    assert said(written(reconcile(replace(begun(), subject=gone))), "Failed") == ("True", "ScenarioNotFound")


def test_what_was_played_counts_even_if_its_scenario_vanished_meanwhile() -> None:
    gone = Unplayable(reasons.SCENARIO_NOT_FOUND, "it is gone")
    assert said(written(reconcile(replace(played(), subject=gone))), "Complete")[0] == "True"


def test_an_episode_that_is_refused_fails_the_run() -> None:
    status = written(reconcile(replace(begun(), episode=Refused("no such service"))))
    assert said(status, "Failed") == ("True", "ScenarioInvalid")


@pytest.mark.parametrize("reason", ["PolicyFailed", "DeadlineExceeded"])
def test_an_episode_that_broke_off_fails_the_run_and_keeps_what_there_is(reason: str) -> None:
    effects = reconcile(played(Failure(reason, "no idea")))
    status = written(effects)
    assert (reason, True) in told(effects)
    assert said(status, "Failed") == ("True", reason)
    assert said(status, "Complete")[0] == "False"
    assert status.result is not None
    assert status.trace_ref is not None


# Infrastructure


def test_a_lost_episode_is_tried_again_and_counted() -> None:
    effects = reconcile(replace(begun(), episode=lost()))
    assert told(effects) == [("Retrying", True)]
    assert written(effects).attempts == 2


@pytest.mark.parametrize(("attempt", "pause"), [(1, 1), (2, 2), (3, 4), (10, 60)])
def test_the_pauses_between_attempts_grow(attempt: int, pause: float) -> None:
    observed = begun(backoffLimit=10)
    status = observed.status.model_copy(update={"attempts": attempt + 1})
    observed = replace(observed, run=observed.run.model_copy(update={"status": status}), episode=lost(attempt))
    assert reconcile(observed) == [LookAgain(pause)]
    (effect,) = reconcile(later(observed, pause))
    assert isinstance(effect, StartEpisode)
    assert effect.attempt == attempt + 1


def test_what_is_lost_more_often_than_the_limit_allows_fails() -> None:
    status = written(reconcile(replace(begun(backoffLimit=0), episode=lost())))
    assert said(status, "Failed") == ("True", "BackoffLimitExceeded")
    assert status.attempts == 1


def test_what_the_last_attempt_told_is_kept_before_its_run_fails() -> None:
    for_good = replace(begun(backoffLimit=0), episode=lost(), told=("{}", "{}"))
    assert reconcile(for_good) == [PutArtifact("trace.jsonl", b"{}\n{}\n")]


# Deadlines


def test_an_episode_gets_the_time_that_is_left() -> None:
    (effect,) = reconcile(later(begun(activeDeadlineSeconds=30), 10))
    assert isinstance(effect, StartEpisode)
    assert effect.request.deadline_seconds == 20


def test_a_run_past_its_deadline_fails_also_when_no_operator_was_there() -> None:
    status = written(reconcile(later(begun(activeDeadlineSeconds=30), 30)))
    assert said(status, "Failed") == ("True", "DeadlineExceeded")


def test_an_episode_under_way_may_end_by_itself_at_the_deadline_and_is_killed_if_it_hangs() -> None:
    playing = replace(begun(activeDeadlineSeconds=30), episode=Playing())
    assert reconcile(playing) == [LookAgain(35)]
    assert reconcile(later(playing, 31)) == [LookAgain(4)]
    assert said(written(reconcile(later(playing, 35))), "Failed") == ("True", "DeadlineExceeded")


def test_what_ended_counts_even_if_the_deadline_has_passed_since() -> None:
    assert said(written(reconcile(later(played(activeDeadlineSeconds=30), 99))), "Complete")[0] == "True"


# Verbs


def test_a_suspended_run_does_not_start_and_a_running_one_stops() -> None:
    for observed in (accepted(suspend=True), replace(begun(suspend=True), episode=Playing())):
        effects = reconcile(observed)
        assert told(effects) == [("Suspended", False)]
        assert said(written(effects), "Started") == ("False", "Suspended")
        assert written(effects).phase == "Suspended"
        assert written(effects).start_time is None
        assert effects[-1] == StopEpisode()


def test_a_suspended_run_stays_as_it_is_and_goes_on_when_it_is_resumed() -> None:
    waiting = accepted(suspend=True)
    status = written(reconcile(waiting))
    waiting = replace(waiting, run=waiting.run.model_copy(update={"status": status}))
    assert reconcile(waiting) == []
    spec = waiting.run.spec.model_copy(update={"suspend": False})
    effects = reconcile(replace(waiting, run=waiting.run.model_copy(update={"spec": spec})))
    assert told(effects) == [("Resumed", False), ("EpisodeStarted", False)]
    assert said(written(effects), "Started")[0] == "True"


@pytest.mark.parametrize("state", [None, Playing(), outcome()])
def test_cancelling_now_ends_a_run_wherever_it_is(state: object) -> None:
    status = written(reconcile(replace(begun(cancel="Now"), episode=state)))
    assert said(status, "Failed") == ("True", "Cancelled")


def test_cancelling_gracefully_ends_what_has_not_begun_and_lets_what_has_begun_end() -> None:
    assert said(written(reconcile(accepted(cancel="Graceful"))), "Failed") == ("True", "Cancelled")
    assert said(written(reconcile(accepted(cancel="Graceful", suspend=False))), "Complete")[0] == "False"
    assert reconcile(replace(begun(cancel="Graceful"), episode=Playing())) == []
    assert said(written(reconcile(played(cancel="Graceful"))), "Complete")[0] == "True"


def test_cancelling_gracefully_ends_also_a_suspended_run() -> None:
    effects = reconcile(accepted(cancel="Graceful", suspend=True))
    assert said(written(effects), "Failed") == ("True", "Cancelled")


def test_cancelling_gracefully_begins_no_further_attempt() -> None:
    status = written(reconcile(replace(begun(cancel="Graceful"), episode=lost())))
    assert said(status, "Failed") == ("True", "Cancelled")


def test_cancelling_changes_nothing_about_a_finished_run_but_what_was_observed() -> None:
    observed = with_metadata(finished(cancel="Now"), generation=2)
    (effect,) = reconcile(observed)
    assert isinstance(effect, WriteStatus)
    assert effect.status == observed.status.model_copy(update={"observed_generation": 2})


# The end of a finished run


def test_a_finished_run_is_kept_for_its_ttl_and_then_deleted() -> None:
    kept = finished(ttlSecondsAfterFinished=60)
    assert reconcile(kept) == [LookAgain(60)]
    assert reconcile(later(kept, 60)) == [DeleteRun()]


def test_the_newest_run_of_a_group_that_still_fires_outlives_its_ttl() -> None:
    firing = replace(finished(ttlSecondsAfterFinished=60), awaits_resolution=True)
    assert reconcile(later(firing, 3600)) == []


def test_a_run_that_is_being_deleted_is_stopped_and_nothing_is_written() -> None:
    leaving = with_metadata(begun(), deletion_timestamp="2026-01-31T12:00:00Z")
    assert reconcile(leaving) == [StopEpisode()]


def test_what_a_gateway_had_no_time_to_say_of_its_alerts_is_said_on_first_sight() -> None:
    seen = SeenAlerts(seen=["0" * 16], firing=1)
    assert written(reconcile(replace(unseen(alert=ALERT), alerts=seen))).alerts == seen
    assert written(reconcile(unseen(alert=ALERT))).alerts is None
