"""What a run has left for its language model: money for all attempts, time until its deadline, and its memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from praetor.guard.addresses import AddressRules
from praetor.guard.chat import ChatClient, ChatError, ChatSettings, Reply
from praetor.guard.client import Answer
from praetor.guard.errors import UnreachableError
from praetor.guard.means import NOTHING, Spent
from praetor.guard.targets import LanguageModel, SiteRequest
from praetor.policies.llm.budget import Budget
from praetor.policies.llm.policy import LlmPolicy
from praetor.policies.registry import make_policy
from praetor.runner.changes import GO, Clearance, PastChange, Wanted, WantedCall
from praetor.runner.loop import play
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.connect import connect
from simcore.trace import read_trace
from tests.support.chat_server import ChatServer, call
from tests.support.small_site import SmallSite
from tests.support.tiny_stage import TinyStage

REQUEST = RunRequest("uid", "ns", "n", "oom-crash", policy="llm", max_steps=5)
LOOK = call("list_services")


def played(server: ChatServer, gate: Any = lambda wanted: GO, **fields: Any) -> RunOutcome:
    tokens = fields.pop("max_tokens", 400_000)
    model = LanguageModel(server.endpoint, "m-1", max_tokens=tokens, allow=(str(server.port),))
    request = replace(REQUEST, **fields)
    return play(request, connect(request), make_policy("llm", language_model=model), gate=gate)


# Money


def test_what_earlier_attempts_spent_counts(chat) -> None:
    server = chat(lambda request: LOOK)
    outcome = played(server, max_tokens=9_000, spent=Spent(8_000, 1_000))
    assert server.requests == []
    assert outcome.failure is not None
    told = "9000 of 9000 tokens are used up, 9000 tokens of that by earlier attempts of the run"
    assert told in outcome.failure.message
    assert outcome.spent == Spent(8_000, 1_000)


def test_what_all_attempts_spent_is_what_the_endpoint_counted_and_stands_in_the_transcript(chat) -> None:
    server = chat(lambda request: LOOK)
    outcome = played(server, max_steps=2, spent=Spent(100, 10))
    sent = sum(len(json.dumps(request)) for request in server.requests) // 4
    assert outcome.spent.completion_tokens == 10 + 2 * 50
    assert abs(outcome.spent.prompt_tokens - 100 - sent) <= sent // 10
    last = [event["decision"] for event in read_trace(outcome.trace) if event["kind"] == "decision"][-1]
    assert last["transcript"]["tokens_so_far"] == outcome.spent.tokens


def test_a_call_is_announced_with_its_cost_before_it_is_made(chat) -> None:
    """So that whoever comes after a crash counts it."""
    order: list[Any] = []
    server = chat(lambda request: order.append("called") or LOOK)

    def gate(wanted: Wanted) -> Clearance:
        assert isinstance(wanted, WantedCall)
        order.append(wanted.spent)
        return GO

    outcome = played(server, gate, max_steps=2, spent=Spent(100, 10))
    first, second = order[0], order[2]
    assert order[1::2] == ["called", "called"]
    assert first.prompt_tokens > 100 + 50
    assert first.completion_tokens > 10
    assert first.tokens < second.tokens
    assert outcome.spent.tokens < second.tokens


class CutOffError(BaseException):
    """The process ends in the midst of a call: nothing that comes after it is done."""


class Endpoint:
    """It takes what it likes for a call, and has taken it also where nobody sees the answer."""

    def __init__(self, costs: Iterator[Spent]) -> None:
        self._costs, self.billed, self.dearest, self.calls_left = costs, 0, 0, 0

    def complete(self, messages: Any, tools: Any, *, within_seconds: float | None = None) -> Reply:
        cost = next(self._costs)
        self.billed, self.dearest = self.billed + cost.tokens, max(self.dearest, cost.tokens)
        self.calls_left -= 1
        if self.calls_left == 0:
            raise CutOffError
        return Reply(LOOK, cost.prompt_tokens, cost.completion_tokens, 1)

    def close(self) -> None: ...


NEVER = 0
COSTS = st.builds(Spent, st.integers(1, 1_500), st.integers(1, 1_000))


@settings(deadline=None)
@given(cuts=st.lists(st.integers(1, 6), max_size=8), costs=st.lists(COSTS, min_size=1), budget=st.integers(1, 30_000))
def test_however_often_and_whenever_a_run_is_cut_off_it_spends_its_budget_once(
    cuts: list[int], costs: list[Spent], budget: int
) -> None:
    """Each of `cuts` is the call in whose midst an attempt ends; what was announced last is all that is known then. No
    call costs more than the guess about it, which the tools alone make 1,500 tokens."""
    endpoint, known = Endpoint(cycle(costs)), NOTHING

    def gate(wanted: Wanted) -> Clearance:
        nonlocal known
        assert isinstance(wanted, WantedCall)
        known = wanted.spent
        return GO

    for cut in [*cuts, NEVER]:
        endpoint.calls_left = cut
        request, policy = replace(REQUEST, spent=known), LlmPolicy(endpoint, "m-1", Budget(tokens=budget))
        with suppress(CutOffError):
            known = play(request, TinyStage(max_steps=12), policy, gate=gate).spent
    assert endpoint.billed < budget + endpoint.dearest


# Time


def test_an_episode_whose_model_does_not_answer_ends_at_its_deadline_with_what_was_said_until_then(chat) -> None:
    answered, over = iter([LOOK]), threading.Event()
    server = chat(lambda request: next(answered, None) or over.wait())
    try:
        outcome = played(server, deadline_seconds=1.0)
    finally:
        over.set()
    assert outcome.failure is not None
    assert outcome.failure.reason == "DeadlineExceeded"
    assert "step 2: ChatError" in outcome.failure.message
    assert "no answer in time" in outcome.failure.message
    events = list(read_trace(outcome.trace))
    assert [event["kind"] for event in events][-3:] == ["observation", "verdict", "end"]
    (decision,) = [event["decision"] for event in events if event["kind"] == "decision"]
    assert decision["transcript"]["message"]["tool_calls"][0]["function"]["name"] == "list_services"


def test_what_was_said_for_a_decision_that_did_not_come_is_in_the_end_of_the_trace(chat) -> None:
    said, over = iter([{"role": "assistant", "content": "let me think"}]), threading.Event()
    server = chat(lambda request: next(said, None) or over.wait())
    try:
        outcome = played(server, deadline_seconds=1.0)
    finally:
        over.set()
    *_, end = read_trace(outcome.trace)
    assert end["data"]["reason"] == "DeadlineExceeded"
    assert end["data"]["transcript"]["message"]["content"] == "let me think"
    assert end["data"]["transcript"]["tokens_so_far"] == outcome.spent.tokens


def test_an_episode_whose_endpoint_asks_for_patience_has_it_until_its_deadline(chat) -> None:
    server = chat(lambda request: (429, b'{"error": {"message": "slow down"}}', {"Retry-After": "30"}))
    outcome = played(server, deadline_seconds=1.0)
    assert outcome.failure is not None
    assert outcome.failure.reason == "DeadlineExceeded"
    assert "429: slow down" in outcome.failure.message
    assert len(server.requests) == 1


class Patience:
    """A clock that only pauses and slow answers move, and an endpoint that gives no answer worth having."""

    def __init__(self, took: Iterator[float], said: Iterator[str | None]) -> None:
        self.now, self._took, self._said, self.asked_at, self.allowed = 0.0, took, said, list[float](), list[float]()
        self.origin = "http://model.example"

    def request(self, method: str, path: str, *, body: Any, within_seconds: float) -> Answer:
        self.asked_at.append(self.now)
        self.allowed.append(within_seconds)
        took, said = next(self._took), next(self._said)
        self.now += min(took, within_seconds)
        if said is None or took >= within_seconds:
            raise UnreachableError("no answer in time")
        return Answer(503, {"retry-after": said}, b"")

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


@settings(deadline=None)
@given(
    took=st.lists(st.floats(0, 200), min_size=1),
    said=st.lists(st.none() | st.sampled_from(["", "0", "7", "30", "soon"]), min_size=1),
    left=st.floats(0.001, 500),
)
def test_attempts_and_pauses_together_never_outlast_the_time_that_is_left(
    took: list[float], said: list[str | None], left: float
) -> None:
    world = Patience(cycle(took), cycle(said))
    client = ChatClient(ChatSettings("http://model.example", "m"), AddressRules(), world.sleep, lambda: world.now)
    client.close()
    client._http = world  # type: ignore[assignment]
    with pytest.raises(ChatError):
        client.complete([], [], within_seconds=left)
    assert world.now <= left * (1 + 1e-9)
    assert all(at < left for at in world.asked_at)
    assert all(at + allowed <= left * (1 + 1e-9) for at, allowed in zip(world.asked_at, world.allowed, strict=True))


# What was done before

CUT_OFF = (
    PastChange("n", "restart_service", "api", "", "2026-11-30T10:00:00+00:00"),
    PastChange("another", "scale_service", "frontend", "", "2026-11-30T10:01:00+00:00"),
    PastChange("n", "update_config", "postgres", "db.pool.max_size", "2026-11-30T10:02:00+00:00"),
)


def test_a_model_is_told_what_earlier_attempts_of_its_run_changed(site: SmallSite, chat) -> None:
    server = chat(lambda request: call("resolve_incident", causes=[]))
    where = SiteRequest("shop", site.url, action_seconds=0.0, stabilization_seconds=0.2, allow=(str(site.port),))
    played(server, scenario="unknown", site=where, attempt=3, past=CUT_OFF)
    (opening,) = [each["content"] for each in server.requests[0]["messages"] if each["role"] == "user"]
    alert, told = opening.split("\nEarlier attempts of this run were cut off.")
    assert alert.startswith("<<<data ")
    (sentence, begin, *changes, end) = told.splitlines()
    assert "nobody knows what came of the last one" in sentence
    assert end == begin.removeprefix("<<<data ") + ">>>"
    assert changes == [
        "restart_service api at 2026-11-30T10:00:00+00:00",
        "update_config postgres db.pool.max_size at 2026-11-30T10:02:00+00:00",
    ]


def test_a_first_attempt_is_told_of_no_other(chat) -> None:
    server = chat(lambda request: call("resolve_incident", causes=[]))
    played(server)
    (opening,) = [each["content"] for each in server.requests[0]["messages"] if each["role"] == "user"]
    assert opening.count("<<<data ") == 1
    assert opening.endswith(">>>")
