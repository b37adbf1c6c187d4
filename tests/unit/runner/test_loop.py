"""The episode loop: its order, what it writes down, and what it makes of policies that misbehave."""

import json
from dataclasses import replace
from typing import Any

import pytest

from praetor.guard.targets import SiteRequest
from praetor.runner.loop import play
from praetor.runner.request import Failure, RunOutcome, RunRequest
from simcore.observation import Observation
from simcore.trace import broken_links, canonical_json, read_trace
from tests.support.tiny_stage import DECLARE, LIST, RESTART, Script, TinyStage, decision

REQUEST = RunRequest(run_uid="uid-1", namespace="default", name="one", scenario="tiny", seed=7)
GOOD = (decision(LIST, "look first"), decision(RESTART, "it crashed"), decision(DECLARE, "it is back"))


def played(*words: Any, request: RunRequest = REQUEST, stage: TinyStage | None = None, **options: Any) -> RunOutcome:
    return play(request, stage or TinyStage(request.seed), Script(*words), **options)


def kinds(outcome: RunOutcome) -> list[str]:
    return [event["kind"] for event in read_trace(outcome.trace)]


def test_an_episode_goes_from_the_alert_to_the_verdict_and_announces_changes_before_making_them() -> None:
    outcome = played(*GOOD)
    assert kinds(outcome) == [
        *("alert", "reset", "decision", "observation", "decision", "intent", "effect"),
        *("decision", "observation", "verdict", "end"),
    ]
    assert outcome.verdict["resolved"] is True
    assert (outcome.family, outcome.scenario_name, outcome.seed, outcome.alert_title) == (
        "tiny",
        "tiny",
        7,
        "api is down",
    )


def test_the_trace_is_chained_and_the_same_whenever_the_episode_is_played() -> None:
    first, second = played(*GOOD), played(*GOOD)
    assert first.trace == second.trace
    assert broken_links(first.trace.decode().splitlines()) == []
    assert all(event["wall_time"] is None for event in read_trace(first.trace))


def test_every_event_is_told_as_it_is_written() -> None:
    told: list[dict[str, Any]] = []
    outcome = played(*GOOD, on_event=told.append)
    assert [canonical_json(event) for event in told] == outcome.trace.decode().splitlines()


def test_steps_are_summarised_with_the_policys_reason() -> None:
    steps = played(*GOOD).steps
    assert [(step["seq"], step["action"], step["service"]) for step in steps] == [
        (1, "list_services", None),
        (2, "restart_service", "api"),
        (3, "resolve_incident", None),
    ]
    assert steps[0]["summary"] == "1 services; api crashed"
    assert steps[0]["reason"] == "look first"


def test_a_stage_that_cannot_be_played_again_leaves_no_word_of_what_changes_were_worth() -> None:
    events = {event["kind"]: event.get("data") for event in read_trace(played(*GOOD).trace)}
    assert "calls" not in events["reset"]
    assert "counterfactual" not in events["verdict"]


def test_the_alert_of_a_run_is_what_its_trace_opens_with() -> None:
    request = RunRequest("u", "default", "one", "tiny", alert={"title": "checkout is slow"})
    assert next(read_trace(played(*GOOD, request=request).trace))["data"] == {"title": "checkout is slow"}


def test_the_budget_ends_an_episode_that_never_declares() -> None:
    outcome = played(decision(LIST))
    assert (outcome.verdict["steps"], outcome.failure) == (5, None)


@pytest.mark.parametrize("word", [None, "restart it", 42, {"action_type": "explode"}, {}, object()])
def test_what_is_no_action_is_a_step_with_an_error(word: Any) -> None:
    outcome = played(word, decision(DECLARE))
    assert outcome.steps[0]["action"] == "invalid"
    assert outcome.steps[0]["summary"].startswith("error: ")
    assert kinds(outcome)[2:4] == ["decision", "observation"]


def test_a_bare_action_is_taken_as_a_decision_without_a_reason() -> None:
    outcome = played(RESTART, DECLARE)
    assert outcome.verdict["resolved"] is True
    assert outcome.steps[0]["reason"] == ""


def test_a_policy_that_raises_ends_the_episode_and_what_was_done_is_kept() -> None:
    stage = TinyStage()
    outcome = played(decision(LIST), RuntimeError("no idea"), stage=stage)
    assert outcome.failure == Failure("PolicyFailed", "policy 'playbook', step 2: RuntimeError: no idea")
    assert kinds(outcome)[-2:] == ["verdict", "end"]
    assert len(outcome.steps) == 1
    assert stage.closed


def test_an_episode_past_its_deadline_is_not_continued() -> None:
    late = RunRequest("u", "default", "one", "tiny", deadline_seconds=0.0)
    outcome = played(*GOOD, request=late)
    assert outcome.failure is not None
    assert outcome.failure.reason == "DeadlineExceeded"
    assert outcome.steps == []


def allowing(*actions: str) -> RunRequest:
    return replace(REQUEST, site=SiteRequest("shop", "https://shop.example", guardrails={"allowedActions": [*actions]}))


def test_a_guardrail_keeps_an_action_from_the_substrate_and_tells_the_policy_why() -> None:
    stage = TinyStage()
    outcome = played(*GOOD, stage=stage, request=allowing("scale_service"))
    assert not stage.healthy
    assert outcome.steps[1]["summary"] == "error: restart_service is not allowed here; allowed are scale_service"


class WithoutRestart(TinyStage):
    """It says with the page what it does not have."""

    def reset(self) -> Observation:
        alert = super().reset()
        missing = {"restart_service": "this site has no POST /ops/restart"}
        return Observation("alert", 0, self.max_steps, 0.0, alert.payload, missing=missing)


def test_what_a_stage_does_not_have_it_is_not_asked_for() -> None:
    stage = WithoutRestart()
    outcome = played(decision(RESTART), decision(DECLARE), stage=stage)
    assert outcome.steps[0]["summary"] == (
        "error: restart_service is not offered here: this site has no POST /ops/restart"
    )
    assert stage.keys == ["uid-1/1/2"]


def test_a_guardrail_cannot_be_worn_down_beyond_the_budget() -> None:
    outcome = played(decision(RESTART), request=allowing())
    assert len(outcome.steps) == 5


def test_idempotency_keys_are_those_of_the_run_the_attempt_and_the_step() -> None:
    stage = TinyStage()
    played(*GOOD, stage=stage)
    assert stage.keys == ["uid-1/1/1", "uid-1/1/2", "uid-1/1/3"]


def test_request_and_outcome_survive_the_way_through_json() -> None:
    outcome = played(decision(LIST), RuntimeError("no idea"))
    assert RunOutcome.from_json(json.loads(json.dumps(outcome.to_json()))).to_json() == outcome.to_json()
    assert RunRequest.from_json(json.loads(json.dumps(REQUEST.to_json()))) == REQUEST
