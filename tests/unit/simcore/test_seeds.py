"""What a seed means: splits, streams, and episodes that are the same alone and in a batch."""

import pytest

import simcore
from simcore.actions import ACTION_TYPES
from simcore.api import SPLIT_SIZE, SPLITS
from simcore.world.random import stream_seed
from tests.support.actions import ONE_OF_EACH
from tests.support.playing import FAMILIES, do, result_json

ACTIONS = [ONE_OF_EACH[name] for name in ACTION_TYPES] + [do("read_logs", "api-gateway")]
SEEDS = range(20, 32)


def played(family, seed, difficulty=0.5):
    episode = simcore.make(family, seed=seed, difficulty=difficulty)
    return [episode.reset().to_json(), *(result_json(episode.step(action)) for action in ACTIONS)]


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


def test_streams_of_neighbouring_seeds_have_nothing_in_common():
    streams = {stream_seed(seed, difficulty, 1) for seed in range(200) for difficulty in range(5)}
    assert len(streams) == 1000
    assert all(0 <= stream < 2**63 for stream in streams)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_seed_or_difficulty_is_another_incident(family):
    assert len({str(played(family, seed)) for seed in SEEDS}) == len(SEEDS)
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
        assert own == played(family, seed)


def test_a_batch_is_at_its_beginning_again_after_a_reset():
    batch = simcore.make_batch("oom_crash", range(3))
    first = [observation.to_json() for observation in batch.reset()]
    batch.step([ONE_OF_EACH["resolve_incident"]] * 3)
    assert batch.done.all()
    assert [observation.to_json() for observation in batch.reset()] == first
    assert not batch.done.any()
    assert not batch.rewards.any()


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        simcore.make_batch("oom_crash", [])
