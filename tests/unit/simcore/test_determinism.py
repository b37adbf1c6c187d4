"""An episode is a function of (scenario, seed, difficulty): in any process, thread, order and company."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simcore
from simcore.api import SPLIT_SIZE, SPLITS
from tests.support.mix import mixed_action
from tests.support.playing import FAMILIES, play, result_json, texts_of_every_read, transcript

ROOT = Path(__file__).parents[3]
SEEDS = range(40, 46)
COMPANY = tuple(product(FAMILIES, SEEDS))
STEPS = 10


def script(family, seed):
    """Actions that are a function of the episode's name, and the episode."""
    episode, random = simcore.make(family, seed=seed), Random(f"{family} {seed}")
    return episode, [mixed_action(episode.world.topology.names, random) for _ in range(STEPS)]


def alone(family, seed):
    """What such an episode gives when nothing else is played."""
    episode, actions = script(family, seed)
    return [alert_json(episode.reset()), *(result_json(episode.step(action)) for action in actions)]


def alert_json(observation):
    return json.dumps(observation.to_json())


def in_another_process(code, *options, **environment):
    """What a fresh interpreter prints, as JSON."""
    env = os.environ | environment
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def expected():
    return {name: alone(*name) for name in COMPANY}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reset_begins_the_same_episode_again_whatever_its_memory_holds(family):
    episode = simcore.make(family, seed=11)
    first = transcript(episode)
    episode.world.buffer.fill(np.nan)
    assert transcript(episode) == first


def test_threads_do_not_disturb_one_another(expected):
    jobs = Random(1).sample(COMPANY, len(COMPANY))
    with ThreadPoolExecutor(4) as pool:
        assert dict(zip(jobs, pool.map(lambda name: alone(*name), jobs), strict=True)) == expected


def test_hundreds_of_interleaved_episodes_do_not_disturb_one_another(expected):
    played = {name: script(*name) for name in COMPANY}
    seen = {name: [alert_json(episode.reset())] for name, (episode, _) in played.items()}
    order = list(COMPANY) * STEPS
    Random(2).shuffle(order)
    for name in order:
        episode, actions = played[name]
        seen[name].append(result_json(episode.step(actions[len(seen[name]) - 1])))
    assert seen == expected


def test_batches_interleaved_with_one_another_give_what_each_episode_gives_alone(expected):
    batches = {family: simcore.make_batch(family, SEEDS) for family in FAMILIES}
    actions = {name: script(*name)[1] for name in COMPANY}
    seen = {}
    for family, batch in batches.items():
        seen |= {(family, seed): [alert_json(alert)] for seed, alert in zip(SEEDS, batch.reset(), strict=True)}
    for number in range(STEPS):
        for family in Random(number).sample(FAMILIES, len(FAMILIES)):
            results = batches[family].step([actions[family, seed][number] for seed in SEEDS])
            for seed, result in zip(SEEDS, results, strict=True):
                seen[family, seed].append(result_json(result))
    assert seen == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_a_fork_goes_on_as_its_origin_would_and_leaves_it_alone(family, expected):
    for seed, begun in zip(SEEDS, range(0, STEPS, 2), strict=False):
        origin, actions = script(family, seed)
        for action in actions[:begun]:
            origin.step(action)
        twin, other = origin.fork(), origin.fork()
        for action in reversed(actions):
            other.step(action)
        rest = [result_json(twin.step(action)) for action in actions[begun:]]
        assert (
            rest
            == [result_json(origin.step(action)) for action in actions[begun:]]
            == expected[family, seed][begun + 1 :]
        )
        assert twin.world.buffer.tobytes() == origin.world.buffer.tobytes()
        assert twin.verdict() == origin.verdict()


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_is_only_a_way_to_say_the_seed(split):
    inside = simcore.make("oom-crash", seed=5, split=split)
    assert transcript(inside) == transcript(simcore.make("oom-crash", seed=simcore.absolute_seed(5, split)))


def test_another_process_plays_the_same_bytes_in_another_order():
    code = (
        "import json; from hashlib import sha256; import simcore;"
        "from tests.support.playing import FAMILIES, transcript;"
        "print(json.dumps({family: sha256(transcript(simcore.make(family, seed=4)).encode()).hexdigest()"
        " for family in reversed(FAMILIES)}))"
    )
    here = {family: sha256(transcript(simcore.make(family, seed=4)).encode()).hexdigest() for family in FAMILIES}
    assert in_another_process(code, PYTHONHASHSEED="1") == here


def test_without_the_compiler_every_family_ends_with_the_same_verdict():
    code = (
        "import json; import simcore; from tests.support.playing import FAMILIES, play;"
        "episodes = [simcore.make(family, seed=3) for family in FAMILIES]; [play(episode) for episode in episodes];"
        "print(json.dumps([episode.verdict().to_json() for episode in episodes]))"
    )
    episodes = [simcore.make(family, seed=3) for family in FAMILIES]
    for episode in episodes:
        play(episode)
    here = json.loads(json.dumps([episode.verdict().to_json() for episode in episodes]))
    wraps_around = "-Wignore:overflow encountered:RuntimeWarning"  # as the compiled words of random numbers do
    assert in_another_process(code, wraps_around, NUMBA_DISABLE_JIT="1") == here


def test_without_the_compiler_an_episode_is_told_in_the_same_texts():
    code = (
        "import json; import simcore; from tests.support.playing import texts_of_every_read;"
        "print(json.dumps(texts_of_every_read(simcore.make('cache-stampede', seed=3))))"
    )
    wraps_around = "-Wignore:overflow encountered:RuntimeWarning"
    here = texts_of_every_read(simcore.make("cache-stampede", seed=3))
    assert in_another_process(code, wraps_around, NUMBA_DISABLE_JIT="1") == here


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@given(seed=st.integers(-(10**12), 10**12))
def test_a_split_counts_seeds_inside_its_range(split, seed):
    absolute = simcore.absolute_seed(seed, split)
    assert 0 <= absolute - SPLITS[split] < SPLIT_SIZE
    assert (absolute - seed) % SPLIT_SIZE == 0


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(LookupError, match="oom-crash"):
        simcore.make("oom_crush", seed=1)
    with pytest.raises(LookupError, match="playbook"):
        simcore.make_policy("oracel")
    with pytest.raises(LookupError, match="validation"):
        simcore.make("oom-crash", seed=1, split="dev")
