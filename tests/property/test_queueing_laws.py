"""The kernel's queues against queueing theory's tables and against an independent discrete-event simulation."""

import random
import statistics

import numpy as np
import pytest
import simpy
from simcore.world.queueing import percentile_99

from simcore.world import layout as at
from tests.support.tiny_world import run, service_row, tiny_world

WORK_MS = 100.0


def kernel_mean_wait_ms(servers: int, utilisation: float) -> float:
    state = tiny_world(rate=utilisation * servers * 1000.0 / WORK_MS)
    service_row(state, 0, work_ms=WORK_MS, cores=float(servers))
    for _ in range(10):
        run(state, 10.0)
    return float(state.services[0, at.MEAN_MS]) - WORK_MS


def simulated_mean_wait_ms(servers: int, utilisation: float, requests: int, seed: int) -> float:
    """M/M/c by SimPy: exponential arrivals and services, first come first served."""
    rng, waits = random.Random(seed), []
    env = simpy.Environment()
    pool = simpy.Resource(env, capacity=servers)
    rate = utilisation * servers / WORK_MS

    def request():
        began = env.now
        with pool.request() as place:
            yield place
            waits.append(env.now - began)
            yield env.timeout(rng.expovariate(1.0 / WORK_MS))

    def arrivals():
        for _ in range(requests):
            env.process(request())
            yield env.timeout(rng.expovariate(rate))

    env.process(arrivals())
    env.run()
    return statistics.fmean(waits[requests // 10 :])


# Mean number in queue Lq of M/M/c, from the tables of Hillier and Lieberman and of Allen; Wq = Lq / lambda (Little).
TABLE = [
    (1, 0.5, 0.5),
    (1, 0.8, 3.2),
    (1, 0.9, 8.1),
    (2, 0.5, 0.3333),
    (2, 0.8, 2.8444),
    (2, 0.9, 7.6737),
    (4, 0.9, 7.0898),
]


@pytest.mark.parametrize(("servers", "utilisation", "in_queue"), TABLE)
def test_the_mean_wait_is_that_of_the_tables(servers, utilisation, in_queue):
    expected_ms = in_queue / (utilisation * servers / WORK_MS)
    assert kernel_mean_wait_ms(servers, utilisation) == pytest.approx(expected_ms, rel=0.05)


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.6), (2, 0.8), (3, 0.85)])
def test_the_mean_wait_is_that_of_an_independent_simulation(servers, utilisation):
    simulated = statistics.fmean(simulated_mean_wait_ms(servers, utilisation, 60_000, seed) for seed in range(4))
    assert kernel_mean_wait_ms(servers, utilisation) == pytest.approx(simulated, rel=0.06)


def test_throughput_is_capped_at_capacity_and_the_rest_queues():
    state = tiny_world(rate=30.0)
    service_row(state, 0, work_ms=WORK_MS, cores=2.0)
    run(state, 100.0)
    assert state.services[0, at.CAPACITY] == pytest.approx(20.0, rel=0.01)
    assert state.services[0, at.BACKLOG] == pytest.approx((30.0 - 20.0) * 100.0, rel=0.02)


def test_a_backlog_drains_in_its_length_over_the_spare_capacity():
    state = tiny_world(rate=12.0)
    service_row(state, 0, work_ms=WORK_MS, cores=2.0)
    run(state, 50.0)
    state.services[0, at.BACKLOG] = 400.0
    expected_seconds = 400.0 / (20.0 - 12.0)
    run(state, 0.9 * expected_seconds)
    assert state.services[0, at.BACKLOG] > 0.0
    run(state, 0.2 * expected_seconds)
    assert state.services[0, at.BACKLOG] == 0.0


@pytest.mark.parametrize("failing", [0.0, 0.1, 0.5, 1.0])
def test_a_parents_failures_contain_its_childs(failing):
    state = tiny_world(2, rate=5.0)
    service_row(state, 0, work_ms=10.0, cores=2.0)
    service_row(state, 1, work_ms=10.0, cores=2.0)
    state.services[1, at.EXTRA_ERRORS] = failing
    calls = np.array([[0.0, 1.0], [0.0, 0.0]])
    for _ in range(5):
        run(state, 10.0, calls)
    assert state.services[0, at.FAIL] == pytest.approx(failing, abs=0.01)


def test_a_parents_latency_contains_its_childs():
    state = tiny_world(2, rate=5.0)
    service_row(state, 0, work_ms=10.0, cores=2.0)
    service_row(state, 1, work_ms=200.0, cores=2.0)
    calls = np.array([[0.0, 1.0], [0.0, 0.0]])
    for _ in range(5):
        run(state, 10.0, calls)
    parent, child = state.services[0], state.services[1]
    assert parent[at.MEAN_MS] >= child[at.MEAN_MS]
    assert percentile_99(parent[at.MEAN_MS], parent[at.VAR_MS2]) >= percentile_99(child[at.MEAN_MS], child[at.VAR_MS2])


def test_the_99th_percentile_of_a_chain_is_that_of_sampled_sums():
    """A chain of three exponential stages, sampled: within 15 %."""
    rng = np.random.default_rng(5)
    sampled = np.percentile(sum(rng.exponential(mean, 400_000) for mean in (20.0, 50.0, 10.0)), 99)
    assert percentile_99(80.0, 20.0**2 + 50.0**2 + 10.0**2) == pytest.approx(sampled, rel=0.15)
