"""What a seed means: splits, and streams that have nothing in common."""

import pytest

import simcore
from simcore.api import SPLIT_SIZE, SPLITS
from simcore.kernel.random import stream_seed
from tests.support.playing import FAMILIES, do, result_json

SEEDS = range(20, 32)


def played(family, seed, difficulty=0.5):
    """The alert, the table of services and the log of whom the alert names."""
    episode = simcore.make(family, seed=seed, difficulty=difficulty)
    alert = episode.reset()
    results = [episode.step(action) for action in (do("list_services"), do("read_logs", alert.payload.service))]
    return [alert.to_json(), *map(result_json, results)]


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
