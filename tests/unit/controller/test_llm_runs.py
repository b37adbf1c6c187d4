"""Runs of the policy `llm` that are cut off: their budget is one, whoever died, and the controller counts it."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from praetor.controller.effects import AnswerEpisode, StartEpisode, WriteStatus
from praetor.controller.embedded import EmbeddedController
from praetor.controller.observed import Playing
from praetor.controller.reconcile import reconcile
from praetor.guard.means import Spent
from praetor.resources.run_status import ModelSpending
from praetor.runner.changes import GO, WantedCall
from praetor.runner.pool import EpisodePool
from praetor.store.directory import DirectoryStore
from tests.support.chat_server import ChatServer, call
from tests.support.observing import begun, with_status
from tests.support.operators import reason, run_manifest

PRICE = Spent(1_000, 100)
LOOK = {"choices": [{"message": call("list_services")}], "usage": {"prompt_tokens": 1_000, "completion_tokens": 100}}
ANSWER = (200, json.dumps(LOOK).encode(), {})
CALLING = WantedCall(Spent(4_000, 1_100))


def test_what_a_call_will_cost_is_written_down_before_it_is_made_and_once() -> None:
    asking = replace(begun(policy={"name": "llm"}), episode=Playing(CALLING))
    written, answered = reconcile(asking)
    assert isinstance(written, WriteStatus)
    assert answered == AnswerEpisode(GO)
    assert written.status.spent == ModelSpending(prompt_tokens=4_000, completion_tokens=1_100)
    assert reconcile(with_status(asking, written.status)) == [answered]


def test_who_begins_a_run_anew_is_told_what_it_has_spent() -> None:
    asking = replace(begun(policy={"name": "llm"}), episode=Playing(CALLING))
    (written, _) = reconcile(asking)
    assert isinstance(written, WriteStatus)
    (again,) = reconcile(replace(with_status(asking, written.status), episode=None))
    assert isinstance(again, StartEpisode)
    assert again.request.spent == CALLING.spent
    assert again.request.from_json(json.loads(json.dumps(again.request.to_json()))).spent == CALLING.spent


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Callable[[Any], ChatServer]]:
    """`chat(model)` serves the model that the environment names."""
    monkeypatch.setenv("PYTHONPATH", f"{request.config.rootpath}:{request.config.rootpath}/operator")
    servers: list[ChatServer] = []

    def serve(model: Any) -> ChatServer:
        servers.append(ChatServer(model))
        monkeypatch.setenv("PRAETOR_LLM_ENDPOINT", servers[-1].endpoint)
        monkeypatch.setenv("PRAETOR_LLM_MODEL", "m-1")
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", str(servers[-1].port))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


@asynccontextmanager
async def operator(store: DirectoryStore) -> AsyncIterator[EpisodePool]:
    pool = EpisodePool("tests.support.tiny_stage:connect", "praetor.policies.registry:make_policy", workers=1)
    async with asyncio.timeout(120), pool, EmbeddedController(store, pool):
        yield pool


def wanted(**spec: Any) -> dict[str, Any]:
    policy = {"name": "llm", "budget": {"maxTokens": 3_000}}
    manifest = run_manifest("one", policy=policy, maxSteps=20, backoffLimit=1, **spec)
    manifest["metadata"]["namespace"] = "default"
    return manifest


async def ended(store: DirectoryStore) -> dict[str, Any]:
    while "completionTime" not in (run := await store.get("IncidentRun", "default", "one")).get("status", {}):  # noqa: ASYNC110 (no event to wait for)
        await asyncio.sleep(0.05)
    return run


def check_that_it_was_spent_once(run: dict[str, Any], server: ChatServer) -> None:
    """The second call was cut off; what it will have cost is a guess, and leaves nothing for a third."""
    assert len(server.requests) == 2
    assert reason(run, "Failed") == "PolicyFailed"
    assert "of 3000 tokens are used up" in run["status"]["message"]
    assert "by earlier attempts" in run["status"]["message"]
    spent = run["status"]["spent"]
    assert spent["promptTokens"] > 2 * PRICE.prompt_tokens
    assert spent["completionTokens"] > 2 * PRICE.completion_tokens


async def test_a_run_whose_process_dies_in_a_call_has_what_is_left_of_its_budget(
    store: DirectoryStore, chat: Callable[[Any], ChatServer]
) -> None:
    pools: list[EpisodePool] = []

    def model(_: Any) -> Any:
        if len(server.requests) == 2:
            for worker in pools[0]._alive:
                os.kill(worker.pid, signal.SIGKILL)
        return ANSWER

    server = chat(model)
    async with operator(store) as pool:
        pools.append(pool)
        await store.create(wanted())
        run = await ended(store)
    check_that_it_was_spent_once(run, server)
    assert run["status"]["attempts"] == 2


async def test_a_run_whose_operator_dies_in_a_call_has_what_is_left_of_its_budget(
    store: DirectoryStore, chat: Callable[[Any], ChatServer]
) -> None:
    called, died = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def model(_: Any) -> Any:
        if len(server.requests) == 2:
            loop.call_soon_threadsafe(called.set)
            died.wait()
        return ANSWER

    server = chat(model)
    try:
        async with operator(store):
            await store.create(wanted())
            await called.wait()
    finally:
        died.set()
    async with operator(store):
        run = await ended(store)
    check_that_it_was_spent_once(run, server)


async def test_a_run_that_ends_says_what_it_has_spent(store: DirectoryStore, chat: Callable[[Any], ChatServer]) -> None:
    said = iter([LOOK, LOOK | {"choices": [{"message": call("resolve_incident", causes=[])}]}])
    chat(lambda request: (200, json.dumps(next(said)).encode(), {}))
    async with operator(store):
        await store.create(wanted())
        run = await ended(store)
    assert run["status"]["phase"] == "Complete"
    assert run["status"]["spent"] == {"promptTokens": 2_000, "completionTokens": 200}
