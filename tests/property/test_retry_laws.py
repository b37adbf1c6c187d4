"""Laws 2 and 3: retries multiply, budgets cap them, and a storm of them outlives what began it."""

import random
from collections.abc import Generator
from typing import Any

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from tests.support.tiny_world import ENDLESS, TinyWorld, chain, part
from tests.support.walked_requests import Station, walk

ROOMY = 100.0


def ladder(depth: int, retries: float, budget: float, failing: float) -> TinyWorld:
    """Services that call one another, all of them with retries; the last one fails."""
    world = chain(*(part(f"s{n}", cpu_cores=ROOMY, work_ms=1.0) for n in range(depth + 1)), rate=1.0)
    for n in range(depth):
        world.set(f"s{n}", {at.RETRIES: retries, at.RETRY_BUDGET: budget})
    world.set(f"s{depth}", {at.EXTRA_ERRORS: failing})
    world.run(300.0)
    return world


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize("failing", [0.0, 0.3, 0.7, 1.0])
def test_calls_and_failures_are_those_of_walked_requests(retries, failing):
    world = ladder(1, retries, ENDLESS, failing)
    stations = {"s0": Station(99, 1.0, [("s1", 1.0)], retries=retries), "s1": Station(99, 1.0, failing=failing)}
    walked = walk(stations, 1.0, 20_000)
    assert world.get("s1", at.OFFERED) == pytest.approx(walked.visits["s1"] / walked.requests, rel=0.02)
    assert world.get("s0", at.FAIL) == pytest.approx(walked.failed / walked.requests, abs=0.01)
    assert world.get("s0", at.MEAN_MS) == pytest.approx(sum(walked.latencies["s0"]) / walked.requests, rel=0.05)


@pytest.mark.parametrize("failing", [0.4, 0.8])
def test_at_every_depth_as_many_calls_arrive_as_of_walked_requests(failing):
    world = ladder(3, 2, ENDLESS, failing)
    stations = {f"s{n}": Station(99, 1.0, [(f"s{n + 1}", 1.0)], retries=2) for n in range(3)}
    walked = walk(stations | {"s3": Station(99, 1.0, failing=failing)}, 1.0, 15_000)
    for name, visits in walked.visits.items():
        assert world.get(name, at.OFFERED) == pytest.approx(visits / walked.requests, rel=0.05), name


