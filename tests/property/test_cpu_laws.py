"""Law 6: CPU limits stop whole containers for parts of periods; neighbours take CPU that no metric of a pod shows."""

import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, part, tiny_world

PERIOD_MS = 100.0  # Linux, Documentation/scheduler/sched-bwc.rst
WORK_MS, CORES, RATE = 5.0, 0.5, 20.0


def with_bursts(burst_ms: float, every_s: float, cores: float = CORES) -> TinyWorld:
    """Background threads burn so much CPU time at once, every so often."""
    world = tiny_world([part(work_ms=WORK_MS, cpu_cores=cores)], rate=RATE)
    world.set("api", {at.BURST_MS: burst_ms, at.BURST_EVERY_S: every_s})
    world.run(100.0)
    return world


def walked_stalls(burst_ms: float, every_s: float, cores: float, requests: int = 100_000) -> list[float]:
    """How long requests wait that come at any time. Bursts begin at any time of a period, no two are quite alike, and
    their many threads use up what a period has left at once, until a period has more than they need."""
    rng, quota = random.Random(5), PERIOD_MS * cores

    def stall() -> float:
        left, stands = burst_ms + quota * rng.uniform(-0.5, 0.5), rng.uniform(0.0, PERIOD_MS)
        while left > 2.0 * quota:
            left, stands = left - quota, stands + PERIOD_MS
        return stands

    return [max(stall() - rng.uniform(0.0, 1000.0 * every_s), 0.0) for _ in range(requests)]


@settings(max_examples=20, deadline=None)
@given(periods=st.integers(5, 14), every_s=st.floats(3.0, 8.0), cores=st.sampled_from([0.25, 0.5, 1.0]))
def test_bursts_hold_requests_up_as_long_as_walked_periods_say(periods, every_s, cores):
    burst_ms = periods * PERIOD_MS * cores
    stalls = walked_stalls(burst_ms, every_s, cores)
    calm, held_up = with_bursts(0.0, every_s, cores), with_bursts(burst_ms, every_s, cores)
    added = held_up.get("api", at.MEAN_MS) - calm.get("api", at.MEAN_MS)
    spread = held_up.get("api", at.VAR_MS2) - calm.get("api", at.VAR_MS2)
    assert added == pytest.approx(statistics.fmean(stalls), rel=0.1, abs=0.1)
    assert spread == pytest.approx(statistics.variance(stalls), rel=0.1)
    assert held_up.get("api", at.THROTTLED) == pytest.approx(sum(s > 0.0 for s in stalls) / len(stalls), rel=0.05)


@settings(max_examples=30, deadline=None)
@given(periods=st.integers(6, 14), every_s=st.floats(3.0, 8.0))
def test_p99_rises_while_average_cpu_is_under_the_limit(periods, every_s):
    burst_ms = periods * PERIOD_MS * CORES
    world, calm = with_bursts(burst_ms, every_s), with_bursts(0.0, every_s)
    burnt = burst_ms / (1000.0 * every_s * CORES)
    assert world.get("api", at.CPU_PERCENT) == pytest.approx(100.0 * (RATE * WORK_MS / 1000.0 / CORES + burnt))
    assert world.get("api", at.CPU_PERCENT) < 70.0
    assert world.p99_ms("api") > 4.0 * calm.p99_ms("api")


def test_a_burst_within_one_periods_quota_holds_nobody_up():
    world, calm = with_bursts(0.9 * PERIOD_MS * CORES, 5.0), with_bursts(0.0, 5.0)
    assert world.p99_ms("api") == pytest.approx(calm.p99_ms("api"))


@pytest.mark.parametrize("hogged", [0.3, 0.6, 0.85])
def test_what_burns_in_the_same_container_shows_in_its_metric(hogged):
    world = tiny_world([part(work_ms=WORK_MS)], rate=RATE)
    world.set("api", {at.HOGGED: hogged})
    world.run(100.0)
    assert world.get("api", at.CPU_PERCENT) == pytest.approx(100.0 * (hogged + RATE * WORK_MS / 1000.0))


def beside_a_hog(share: float, work_ms: float = 10.0, rate: float = RATE, node_share: float = 1.0) -> TinyWorld:
    """`share` of the pods of `api` stand on the node whose spare cores, and more, a service without a limit takes."""
    world = tiny_world([part(work_ms=work_ms), part("hog")], [Call("api", "hog", 0.01)], rate=rate)
    burnt = world.clock[at.SPARE_CORES] + node_share * (world.clock[at.NODE_CORES] - world.clock[at.SPARE_CORES])
    world.clock[[at.HOG, at.HOG_CORES]] = world.topology.index["hog"], burnt
    world.set("hog", {at.CPU_CORES: burnt})
    world.set("api", {at.ON_HOG_NODE: share})
    world.run(100.0)
    return world


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.2, 1.0), rate=st.floats(1.0, 30.0), node_share=st.floats(0.3, 1.0))
def test_a_noisy_neighbour_slows_a_pod_whose_own_metric_stays_as_it_was(share, rate, node_share):
    alone = beside_a_hog(0.0, rate=rate)
    world = beside_a_hog(share, rate=rate, node_share=node_share)
    assert world.get("api", at.CPU_PERCENT) == pytest.approx(alone.get("api", at.CPU_PERCENT))
    stolen = node_share * (1.0 - world.clock[at.SPARE_CORES] / world.clock[at.NODE_CORES])
    slower_ms = share * 10.0 * (1.0 / (1.0 - stolen) - 1.0)
    assert world.get("api", at.MEAN_MS) >= alone.get("api", at.MEAN_MS) + 0.99 * slower_ms
    assert world.p99_ms("api") > 1.02 * alone.p99_ms("api")


def test_a_pod_that_gets_a_third_of_its_cpu_shows_a_third_when_it_can_do_no_more():
    world = beside_a_hog(1.0, work_ms=40.0, rate=24.0)
    left = 1.0 - (world.clock[at.HOG_CORES] - world.clock[at.SPARE_CORES]) / world.clock[at.NODE_CORES]
    assert world.get("api", at.CPU_PERCENT) == pytest.approx(100.0 * left)
    assert world.get("api", at.CAPACITY) == pytest.approx(25.0 * left)


def test_a_neighbour_that_takes_only_what_is_spare_hurts_nobody():
    world, alone = beside_a_hog(1.0, node_share=0.0), beside_a_hog(0.0)
    assert world.p99_ms("api") == pytest.approx(alone.p99_ms("api"), rel=1e-3)
