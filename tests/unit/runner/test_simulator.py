"""The simulator as a substrate: real episodes, the same wherever they are played."""

import json
from dataclasses import replace

import pytest
import yaml

import simcore
from praetor.controller.pools import episode_pool
from praetor.policies.registry import make_policy
from praetor.runner.errors import EpisodeRefusedError
from praetor.runner.loop import play
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.connect import connect
from simcore import scenario_names
from simcore.errors import ScenarioError, UnknownNameError
from simcore.mechanisms.table import MECHANISMS
from simcore.policies.registry import policy_names as reference_names
from simcore.scenarios.library import library_scenario
from simcore.trace import broken_links, read_trace

REQUEST = RunRequest(run_uid="uid-1", namespace="default", name="one", scenario="oom-crash", seed=3)


def played(request: RunRequest) -> RunOutcome:
    stage = connect(request)
    return play(request, stage, make_policy(request.policy, seed=request.seed, episode=stage.episode))


@pytest.mark.parametrize("scenario", scenario_names())
@pytest.mark.parametrize("policy", reference_names())
def test_every_policy_plays_every_scenario_to_a_verdict(scenario: str, policy: str) -> None:
    outcome = played(replace(REQUEST, scenario=scenario, policy=policy))
    assert outcome.failure is None
    assert (outcome.scenario_name, outcome.substrate, outcome.grading) == (scenario, "Simulator", "Full")
    assert outcome.verdict["steps"] == len(outcome.steps) <= outcome.max_steps
    assert broken_links(outcome.trace.decode().splitlines()) == []


async def test_another_process_plays_the_same_episode_to_the_same_bytes() -> None:
    async with episode_pool(1) as pool:
        there = await pool.play(REQUEST)
        with pytest.raises(EpisodeRefusedError, match="no-such"):
            await pool.play(replace(REQUEST, scenario="no-such"))
    assert there.trace == played(REQUEST).trace
    assert there.verdict == played(REQUEST).verdict


def test_a_split_counts_seeds_in_its_own_range() -> None:
    assert played(replace(REQUEST, split="validation")).seed == 1_000_003


def test_a_spec_is_played_as_the_file_that_it_came_from() -> None:
    spec = library_scenario("oom-crash").spec.model_dump(mode="json", by_alias=True)
    first, second = played(REQUEST), played(replace(REQUEST, spec=spec))
    assert second.scenario_name == "oom-crash"
    assert second.trace == first.trace


def test_a_name_of_ones_own_is_in_the_trace_and_gives_the_episode_of_a_file_of_that_name(tmp_path, monkeypatch) -> None:
    document = library_scenario("oom-crash").model_copy(update={"name": "mine"})
    spec = document.spec.model_dump(mode="json", by_alias=True)
    manifest = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentScenario", "metadata": {"name": "mine"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(manifest | {"spec": spec}))
    monkeypatch.setenv("PRAETOR_SCENARIO_DIR", str(tmp_path))
    as_object, as_file = replace(REQUEST, scenario="mine", spec=spec), replace(REQUEST, scenario="mine")
    assert played(as_object).trace == played(as_file).trace
    assert json.loads(played(as_object).trace.splitlines()[1])["data"]["scenario"] == "mine"
    assert connect(as_object).reset().to_json() == simcore.make(document, seed=3).reset().to_json()


@pytest.mark.parametrize("spec", [{}, {"family": "oom_crash", "level": "easy"}])
def test_a_spec_that_is_none_is_refused(spec) -> None:
    with pytest.raises(ScenarioError, match=r"scenario 'mine': spec\.\w+: required field is missing"):
        connect(replace(REQUEST, scenario="mine", spec=spec))


def test_a_scenario_that_can_befall_nobody_is_refused(monkeypatch) -> None:
    monkeypatch.setitem(MECHANISMS, "heap_oom", replace(MECHANISMS["heap_oom"], roles=("Nobody",)))
    document = library_scenario("oom-crash").model_copy(deep=True)
    with pytest.raises(ScenarioError, match=r"variant 'heap_oom' of heap_oom can befall no service: topology \w+"):
        simcore.make_batch(document, range(2))


def test_a_budget_of_ones_own_is_kept() -> None:
    outcome = played(replace(REQUEST, max_steps=2))
    assert (outcome.max_steps, len(outcome.steps)) == (2, 2)


def test_rewards_of_the_steps_add_up_to_the_breakdown() -> None:
    outcome = played(REQUEST)
    events = [event for event in read_trace(outcome.trace) if event["kind"] in ("effect", "observation")]
    earned = sum(event["reward"] for event in events)
    assert earned == pytest.approx(sum(outcome.verdict["breakdown"].values()))


def test_an_unknown_policy_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(UnknownNameError, match="playbook"):
        make_policy("wishful")