@settings(max_examples=40, deadline=None)
@given(depth=st.integers(1, 4), retries=st.integers(0, 4))
def test_retries_multiply_by_depth(depth, retries):
    """Where everything fails, so many attempts at each level are their power at the bottom."""
    world = ladder(depth, retries, ENDLESS, 1.0)
    for n in range(depth + 1):
        assert world.get(f"s{n}", at.OFFERED) == pytest.approx((1.0 + retries) ** n, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(depth=st.integers(1, 4), retries=st.integers(1, 8), budget=st.floats(0.0, 1.0), failing=st.floats(0.0, 1.0))
def test_a_retry_budget_caps_what_retries_add(depth, retries, budget, failing):
    world = ladder(depth, retries, budget, failing)
    for n in range(depth):
        asked, answered = world.get(f"s{n + 1}", at.OFFERED), world.get(f"s{n}", at.OFFERED)
        assert asked <= answered * (1.0 + budget) * (1.0 + 1e-9)
    if failing == 1.0 and retries >= budget:
        assert world.get("s1", at.OFFERED) == pytest.approx(1.0 + budget)


CALM_MS, SLOW_MS, RATE, CAPACITY = 20.0, 120.0, 20.0, 50.0
RETRIES, QUEUE, TIMEOUT_S = 5, 1200, 3.0
TRIGGER_S, AFTER_S, WATCHED_S = 120.0, 600.0, 1000.0


def storm(retries: int = RETRIES) -> TinyWorld:
    """A service at 0.4 of its capacity whose work takes six times as long for two minutes, and then as before."""
    world = chain(part("web", cpu_cores=8.0, work_ms=1.0), part("api", work_ms=CALM_MS), rate=RATE)
    world.set("web", {at.RETRIES: retries, at.RETRY_BUDGET: ENDLESS, at.WORKERS: ENDLESS, at.DEADLINE_MS: ENDLESS})
    world.set("api", {at.QUEUE_LIMIT: QUEUE, at.PROBE_TIMEOUT_MS: ENDLESS})
    world.run(100.0)
    assert world.get("web", at.FAIL) == pytest.approx(0.0, abs=1e-6)
    world.set("api", {at.WORK_MS: SLOW_MS})
    world.run(TRIGGER_S)
    world.set("api", {at.WORK_MS: CALM_MS})
    return world


def test_a_retry_storm_outlives_its_trigger():
    world = storm()
    for _, failing in world.watch(AFTER_S, lambda: world.get("web", at.FAIL)):
        assert failing > 0.99
    assert world.get("api", at.OFFERED) > CAPACITY


def test_without_retries_the_same_trigger_is_over_when_its_queue_has_drained():
    world = storm(retries=0)
    queued = world.get("api", at.BACKLOG)
    took = world.until(lambda: world.get("web", at.FAIL) < 0.01, at_most=AFTER_S, every=1.0)
    assert 0.0 < took <= queued / (CAPACITY - RATE) + 2.0


@pytest.mark.parametrize(("column", "value"), [(at.RETRIES, 0.0), (at.RETRY_BUDGET, 0.1)])
def test_once_the_loop_is_broken_a_storm_drains_in_the_predicted_time(column, value):
    """Queue over spare capacity: of what still comes, retries within their budget included."""
    world = storm()
    world.run(AFTER_S)
    queued, coming = world.get("api", at.BACKLOG), RATE * (1.1 if column == at.RETRY_BUDGET else 1.0)
    world.set("web", {column: value})
    took = world.until(lambda: world.get("api", at.BACKLOG) <= 0.0, at_most=AFTER_S, every=1.0)
    assert took == pytest.approx(queued / (CAPACITY - coming), rel=0.1)
    world.run(60.0)
    assert world.get("web", at.FAIL) < 0.001


class WalkedStorm:
    """The same, request by request: who waits longer than the timeout asks again, and his old request is still worked
    off. `answered` holds when a user got an answer."""

    def __init__(self, seed: int) -> None:
        self.rng, self.env = random.Random(seed), simpy.Environment()
        self.api = simpy.Resource(self.env, capacity=1)
        self.retries, self.work_s, self.answered = RETRIES, CALM_MS / 1000.0, []

    def attempt(self, answer: simpy.Event) -> Generator[Any, Any, None]:
        with self.api.request() as place:
            yield place
            yield self.env.timeout(self.rng.expovariate(1.0 / self.work_s))
        if not answer.triggered:
            answer.succeed()

    def user(self) -> Generator[Any, Any, None]:
        for number in range(RETRIES + 1):
            if number > self.retries or len(self.api.queue) >= QUEUE:
                return
            answer = self.env.event()
            self.env.process(self.attempt(answer))
            yield answer | self.env.timeout(TIMEOUT_S)
            if answer.triggered:
                self.answered.append(self.env.now)
                return

    def users(self) -> Generator[Any, Any, None]:
        while True:
            self.env.process(self.user())
            yield self.env.timeout(self.rng.expovariate(RATE))

    def story(self) -> Generator[Any, Any, None]:
        yield self.env.timeout(100.0)
        self.work_s = SLOW_MS / 1000.0
        yield self.env.timeout(TRIGGER_S)
        self.work_s = CALM_MS / 1000.0
        yield self.env.timeout(AFTER_S)
        self.retries = 0

    def goodput(self, begin: float, end: float) -> float:
        return sum(begin <= when < end for when in self.answered) / (end - begin) / RATE


def test_walked_requests_tell_the_same_story():
    """Calm, a storm that outlives its trigger by ten minutes, and calm again soon after the loop is broken."""
    walked = WalkedStorm(seed=3)
    walked.env.process(walked.users())
    walked.env.process(walked.story())
    walked.env.run(until=WATCHED_S)
    broken_at = 100.0 + TRIGGER_S + AFTER_S
    world = storm()
    world.run(AFTER_S)
    assert walked.goodput(0.0, 100.0) > 0.95
    assert walked.goodput(broken_at - 300.0, broken_at) == pytest.approx(1.0 - world.get("web", at.FAIL), abs=0.02)
    world.set("web", {at.RETRIES: 0.0})
    calm_after = world.until(lambda: world.get("web", at.FAIL) < 0.01, at_most=200.0, every=1.0)
    assert walked.goodput(broken_at, broken_at + 0.8 * calm_after) < 0.1
    assert walked.goodput(broken_at + calm_after + 10.0, WATCHED_S) > 0.9
