"""A batch gives each of its episodes the bytes that it would have alone."""

from random import Random

import numpy as np
import pytest

import simcore
from simcore.errors import UnknownNameError
from simcore.kernel import layout as at
from simcore.scenarios.library import library_scenario
from tests.support.actions import ONE_OF_EACH
from tests.support.mix import mixed_action
from tests.support.playing import FAMILIES, do, result_json

SEEDS = range(20, 28)
MALFORMED = {"action_type": "reboot"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_gives_the_bytes_of_each_episode_alone(family):
    random = Random(family)
    batch, alone = simcore.make_batch(family, SEEDS), [simcore.make(family, seed=seed) for seed in SEEDS]
    assert [o.to_json() for o in batch.reset()] == [episode.reset().to_json() for episode in alone]
    for step in range(12):
        actions = [mixed_action(batch.services(n), random) for n in range(len(batch))]
        actions[step % len(actions)] = MALFORMED
        together = batch.step(actions)
        single = [episode.step(action) for episode, action in zip(alone, actions, strict=True)]
        assert [result_json(result) for result in together] == [result_json(result) for result in single]
    for number, episode in enumerate(alone):
        assert batch.episode(number).world.buffer.tobytes() == episode.world.buffer.tobytes()
        assert batch.verdict(number) == episode.verdict()


def test_steps_by_numbers_are_steps_by_words():
    by_words, by_numbers = simcore.make_batch("disk_full", SEEDS), simcore.make_batch("disk_full", SEEDS)
    random = Random(1)
    for _ in range(10):
        actions = [mixed_action(by_words.services(n), random) for n in range(len(by_words))]
        results = by_words.step(actions)
        steps = by_numbers.step_encoded(by_numbers.encode(actions))
        assert steps.rewards == pytest.approx([result.reward for result in results], abs=1e-12)
        assert steps.done.tolist() == [result.done for result in results]
        assert steps.sim_seconds.tolist() == pytest.approx([r.observation.sim_seconds for r in results], abs=1e-3)


def test_an_episode_that_has_ended_stays_as_it_is():
    batch = simcore.make_batch("oom_crash", range(3))
    batch.step([ONE_OF_EACH["resolve_incident"], do("list_services"), MALFORMED])
    assert batch.done.tolist() == [True, False, False]
    ended = batch.episode(0).world.buffer.copy()
    results = batch.step([do("list_services")] * 3)
    assert batch.steps.tolist() == [1, 2, 2]
    assert (results[0].reward, results[0].done) == (0.0, True)
    assert "ended" in (results[0].observation.error or "")
    assert batch.episode(0).world.buffer.tobytes() == ended.tobytes()


def test_what_ended_is_terminated_or_truncated():
    batch = simcore.make_batch("oom_crash", range(2))
    budget = int(batch.episode(0).max_steps)
    for _ in range(budget):
        batch.step([do("resolve_incident"), do("list_services")])
    steps = batch.step_encoded(batch.encode([do("list_services")] * 2))
    assert (steps.terminated.tolist(), steps.truncated.tolist()) == ([True, False], [False, True])


def test_a_batch_is_at_its_beginning_again_after_a_reset():
    batch = simcore.make_batch("oom_crash", range(3))
    first = [observation.to_json() for observation in batch.reset()]
    batch.step([ONE_OF_EACH["resolve_incident"]] * 3)
    assert batch.done.all()
    assert [observation.to_json() for observation in batch.reset()] == first
    assert not batch.done.any()


def test_an_episode_of_a_batch_is_a_copy():
    batch = simcore.make_batch("oom_crash", range(2))
    copy = batch.episode(1)
    copy.step(do("scale_service", copy.world.topology.names[1], replicas=0))
    assert batch.steps.tolist() == [0, 0]
    assert np.count_nonzero(batch.episode(1).world.state.services[:, at.DESIRED] == 0.0) == 0


def test_what_is_no_batch_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        simcore.make_batch("oom_crash", [])
    with pytest.raises(UnknownNameError, match="oom-crash"):
        simcore.make_batch("oom_crush", range(2))
    batch = simcore.make_batch("oom_crash", range(2))
    with pytest.raises(ValueError, match="1 actions for 2 episodes"):
        batch.step([do("list_services")])
    with pytest.raises(ValueError, match=r"shape \(2, 5\)"):
        batch.step_encoded(np.zeros((2, 5)))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_texts_of_a_batch_are_those_of_each_episode_alone(family):
    random = Random(family)
    batch, alone = simcore.make_batch(family, SEEDS), [simcore.make(family, seed=seed) for seed in SEEDS]
    for step in range(12):
        actions = [mixed_action(batch.services(n), random) for n in range(len(batch))]
        actions[step % len(actions)] = MALFORMED
        if step % 2:
            batch.step(actions)
        else:
            batch.step_encoded(batch.encode(actions))
        single = [episode.step(action) for episode, action in zip(alone, actions, strict=True)]
        assert batch.texts() == [result.observation.text for result in single]


def test_lines_that_a_scenario_adds_are_in_the_texts_of_a_batch():
    spec = library_scenario("oom_crash").spec.model_copy(update={"log_lines": ["[ERROR] the last straw"]})
    batch, alone = simcore.make_batch(spec, SEEDS), [simcore.make(spec, seed=seed) for seed in SEEDS]
    targets = [episode.world.topology.names[episode.world.incident.causes[0].target] for episode in alone]
    actions = [do("read_logs", target, lines=100) for target in targets]
    batch.step(actions)
    texts = batch.texts()
    assert texts == [episode.step(action).observation.text for episode, action in zip(alone, actions, strict=True)]
    assert any("the last straw" in text for text in texts)


def test_texts_of_steps_that_were_not_given_in_words_are_refused():
    batch = simcore.make_batch("oom_crash", range(2))
    with pytest.raises(ValueError, match="texts are of a step"):
        batch.texts()
    rows = batch.encode([do("list_services")] * 2)
    with pytest.raises(ValueError, match="texts are of a step"):
        batch.texts()
    batch.step_encoded(rows.copy())
    with pytest.raises(ValueError, match="texts are of a step"):
        batch.texts()
