"""openenv.yaml and what it names: as the code makes them, and true of the environment."""

import json
from pathlib import Path

import pytest
import yaml

from praetor.openenv import package
from praetor.openenv.play import Play

ROOT = Path(__file__).parents[3]


def played(name):
    """The return of a committed trajectory, every reward of it, and the last step."""
    plan = json.loads((ROOT / name).read_text())
    play, rewards = Play(), []
    play.reset(plan["reset"]["options"] | {"seed": plan["reset"]["seed"]})
    for action in plan["actions"]:
        told = play.step(action)
        rewards.append(told.reward)
    assert told.done, "the trajectory ends its episode"
    return sum(rewards), rewards, told


@pytest.fixture(scope="module")
def reward():
    return yaml.safe_load((ROOT / "openenv.yaml").read_text())["validation"]["reward"]


@pytest.mark.parametrize("name", ["openenv.yaml", package.PROBE, package.ORACLE, package.EMPTY])
def test_the_committed_package_is_what_the_code_makes(name):
    assert (ROOT / name).read_text() == package.files()[name], "run `make openenv-package`"


def test_the_oracles_trajectory_reaches_the_top_reward(reward):
    total, _, told = played(package.ORACLE)
    assert told.metadata["resolved"] is True
    assert total >= reward["range"][1] - reward["oracle_tolerance"]


def test_the_empty_trajectory_stays_at_the_floor(reward):
    total, _, told = played(package.EMPTY)
    assert told.metadata["resolved"] is False
    assert total <= 0
    assert total <= reward["range"][1] - reward["floor_margin"]


@pytest.mark.parametrize("name", [package.PROBE, package.ORACLE, package.EMPTY])
def test_every_reward_is_within_the_declared_range(name, reward):
    least, most = reward["range"]
    assert all(least <= paid <= most for paid in played(name)[1])


def test_the_probe_takes_every_action_once():
    from simcore.actions import ACTION_TYPES

    taken = [action["action_type"] for action in package.probe_actions()]
    assert sorted(taken) == sorted(ACTION_TYPES)
