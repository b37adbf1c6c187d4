"""The trajectory obeys the rules of ATIF v1.8 (Harbor's RFC 0001 and its models), and loses nothing of the run."""

import json

import pytest

from praetor.reports.atif import SCHEMA_VERSION, trajectory
from praetor.reports.story import read_story
from tests.support.told_runs import KINDS, PLAYED, run_of, told
from tests.support.traces import TraceBook, action
from tests.unit.reports.test_hostile_content import HOSTILE, hostile_run

ROOT = {"schema_version", "session_id", "trajectory_id", "agent", "steps", "final_metrics", "extra"}
STEP = {"step_id", "source", "message", "extra", "llm_call_count", "tool_calls", "observation"}
CALL, RESULT = {"tool_call_id", "function_name", "arguments"}, {"source_call_id", "content", "extra"}
FINAL = {"total_steps", "extra"}


def check(document):
    """What Harbor's models check: known fields only, steps numbered from 1, results that refer to calls."""
    assert set(document) <= ROOT
    assert document["schema_version"] == SCHEMA_VERSION == "ATIF-v1.8"
    assert {"name", "version"} <= set(document["agent"]) <= {"name", "version", "extra"}
    assert [step["step_id"] for step in document["steps"]] == list(range(1, len(document["steps"]) + 1))
    assert set(document["final_metrics"]) <= FINAL
    assert document["final_metrics"]["total_steps"] == len(document["steps"])
    for step in document["steps"]:
        assert set(step) <= STEP
        assert isinstance(step["message"], str)
        if step["source"] != "agent":
            assert not {"tool_calls", "llm_call_count"} & set(step)
            continue
        assert all(set(call) == CALL and isinstance(call["arguments"], dict) for call in step["tool_calls"])
        calls = {call["tool_call_id"] for call in step["tool_calls"]}
        results = step["observation"]["results"]
        assert all(set(result) <= RESULT and isinstance(result["content"], str) for result in results)
        assert {result["source_call_id"] for result in results} <= calls
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize("kind", [*PLAYED, "policy failed"])
def test_a_run_that_was_played_is_a_trajectory_by_the_rules(kind):
    check(trajectory(*told(kind)))


@pytest.mark.parametrize("kind", sorted({*KINDS} - {*PLAYED, "policy failed"}))
def test_a_run_without_an_episode_has_none(kind):
    assert trajectory(*told(kind)) is None


def test_every_decision_with_its_reason_and_every_observation_is_in_it():
    run, trace = told("resolved")
    story, document = read_story(trace), trajectory(run, trace)
    first, *agent = document["steps"]
    assert first["source"] == "user"
    assert story.alert["title"] in first["message"]
    assert [step["message"] for step in agent] == [step.decision["reason"] for step in story.steps]
    assert [step["tool_calls"][0]["function_name"] for step in agent] == [s.action["action_type"] for s in story.steps]
    seen = [json.loads(step["observation"]["results"][0]["content"]) for step in agent]
    assert seen == [step.observation for step in story.steps]
    assert sum(step["extra"]["reward"] for step in agent) == pytest.approx(sum(s.reward for s in story.steps))


def test_it_is_known_by_the_runs_name_and_uid():
    run, trace = told("resolved")
    document = trajectory(run, trace)
    assert document["session_id"] == run.metadata.uid
    assert document["trajectory_id"] == "default/oom-crash-3"


def test_a_policy_without_a_model_says_that_no_model_was_asked():
    run = run_of(scenarioRef={"name": "oom-crash"})
    plain = trajectory(run, TraceBook().step(action("read_logs")).jsonl())["steps"][1]
    model = trajectory(run, TraceBook(policy="llm").step(action("read_logs")).jsonl())["steps"][1]
    assert plain["llm_call_count"] == 0
    assert "llm_call_count" not in model


def test_a_malformed_action_is_kept_as_it_was_said():
    run = run_of(scenarioRef={"name": "oom-crash"})
    book = TraceBook().step(None, error="action_type: unknown", said='{"rm": "-rf"}')
    call = trajectory(run, book.jsonl())["steps"][1]["tool_calls"][0]
    assert (call["function_name"], call["arguments"]) == ("malformed_action", {"said": '{"rm": "-rf"}'})


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words(words):
    check(trajectory(*hostile_run(words)))
