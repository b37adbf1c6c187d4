"""PraetorEnvironment and the pure parts under it: simcore's episodes in OpenEnv's terms, nothing added or lost."""

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import simcore
from praetor.openenv import forms, tasks
from praetor.openenv.options import ResetError, read_start
from praetor.openenv.play import COMPONENTS, NotStartedError, Play
from praetor.openenv.tools import input_schemas, tools_of
from simcore.actions import ACTION_TYPES
from simcore.policies.registry import make_policy

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

from praetor.openenv import PraetorAction, PraetorEnvironment
from praetor.openenv.play import told
from simcore.actions import action_json


def played(policy, name="oom-crash", seed=3):
    """What a policy of simcore does and gets, in simcore and in the environment."""
    episode, environment = simcore.make(name, seed=seed), PraetorEnvironment()
    shown = episode.reset()
    environment.reset(seed=seed, task_id=name, text=False)
    player, history = make_policy(policy, 0, episode), ()
    while not episode.done:
        decision = player.decide(shown, history)
        result = episode.step(decision.action)
        observation = environment.step(PraetorAction(**action_json(decision.action)))
        yield result, observation, environment
        history, shown = (*history, (decision, result)), result.observation


@pytest.mark.parametrize("policy", ["oracle", "random"])
def test_rewards_and_ends_are_simcores_to_the_bit(policy):
    for result, observation, environment in played(policy):
        assert observation.reward == result.reward
        assert observation.done == result.done
        scores = {name: rubric.last_score for name, rubric in environment.rubric.named_rubrics()}
        assert scores == {name: observation.metadata[name] for name in COMPONENTS}
        assert sum(scores.values()) == pytest.approx(result.reward)


def test_the_end_tells_what_the_episode_came_to():
    *_, (_, last, environment) = played("oracle")
    assert last.metadata["resolved"] is True
    assert last.metadata["score"] == environment.state.score >= 0.25


def test_every_kind_of_observation_fits_the_schema_with_and_without_text():
    validator = Draft202012Validator(forms.observation_schema())
    seen = set()
    for name, policy in (("oom-crash", "random"), ("disk-full", "random"), ("oom-crash", "playbook")):
        for result, observation, _ in played(policy, name):
            wire = observation.model_dump(mode="json")
            validator.validate(wire)
            as_text = told(result.observation, True, result.reward, result.done, {}).observation
            validator.validate(as_text | {"alerts": list(as_text["alerts"])})
            seen.add(wire["kind"])
    assert len(seen) >= 8


def test_the_state_fits_its_schema_before_and_after():
    validator = Draft202012Validator(forms.state_schema())
    environment = PraetorEnvironment()
    validator.validate(environment.state.model_dump())
    environment.reset(seed=1)
    validator.validate(environment.state.model_dump())


def test_the_action_schema_takes_what_the_class_takes():
    validator = Draft202012Validator(forms.action_schema())
    for result in (PraetorAction(action_type="list_services"),):
        validator.validate(result.model_dump())
    assert not validator.is_valid(
        {"action_type": "scale_service", "target_service": "a", "parameters": {"replicas": -1}}
    )


def test_a_step_before_the_first_reset_says_what_to_do():
    with pytest.raises(NotStartedError, match="reset first"):
        PraetorEnvironment().step(PraetorAction(action_type="list_services"))


def test_held_out_families_are_eval_tasks_only():
    held_out = set(tasks.names_of("test")) - set(tasks.names_of("train"))
    assert {"hot-key", "replication-lag", "clock-skew", "feature-flag", "noisy-neighbour"} <= held_out
    assert not held_out & set(tasks.names_of("validation"))
    for seed in range(100):
        assert read_start({"seed": seed}).scenario not in held_out
        assert read_start({"seed": seed}).split == "train"


@given(st.sampled_from(["train", "validation"]), st.integers(0, 10**7))
@settings(deadline=None)  # the library of scenarios is read by the first
def test_a_task_is_the_same_episode_by_its_index_and_by_its_parts(split, number):
    task = tasks.get_task(split, number % tasks.num_tasks(split))
    by_index = read_start({"split": split, "index": task["index"], "episode_id": "e"})
    parts = {name: task[name] for name in ("task_id", "seed", "difficulty", "split")}
    assert by_index == read_start(parts | {"episode_id": "e"})


@given(
    st.dictionaries(
        st.sampled_from(["seed", "episode_id", "task_id", "difficulty", "split", "index", "text", "x"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.none()),
    )
)
@settings(max_examples=300, deadline=None)
def test_any_options_are_read_or_refused_with_a_sentence(options):
    with suppress(ResetError, tasks.TaskIndexError):
        start = read_start(options)
        assert 0 <= start.difficulty <= 1
        assert 0 <= start.seed < 1_000_000


def test_tools_are_the_ten_actions_with_typed_arguments_and_a_start():
    assert set(tools_of(Play())) == {*ACTION_TYPES, "start_incident"}
    for schema in input_schemas().values():
        Draft202012Validator.check_schema(schema)
    logs = input_schemas()["read_logs"]
    assert logs["required"] == ["target_service"]
    assert logs["properties"]["lines"]["maximum"] == 200


def test_the_server_is_loaded_without_the_library():
    loads = (
        "import praetor.serve.openenv, sys; print([one for one in ('openenv', 'gradio', 'mcp') if one in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True, timeout=240)
    assert told.stdout.strip() == "[]"


def test_without_the_library_its_extra_is_named():
    program = "import sys; sys.modules['openenv'] = None\nfrom praetor.openenv import PraetorEnv"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240)
    assert told.returncode == 1
    assert "pip install 'praetor[openenv]'" in told.stderr
