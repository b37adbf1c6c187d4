"""The playbook: it resolves what it meets from what it sees, says why, and needs no logs."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter, ValidationError

import simcore
from simcore.actions import CHANGES
from simcore.observation import Logs, Observation
from simcore.policies.playbook.facts import FACTS, QUESTIONS
from simcore.policies.playbook.policy import PlaybookPolicy
from simcore.policies.playbook.suspects import SUSPECTS
from simcore.policies.playbook.table import Row, load_table
from simcore.policies.playbook.words import load_words, question
from simcore.results import StepResult, without_reward
from tests.support.playing import FAMILIES, play

OPEN = [name for name in FAMILIES if name in simcore.scenario_names("train")]
DIFFICULTIES = (0.2, 0.5, 0.8)


def resolved(family, seeds, difficulty, with_logs=True):
    count = 0
    for seed in seeds:
        episode = simcore.make(family, seed=simcore.absolute_seed(seed, "validation"), difficulty=difficulty)
        observation, policy = episode.reset(), PlaybookPolicy()
        history: list[tuple[object, StepResult]] = []
        while not episode.done:
            decision = policy.decide(observation, history)
            result = without_reward(episode.step(decision.action))
            if not with_logs and isinstance(result.observation.payload, Logs):
                result = replace(result, observation=without_lines(result.observation))
            history.append((decision, result))
            observation = result.observation
        count += episode.resolved
    return count


def without_lines(observation: Observation) -> Observation:
    assert isinstance(observation.payload, Logs)
    return Observation(
        observation.kind, observation.step, observation.max_steps, observation.sim_seconds,
        Logs(observation.payload.service, ()), observation.error, observation.alerts,
    )  # fmt: skip


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_it_resolves_nine_of_ten_episodes_of_open_families(difficulty):
    seeds = range(6)
    assert sum(resolved(family, seeds, difficulty) for family in OPEN) >= 0.9 * len(OPEN) * len(seeds)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_with_all_logs_withheld_it_still_resolves_three_of_five(difficulty):
    seeds = range(100, 103)
    found = sum(resolved(family, seeds, difficulty, with_logs=False) for family in OPEN)
    assert found >= 0.6 * len(OPEN) * len(seeds)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_change_has_a_hypothesis_evidence_and_a_reason_and_is_not_refused(family):
    for seed in range(8):
        for decision, result in play(simcore.make(family, seed=seed)):
            assert decision.reason
            assert result.observation.error is None, decision
            if decision.action.action_type in CHANGES:
                assert decision.evidence
                assert all(evidence.lower() in decision.reason.lower() for evidence in decision.evidence[-2:])
                assert decision.hypothesis
                assert decision.hypothesis.mechanism in decision.to_json()["hypothesis"]["mechanism"]


def test_every_fact_suspect_and_question_of_its_table_is_there_and_used():
    rows = load_table()
    named = {fact for row in rows for fact in (*row.because, *row.unless, row.refuted_by) if fact}
    assert named <= set(FACTS) == set(QUESTIONS)
    assert {row.suspects for row in rows} == set(SUSPECTS)


def test_every_fact_and_every_kind_of_suspicion_has_words_and_no_other():
    words = load_words()
    assert set(words["facts"]) == set(FACTS)
    assert set(words["suspects"]) == set(SUSPECTS)


def test_a_question_names_what_was_seen_what_it_may_mean_and_what_will_tell():
    (row,) = [row for row in load_table() if row.mechanism == "canary_errors"]
    fact = row.because[-1]
    assert question(row, "cart", fact, QUESTIONS[fact], ["cart: exceptions: 27 %"]) == (
        "cart: exceptions: 27 %. Perhaps the canary fails: its description tells whether a canary runs."
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_ruled_out_is_told_once_with_the_evidence_against_it(family):
    for seed in range(3):
        told = [one for decision, _ in play(simcore.make(family, seed=seed)) for one in decision.ruled_out]
        assert all(one.ruled_out_by for one in told)
        assert len({(one.service, one.mechanism) for one in told}) == len(told)


@pytest.mark.parametrize("changes", [{"mechanism": "meteor"}, {"suspects": "everybody"}, {"because": ["it_rains"]}])
def test_a_row_that_names_something_unknown_is_refused(changes):
    row = {"mechanism": "heap_oom", "summary": "It grew.", "suspects": "fallen"}
    assert TypeAdapter(Row).validate_python(row)
    with pytest.raises(ValidationError, match="unknown fact, suspects or mechanism"):
        TypeAdapter(Row).validate_python(row | changes)
