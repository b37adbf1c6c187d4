"""An episode is a function of (scenario, seed, difficulty): in any process, thread and order."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import simcore
from simcore.api import SPLITS
from tests.support.playing import FAMILIES, play, transcript

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reset_begins_the_same_episode_again(family):
    episode = simcore.make(family, seed=11)
    assert transcript(episode) == transcript(episode)


@pytest.mark.parametrize("family", FAMILIES)
def test_threads_do_not_disturb_one_another(family):
    alone = [transcript(simcore.make(family, seed=seed)) for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: transcript(simcore.make(family, seed=seed)), range(6)))
    assert together == alone


def test_interleaved_episodes_do_not_disturb_one_another():
    alone = [
        [result.reward for _, result in play(simcore.make("oom-crash", seed=seed), "random", seed)] for seed in range(8)
    ]
    episodes = [simcore.make("oom-crash", seed=seed) for seed in range(8)]
    policies = [simcore.make_policy("random", seed) for seed in range(8)]
    seen = [episode.reset() for episode in episodes]
    rewards: list[list[float]] = [[] for _ in episodes]
    while not all(episode.done for episode in episodes):
        for number, episode in enumerate(episodes):
            if not episode.done:
                result = episode.step(policies[number].decide(seen[number], []).action)
                seen[number] = result.observation
                rewards[number].append(result.reward)
    assert rewards == alone


def test_another_process_plays_the_same_bytes():
    imports = "import simcore; from tests.support.playing import transcript;"
    code = f"{imports} print(transcript(simcore.make('oom-crash', seed=4)))"
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout.rstrip("\n") == transcript(simcore.make("oom-crash", seed=4)).rstrip("\n")


@pytest.mark.parametrize("family", FAMILIES)
def test_without_the_compiler_the_world_is_the_same_up_to_rounding(family):
    code = (
        "import simcore; from tests.support.playing import play;"
        f"e = simcore.make('{family}', seed=3); play(e); v = e.verdict(); print(v.score, v.steps, v.resolved)"
    )
    env = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    slow = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    episode = simcore.make(family, seed=3)
    play(episode)
    verdict = episode.verdict()
    assert slow.stdout.split() == [str(verdict.score), str(verdict.steps), str(verdict.resolved)]


def test_a_batch_gives_each_episode_what_it_would_have_alone():
    seeds, policies = range(5), [simcore.make_policy("random", seed) for seed in range(5)]
    batch = simcore.make_batch("db-pool-exhaustion", seeds)
    seen = batch.reset()
    totals = [0.0] * 5
    while not batch.done.all():
        results = batch.step(
            [policy.decide(observation, []).action for policy, observation in zip(policies, seen, strict=True)]
        )
        seen = [result.observation for result in results]
        totals = [total + reward for total, reward in zip(totals, batch.rewards, strict=True)]
    alone = [
        sum(r.reward for _, r in play(simcore.make("db-pool-exhaustion", seed=seed), "random", seed)) for seed in seeds
    ]
    assert totals == pytest.approx(alone, abs=1e-12)


def test_a_batch_refuses_another_number_of_actions():
    with pytest.raises(ValueError, match="1 actions for 2 episodes"):
        simcore.make_batch("oom-crash", [1, 2]).step([{"action_type": "list_services"}])


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_counts_seeds_inside_its_range(split):
    assert simcore.absolute_seed(5, split) == SPLITS[split] + 5
    assert simcore.make("oom-crash", seed=5, split=split).seed == SPLITS[split] + 5


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(LookupError, match="oom-crash"):
        simcore.make("oom_crush", seed=1)
    with pytest.raises(LookupError, match="playbook"):
        simcore.make_policy("oracel")
    with pytest.raises(LookupError, match="validation"):
        simcore.make("oom-crash", seed=1, split="dev")
