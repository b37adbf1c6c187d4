"""What a seed means: splits, repeatability, and independence of everything else that runs."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import simcore
from simcore.actions import ACTION_TYPES
from simcore.api import SPLIT_SIZE, SPLITS
from simcore.errors import UnknownNameError
from simcore.world.random import stream_seed
from tests.support.episodes import FAMILIES, ONE_OF_EACH, act, result_json, transcript

ACTIONS = [ONE_OF_EACH[name] for name in ACTION_TYPES] + [act("read_logs", "api-gateway")]
SEEDS = range(20, 32)


def played(family, seed, difficulty=0.5):
    return transcript(simcore.make(family, seed=seed, difficulty=difficulty), ACTIONS)


@pytest.mark.parametrize("split", SPLITS)
def test_with_a_split_the_seed_counts_inside_its_range(split):
    assert simcore.absolute_seed(5, split) == SPLITS[split] + 5
    inside = simcore.make("oom_crash", seed=5, split=split)
    assert inside.reset().to_json() == simcore.make("oom_crash", seed=SPLITS[split] + 5).reset().to_json()
    assert inside.state["seed"] == SPLITS[split] + 5


def test_the_splits_lie_one_behind_the_other():
    assert SPLITS == {"train": 0, "validation": SPLIT_SIZE, "test": 2 * SPLIT_SIZE}
    assert SPLIT_SIZE == 10**6


def test_a_seed_wraps_around_in_its_split():
    assert simcore.absolute_seed(SPLIT_SIZE + 3, "train") == 3
    assert simcore.absolute_seed(SPLIT_SIZE + 3, "validation") == SPLIT_SIZE + 3
    assert simcore.absolute_seed(SPLIT_SIZE + 3, None) == SPLIT_SIZE + 3


def test_an_unknown_split_names_those_that_are():
    with pytest.raises(UnknownNameError, match="train, validation, test"):
        simcore.make("oom_crash", seed=0, split="holdout")


def test_streams_of_neighbouring_seeds_have_nothing_in_common():
    streams = {stream_seed(seed, difficulty, 1) for seed in range(200) for difficulty in range(5)}
    assert len(streams) == 1000
    assert all(0 <= stream < 2**63 for stream in streams)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_seed_or_difficulty_is_another_incident(family):
    assert len({tuple(played(family, seed)) for seed in SEEDS}) == len(SEEDS)
    assert played(family, 1, 0.5) != played(family, 1, 0.500001)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_gives_the_bytes_of_each_episode_alone(family):
    batch = simcore.make_batch(family, SEEDS)
    lines = [[observation.to_json()] for observation in batch.reset()]
    for action in ACTIONS:
        results = batch.step([action] * len(batch))
        for own, result, reward, done in zip(lines, results, batch.rewards, batch.done, strict=True):
            own.append(result_json(result))
            assert (reward, done) == (result.reward, result.done)
    for own, seed in zip(lines, SEEDS, strict=True):
        alone = simcore.make(family, seed=seed)
        assert own == [alone.reset().to_json(), *(result_json(alone.step(action)) for action in ACTIONS)]


def test_a_batch_is_at_its_beginning_again_after_a_reset():
    batch = simcore.make_batch("oom_crash", range(3))
    first = [observation.to_json() for observation in batch.reset()]
    batch.step([ONE_OF_EACH["resolve_incident"]] * 3)
    assert batch.done.all()
    assert [observation.to_json() for observation in batch.reset()] == first
    assert not batch.done.any()
    assert not batch.rewards.any()


def test_a_batch_takes_one_action_for_each_episode():
    batch = simcore.make_batch("oom_crash", range(3))
    with pytest.raises(ValueError, match="2 actions for 3 episodes"):
        batch.step([act("list_services")] * 2)
    with pytest.raises(ValueError, match="at least one seed"):
        simcore.make_batch("oom_crash", [])


def test_threads_do_not_disturb_each_other():
    alone = [played(family, seed) for family in FAMILIES for seed in SEEDS]
    with ThreadPoolExecutor(4) as threads:
        jobs = [threads.submit(played, family, seed) for family in FAMILIES for seed in SEEDS]
        assert [job.result() for job in jobs] == alone


def test_episodes_played_in_turns_do_not_disturb_each_other():
    episodes = [simcore.make(family, seed=seed) for family in FAMILIES for seed in SEEDS]
    for episode in episodes:
        episode.reset()
    results = [[result_json(episode.step(action)) for episode in episodes] for action in ACTIONS]
    together = [[row[number] for row in results] for number in range(len(episodes))]
    assert together == [played(family, seed)[1:-1] for family in FAMILIES for seed in SEEDS]


def test_another_process_gives_the_same_bytes():
    code = f"from tests.unit.simcore import test_seeds as t\nprint(*t.played('oom_crash', {SEEDS[0]}), sep='\\n')"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == played("oom_crash", SEEDS[0])
