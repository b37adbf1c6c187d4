"""Law 4: connections, against Little's law, arithmetic and an independent simulation."""

import random
from collections.abc import Generator
from typing import Any

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, chain, database, part, tiny_world

WORK_MS, IDLE = 10.0, 8.0


def client_and_database(rate: float, pool: float, **causes: Any) -> TinyWorld:
    world = chain(part("api", cpu_cores=16.0, work_ms=1.0), database(pool_max=pool, **causes), rate=rate)
    world.be_patient()
    return world


def simulated_in_use(rate: float, servers: int, work_ms: float, travel_ms: float, requests: int = 60_000) -> float:
    """How many hold a connection while they wait, work and travel: an average over time, never by L = lambda W."""
    rng, env = random.Random(11), simpy.Environment()
    cpu = simpy.Resource(env, capacity=servers)
    held, area, last = 0, 0.0, 0.0

    def change(by: int) -> None:
        nonlocal held, area, last
        area += held * (env.now - last)
        held, last = held + by, env.now

    def request() -> Generator[Any, Any, None]:
        change(+1)
        with cpu.request() as place:
            yield place
            yield env.timeout(rng.expovariate(1.0 / work_ms))
        yield env.timeout(travel_ms)
        change(-1)

    def arrivals() -> Generator[Any, Any, None]:
        for _ in range(requests):
            env.process(request())
            yield env.timeout(rng.expovariate(rate / 1000.0))

    env.process(arrivals())
    env.run()
    return area / last


@pytest.mark.parametrize("rate", [50.0, 100.0, 140.0])
def test_connections_in_use_are_those_of_an_independent_simulation(rate):
    world = client_and_database(rate, 100.0, cpu_cores=2.0, work_ms=WORK_MS)
    world.set("db", {at.POOL_HOLD_MS: 20.0})
    world.run(200.0)
    assert world.get("db", at.CONNS) == pytest.approx(simulated_in_use(rate, 2, WORK_MS, 20.0), rel=0.02)


@settings(max_examples=40, deadline=None)
@given(rate=st.floats(50.0, 300.0), hold_ms=st.floats(20.0, 80.0), work_ms=st.floats(1.0, 10.0))
def test_a_pool_needs_arrival_rate_times_hold_time(rate, hold_ms, work_ms):
    """Under the need requests queue, over it they do not; what comes through is connections over hold time."""
    need = rate * (hold_ms + work_ms) / 1000.0
    for share, queues in ((0.8, True), (1.25, False)):
        world = client_and_database(rate, share * need, work_ms=work_ms)
        world.set("db", {at.POOL_HOLD_MS: hold_ms})
        world.run(300.0)
        assert (world.get("db", at.BACKLOG) > 1.0) == queues
        assert world.get("db", at.CAPACITY) == pytest.approx(share * rate, rel=0.02)


def scaled_out(replicas: int, idle: float = IDLE) -> TinyWorld:
    """A client whose pods keep `idle` connections each, of a database that allows 60."""
    world = chain(part("api", cpu_cores=0.2, replicas=replicas), database(pool_max=60.0), rate=30.0)
    world.set("api", {at.POOL_MIN: idle})
    world.set("db", {})
    world.run(300.0)
    return world


def test_scaling_out_helps_until_the_databases_limit_is_used_up_and_then_makes_it_worse():
    worlds = {replicas: scaled_out(replicas) for replicas in range(2, 9)}
    p99 = [worlds[replicas].p99_ms("api") for replicas in range(2, 8)]
    assert p99 == sorted(p99, reverse=True)
    assert all(worlds[replicas].get("api", at.FAIL) < 0.001 for replicas in range(2, 8))
    assert worlds[8].get("api", at.FAIL) > 0.9
    assert scaled_out(8, idle=1.0).get("api", at.FAIL) < 0.001


def test_one_client_that_scales_out_starves_another_of_the_same_database():
    parts = [part("web", cpu_cores=4.0), part("a", cpu_cores=4.0), part("b", cpu_cores=4.0), database(pool_max=60.0)]
    calls = [Call("web", "a", 1.0), Call("web", "b", 1.0), Call("a", "db", 1.0), Call("b", "db", 1.0)]
    world = tiny_world(parts, calls, rate=10.0)
    world.set("a", {at.POOL_MIN: IDLE})
    world.set("db", {})
    world.run(100.0)
    assert world.get("b", at.FAIL) < 0.001
    world.set("a", {at.DESIRED: 8.0})
    world.run(100.0)
    assert world.get("b", at.FAIL) > 0.9


@settings(max_examples=30, deadline=None)
@given(per_second=st.floats(0.02, 0.5), pool=st.floats(10.0, 100.0))
def test_a_leak_exhausts_a_pool_when_leak_times_time_says_so(per_second, pool):
    world, due_s = chain(part("api", cpu_cores=4.0), database(pool_max=pool), rate=10.0), pool / per_second
    world.release("api", {at.CONN_LEAK_PER_S: per_second})
    world.set("db", {at.POOL_HOLD_MS: 0.0})
    world.run(0.9 * due_s, every=0.9 * due_s / 100.0)
    assert world.get("api", at.LEAKED_CONN) == pytest.approx(0.9 * pool, rel=1e-6)
    assert world.get("api", at.FAIL) < 0.01
    world.run(0.11 * due_s, every=0.11 * due_s / 100.0)
    assert world.get("api", at.LEAKED_CONN) == pytest.approx(pool, rel=1e-6)
    world.run(60.0)
    assert world.get("api", at.FAIL) > 0.99


def test_a_pod_that_ends_gives_back_what_it_had_leaked():
    world = chain(part("api", replicas=4), database(), rate=10.0)
    world.release("api", {at.CONN_LEAK_PER_S: 0.1})
    world.run(100.0)
    world.set("api", {at.DESIRED: 3.0})
    before = world.get("api", at.LEAKED_CONN)
    world.run(1e-3, every=1e-3)
    assert world.get("api", at.LEAKED_CONN) == pytest.approx(0.75 * before, rel=1e-3)
