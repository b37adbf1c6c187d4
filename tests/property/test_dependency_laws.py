"""What services do to one another: shared connections and retries, against arithmetic and independent simulation."""

import random

import numpy as np
import pytest
import simpy

from simcore.world import layout as at
from tests.support.tiny_world import run, service_row, tiny_world

CHAIN = np.array([[0.0, 1.0], [0.0, 0.0]])
POOL = 20.0


def leaking_client(per_second: float):
    """A client at nominal load that leaks connections of a database that has twenty."""
    state = tiny_world(2, rate=10.0)
    service_row(state, 0, work_ms=5.0, cores=1.0)
    service_row(state, 1, work_ms=4.0, cores=4.0)
    state.services[0, [at.NOMINAL_RPS, at.OFFERED]] = 10.0
    state.services[1, [at.POOL_MAX, at.POOL_HOLD_MS, at.TIMEOUT_MS, at.QUEUE_LIMIT]] = POOL, 20.0, 1000.0, 60.0
    state.releases[0, 0, at.CONN_LEAK_PER_S] = per_second
    return state


@pytest.mark.parametrize("per_second", [0.02, 0.05, 0.1])
def test_a_leak_exhausts_a_pool_when_leak_times_time_says_so(per_second):
    state, due_seconds = leaking_client(per_second), POOL / per_second
    elapsed = 0.0
    while state.services[0, at.LEAKED_CONN] < POOL - 1e-6 and elapsed < 2 * due_seconds:
        run(state, 10.0, CHAIN)
        elapsed += 10.0
        assert state.services[0, at.LEAKED_CONN] == pytest.approx(min(elapsed * per_second, POOL), rel=1e-6)
    assert due_seconds <= elapsed + 1e-6 <= due_seconds + 10.0 + 1e-5


def test_a_pool_serves_until_it_is_nearly_exhausted_and_then_fails_the_client():
    state = leaking_client(0.1)
    run(state, 100.0, CHAIN)
    assert state.services[0, at.FAIL] < 0.001
    for _ in range(20):
        run(state, 10.0, CHAIN)
    assert state.services[1, at.CONNS] == pytest.approx(POOL, abs=0.01)
    assert state.services[0, at.FAIL] > 0.99


def test_connections_in_use_are_those_of_an_independent_simulation():
    """Little's law within 2 %: a request holds its connection while it waits, works and travels."""
    rate, servers, work_ms, travel_ms = 100.0, 2, 10.0, 20.0
    state = tiny_world(rate=rate)
    service_row(state, 0, work_ms=work_ms, cores=float(servers))
    state.services[0, [at.POOL_MAX, at.POOL_HOLD_MS]] = 50.0, travel_ms
    for _ in range(10):
        run(state, 10.0)
    in_use = simulated_in_use(rate / 1000.0, servers, work_ms, travel_ms, requests=150_000)
    assert state.services[0, at.CONNS] == pytest.approx(in_use, rel=0.02)


def simulated_in_use(per_ms: float, servers: int, work_ms: float, travel_ms: float, requests: int) -> float:
    """The time average of how many hold a connection, counted at departures and arrivals, never by L = lambda W."""
    rng, env = random.Random(11), simpy.Environment()
    cpu = simpy.Resource(env, capacity=servers)
    held, area, last = 0, 0.0, 0.0

    def change(by: int) -> None:
        nonlocal held, area, last
        area += held * (env.now - last)
        held, last = held + by, env.now

    def request():
        change(+1)
        with cpu.request() as place:
            yield place
            yield env.timeout(rng.expovariate(1.0 / work_ms))
        yield env.timeout(travel_ms)
        change(-1)

    def arrivals():
        for _ in range(requests):
            env.process(request())
            yield env.timeout(rng.expovariate(per_ms))

    env.process(arrivals())
    env.run()
    return area / last


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize("failing", [0.0, 0.3, 0.7, 1.0])
def test_retries_multiply_the_calls_of_a_failing_service(retries, failing):
    """Tried until it works or the retries are used up, counted by drawing."""
    state = tiny_world(2, rate=10.0)
    service_row(state, 0, work_ms=1.0, cores=10.0)
    service_row(state, 1, work_ms=1.0, cores=10.0)
    state.services[0, at.RETRIES], state.services[1, at.EXTRA_ERRORS] = retries, failing
    for _ in range(10):
        run(state, 10.0, CHAIN)
    rng, calls, failed, requests = random.Random(3), 0, 0, 100_000
    for _ in range(requests):
        outcomes = [rng.random() < failing for _ in range(retries + 1)]
        calls += outcomes.index(False) + 1 if False in outcomes else retries + 1
        failed += all(outcomes)
    assert state.services[1, at.OFFERED] == pytest.approx(10.0 * calls / requests, rel=0.02)
    assert state.services[0, at.FAIL] == pytest.approx(failed / requests, abs=0.005)


def test_retries_multiply_by_depth():
    """Three attempts at each of two levels are nine at the bottom."""
    state = tiny_world(3, rate=1.0)
    for number in range(3):
        service_row(state, number, work_ms=1.0, cores=10.0)
    state.services[[0, 1], at.RETRIES] = 2.0
    state.services[2, at.EXTRA_ERRORS] = 1.0
    calls = np.zeros((3, 3))
    calls[0, 1] = calls[1, 2] = 1.0
    for _ in range(10):
        run(state, 10.0, calls)
    assert state.services[:, at.OFFERED].tolist() == pytest.approx([1.0, 3.0, 9.0], rel=1e-6)
