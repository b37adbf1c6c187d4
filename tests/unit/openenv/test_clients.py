"""Real clients against a real process: the library's generic ones without our package's help, and PraetorEnv."""

import asyncio
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.openenv_servers import Running, library_server, praetor_server

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

from openenv.core import GenericEnvClient

import simcore
from praetor.openenv import PraetorAction, PraetorEnv
from praetor.openenv.client import NoBatchError


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with praetor_server("--queue-seconds", "0.2") as running:
        yield running


def test_the_generic_client_plays_without_our_classes_and_gets_text(server):
    with GenericEnvClient(base_url=server.url).sync() as env:
        shown = env.reset(seed=3, episode_id="mine")
        assert shown.observation["text"].startswith("[step 0/")
        result = env.step({"action_type": "list_services"})
        assert (result.observation["kind"], result.done) == ("list_services", False)
        assert result.metadata["r_format"] == 0.01
        assert env.state()["episode_id"] == "mine"
        with pytest.raises(RuntimeError, match="VALIDATION_ERROR"):
            env.step({"action_type": "reboot_everything"})
        assert env.state()["step_count"] == 1


async def test_the_generic_client_plays_asynchronously_and_many_at_a_time(server):
    async def play(seed):
        async with GenericEnvClient(base_url=server.url) as env:
            await env.reset(seed=seed)
            for _ in range(5):
                await env.step({"action_type": "list_services"})
            return await env.state()

    states = await asyncio.gather(*(play(seed) for seed in range(16)))
    assert [(state["seed"], state["step_count"]) for state in states] == [(seed, 5) for seed in range(16)]


def test_auto_env_finds_its_way_without_our_package(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, while it looks for packages
        from openenv.auto import AutoEnv

        client = AutoEnv.from_env("praetor", base_url=server.url, skip_install=True)
    with client.sync() as env:
        assert env.reset(seed=1).observation["kind"] == "alert"


def test_praetor_env_is_typed_and_structured(server):
    with PraetorEnv(base_url=server.url).sync() as env:
        shown = env.reset(seed=3, task_id="oom_crash")
        assert shown.observation.payload["title"]
        assert shown.observation.text is None
        result = env.step(PraetorAction(action_type="list_services"))
        names = [row["name"] for row in result.observation.payload["services"]]
        logs = env.step(PraetorAction(action_type="read_logs", target_service=names[0], parameters={"lines": 3}))
        assert len(logs.observation.payload["lines"]) <= 3
        assert logs.reward == logs.observation.reward
        assert env.state().step_count == 2


async def test_praetor_env_plays_asynchronously_and_gives_text_when_asked(server):
    async with PraetorEnv(base_url=server.url) as env:
        assert (await env.reset(seed=3, text=True)).observation.text
        other = await env.new_session()
        assert (await other.reset(seed=4)).observation.payload
        assert (await env.state()).seed == 3
        await other.close()


SEEDS = list(range(12))
LIST, GUESS = {"action_type": "list_services"}, {"action_type": "resolve_incident"}


def alone(seed, actions, name="oom-crash"):
    episode = simcore.make(name, seed=seed)
    episode.reset()
    return [episode.step(action) for action in actions]


@pytest.mark.parametrize("observe", ["none", "numbers", "text", "structured"])
def test_a_batch_gives_what_each_environment_gives_alone(server, observe):
    with PraetorEnv(base_url=server.url).sync() as env:
        begun = env.batch_reset(seeds=SEEDS, task_id="oom-crash", observe=observe)
        assert begun.count == len(SEEDS)
        steps = [env.batch_step([action] * len(SEEDS)) for action in (LIST, GUESS, LIST)]
    for number, seed in enumerate(SEEDS):
        for step, result in zip(steps, alone(seed, (LIST, GUESS, LIST)), strict=True):
            assert step.reward[number] == result.reward
            assert list(step.breakdown[number]) == list(result.reward_breakdown.to_json().values())
            assert step.done[number] == result.done
            if observe == "text":
                assert step.text[number] == result.observation.text
            if observe == "structured":
                assert step.observations[number]["kind"] == result.observation.kind
    assert (steps[0].numbers is not None) == (observe == "numbers")
    if observe == "numbers":
        assert steps[0].numbers.dtype == np.float32


def test_a_batch_that_is_wrong_is_refused_whole_and_goes_on(server):
    with PraetorEnv(base_url=server.url).sync() as env:
        client = env
        with pytest.raises(RuntimeError, match="batch_reset first"):
            client.batch_step([LIST])
        client.batch_reset(seeds=[1, 2], task_id="oom-crash")
        with pytest.raises(RuntimeError, match="1 actions for 2 environments"):
            client.batch_step([LIST])
        with pytest.raises(RuntimeError, match="VALIDATION_ERROR"):
            client.batch_step([LIST, {"action_type": "reboot"}])
        with pytest.raises(RuntimeError, match="VALIDATION_ERROR"):
            client.batch_reset(seeds=[], task_id="oom-crash")
        with pytest.raises(RuntimeError, match="no episodes in split"):
            client.batch_reset(seeds=[1], task_id="hot-key")
        assert client.batch_step([LIST, LIST]).reward[0] == pytest.approx(alone(1, (LIST,))[0].reward)


def test_a_server_without_batches_is_said_to_have_none():
    with library_server() as other, PraetorEnv(base_url=other.url).sync() as env:
        assert env.reset(seed=1).observation.payload
        with pytest.raises(NoBatchError, match="one by one"):
            env.batch_reset(seeds=[1], task_id="oom-crash")
