"""Law 1: queues, against the textbook, its tables and requests that are walked through one by one."""

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, chain, part, tiny_world
from tests.support.walked_requests import Station, Walked, walk

WORK_MS = 100.0


def queue(servers: int, utilisation: float) -> TinyWorld:
    """Requests of 100 ms on so many cores, with nobody who gives up."""
    world = tiny_world([part(cpu_cores=float(servers), work_ms=WORK_MS)], rate=utilisation * servers * 10.0)
    world.be_patient()
    world.run(100.0)
    return world


def mean_wait_ms(world: TinyWorld) -> float:
    return world.get("api", at.MEAN_MS) - WORK_MS


# Mean number in queue of M/M/c, from the tables of Hillier and Lieberman and of Allen.
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
    assert mean_wait_ms(queue(servers, utilisation)) == pytest.approx(expected_ms, rel=0.05)


def balance_equations(servers: int, load: float) -> float:
    """The mean number that wait in M/M/c, summed over the stationary distribution of its birth-death chain."""
    weights = [1.0]
    for n in range(1, 2000):
        weights.append(weights[-1] * load / min(n, servers))
    return sum((n - servers) * weight for n, weight in enumerate(weights) if n > servers) / math.fsum(weights)


@settings(max_examples=60, deadline=None)
@given(servers=st.integers(1, 8), utilisation=st.floats(0.2, 0.9))
def test_the_mean_wait_is_that_of_the_balance_equations(servers, utilisation):
    waiting = balance_equations(servers, servers * utilisation)
    expected_ms = waiting / (utilisation * servers / WORK_MS)
    assert mean_wait_ms(queue(servers, utilisation)) == pytest.approx(expected_ms, rel=0.05, abs=0.01)


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.6), (2, 0.8), (3, 0.85)])
def test_the_mean_wait_is_that_of_walked_requests(servers, utilisation):
    stations, rate = {"api": Station(servers, WORK_MS)}, utilisation * servers * 10.0
    waits = [statistics.fmean(walk(stations, rate, 40_000, seed).waits["api"]) for seed in range(3)]
    assert mean_wait_ms(queue(servers, utilisation)) == pytest.approx(statistics.fmean(waits), rel=0.05)


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(1.0, 45.0),
    works=st.lists(st.floats(1.0, 20.0), min_size=1, max_size=4),
    calls=st.sampled_from([0.5, 1.0]),
)
def test_as_many_are_in_work_as_arrive_in_the_time_that_one_takes(rate, works, calls):
    """Little's law within 2 %, at every service of a chain."""
    parts = [part(f"s{n}", work_ms=work) for n, work in enumerate(works)]
    world = chain(*parts, rate=rate, per_request=calls)
    world.be_patient()
    world.run(200.0)
    for each in parts:
        arriving, seconds = world.get(each.name, at.OFFERED), world.get(each.name, at.MEAN_MS) / 1000.0
        assert world.in_work(each.name) == pytest.approx(arriving * seconds, rel=0.02)


@pytest.mark.parametrize("rate", [5.0, 14.0])
def test_as_many_are_in_work_as_in_a_walked_system(rate):
    """Little's law against a count over time, which does not use it."""
    world = chain(part("api", work_ms=50.0), part("child", work_ms=20.0), rate=rate)
    world.be_patient()
    world.run(200.0)
    walked = [
        walk({"api": Station(1, 50.0, [("child", 1.0)]), "child": Station(1, 20.0)}, rate, 30_000, s) for s in (1, 2)
    ]
    assert world.in_work("api") == pytest.approx(statistics.fmean(w.in_system for w in walked), rel=0.05)


@settings(max_examples=30, deadline=None)
@given(rate=st.floats(21.0, 100.0))
def test_throughput_is_capped_at_capacity_and_the_rest_queues(rate):
    """20 a second is what two cores do; what comes through is counted at the next service."""
    world = chain(part(work_ms=WORK_MS, cpu_cores=2.0), part("child", work_ms=1.0), rate=5.0)
    world.be_patient()
    world.load(rate)
    world.run(200.0)
    assert world.get("child", at.OFFERED) == pytest.approx(20.0, rel=0.001)
    assert world.get("api", at.CPU_PERCENT) == pytest.approx(100.0)
    assert world.get("api", at.BACKLOG) == pytest.approx((rate - 20.0) * 200.0, rel=0.001)


@settings(max_examples=40, deadline=None)
@given(queued=st.floats(50.0, 2000.0), rate=st.floats(1.0, 18.0))
def test_a_queue_drains_in_its_length_over_the_spare_capacity(queued, rate):
    world = tiny_world([part(work_ms=WORK_MS, cpu_cores=2.0)], rate=rate)
    world.be_patient()
    world.set("api", {at.BACKLOG: queued})
    took = world.until(lambda: world.get("api", at.BACKLOG) <= 0.0, at_most=4000.0, every=1.0)
    assert took == pytest.approx(queued / (20.0 - rate), abs=1.0 + 1e-6)


SHOPS = {
    "one": ({"a": Station(2, 40.0)}, 35.0),
    "a chain": (
        {"a": Station(1, 10.0, [("b", 1.0)]), "b": Station(1, 30.0, [("c", 1.0)]), "c": Station(2, 50.0)},
        22.0,
    ),
    "a fan": (
        {
            "a": Station(1, 8.0, [("b", 1.0), ("c", 0.5), ("d", 2.0)]),
            "b": Station(1, 20.0),
            "c": Station(1, 60.0),
            "d": Station(2, 15.0),
        },
        20.0,
    ),
    "a diamond": (
        {
            "a": Station(2, 10.0, [("b", 1.0), ("c", 1.0)]),
            "b": Station(2, 30.0, [("d", 1.0)]),
            "c": Station(2, 15.0, [("d", 1.0)]),
            "d": Station(1, 10.0),
        },
        35.0,
    ),
}


def built(stations: dict[str, Station], rate: float) -> TinyWorld:
    parts = [part(name, cpu_cores=float(s.servers), work_ms=s.work_ms) for name, s in stations.items()]
    calls = [Call(name, callee, often) for name, s in stations.items() for callee, often in s.calls]
    world = tiny_world(parts, calls, rate=rate)
    world.be_patient()
    world.run(200.0)
    return world


@pytest.mark.parametrize("name", SHOPS)
def test_the_99th_percentile_is_that_of_walked_requests(name):
    """Within 15 %, through queues, at every service that calls others; the mean within 5 %."""
    stations, rate = SHOPS[name]
    world, walked = built(stations, rate), walk(stations, rate, 30_000)
    for each in stations:
        assert world.get(each, at.MEAN_MS) == pytest.approx(mean_latency(walked, each), rel=0.05), each
        assert world.p99_ms(each) == pytest.approx(walked.p99(each), rel=0.15), each


def mean_latency(walked: Walked, name: str) -> float:
    return statistics.fmean(walked.latencies[name])
