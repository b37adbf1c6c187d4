"""Law 7, pods: the autoscaler against Kubernetes' published algorithm, and creation against quota and back-off."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from tests.support.tiny_world import ENDLESS, TinyWorld, part, tiny_world

LIMIT_MB, LEAST, MOST = 512.0, 1, 8
LOOP_S, TOLERANCE, DOWN_WINDOW_S = 15.0, 0.1, 300.0  # of the kube-controller-manager, by default
AT_MOST_TIMES, AT_MOST_MORE = 2, 4  # in a period, the larger of both: its default `behavior.scaleUp`


def autoscaled(target: float, replicas: int = 4, *, memory: float = 0.5, cpu_ms: float = 0.0) -> TinyWorld:
    """On the share of its memory, or, with work, of its CPU at ten requests a second."""
    api = part(replicas=replicas, heap_mb=memory * LIMIT_MB, work_ms=cpu_ms or 1.0)
    world = tiny_world([api], rate=10.0)
    world.clock[[at.QUOTA_MB, at.NODES_MB]] = ENDLESS
    on_cpu = 1.0 if cpu_ms > 0.0 else 0.0
    world.set("api", {at.HPA_MIN: LEAST, at.HPA_MAX: MOST, at.HPA_TARGET: target, at.HPA_ON_CPU: on_cpu})
    return world


def published(current: int, metric: float, target: float) -> int:
    """desiredReplicas = ceil(currentReplicas x currentMetricValue / desiredMetricValue), nothing within the tolerance:
    kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale, "Algorithm details"."""
    ratio = metric / target
    wanted = current if abs(ratio - 1.0) <= TOLERANCE else math.ceil(current * ratio)
    wanted = min(wanted, max(AT_MOST_TIMES * current, current + AT_MOST_MORE))
    return min(max(wanted, LEAST), MOST)


def near_an_edge(current: int, metric: float, target: float) -> bool:
    """Where a rounding error decides."""
    ratio = metric / target
    return abs(abs(ratio - 1.0) - TOLERANCE) < 1e-6 or abs(current * ratio - round(current * ratio)) < 1e-6


@settings(max_examples=100, deadline=None)
@given(target=st.floats(0.2, 0.9), replicas=st.integers(1, 8), memory=st.floats(0.1, 0.8))
def test_on_memory_it_wants_as_many_pods_as_the_published_formula(target, replicas, memory):
    world = autoscaled(target, replicas, memory=memory)
    used = world.get("api", at.MEM_MB) / LIMIT_MB
    if not near_an_edge(replicas, used, target):
        wants(world, published(replicas, used, target))


@settings(max_examples=100, deadline=None)
@given(target=st.floats(0.2, 0.9), replicas=st.integers(1, 8), busy=st.floats(0.05, 0.98))
def test_on_cpu_it_wants_as_many_pods_as_the_published_formula(target, replicas, busy):
    world = autoscaled(target, replicas, cpu_ms=100.0 * busy * replicas)
    if not near_an_edge(replicas, busy, target):
        wants(world, published(replicas, busy, target))


def wants(world: TinyWorld, wanted: int) -> None:
    """More at the first tick of the loop, fewer after the window, nothing else as nothing changes."""
    before = world.get("api", at.DESIRED)
    world.run(LOOP_S, every=LOOP_S)
    assert world.get("api", at.DESIRED) == max(before, wanted)
    if wanted < before:
        took = world.until(lambda: world.get("api", at.DESIRED) != before, at_most=2.0 * DOWN_WINDOW_S, every=5.0)
        assert took == pytest.approx(DOWN_WINDOW_S, abs=2.0 * LOOP_S)
        assert world.get("api", at.DESIRED) == wanted


def test_it_decides_every_fifteen_seconds():
    """Load that grows all the time is answered at the ticks of the loop and at no other time."""
    world, seen = autoscaled(0.5, 1, cpu_ms=50.0), []
    for step in range(240):
        world.load(10.0 + 0.25 * step)
        world.run(1.0, every=1.0)
        seen.append((world.now_s, world.get("api", at.DESIRED)))
    changes = [now - 1.0 for (_, before), (now, after) in pairwise(seen) if after != before]
    assert len(changes) >= 4
    assert all(min(when % LOOP_S, LOOP_S - when % LOOP_S) <= 1.0 + 1e-6 for when in changes)


def recommended_by(load: float, work_ms: float, target: float, current: int) -> int:
    return published(current, load * work_ms / 1000.0 / current, target)


@settings(max_examples=40, deadline=None)
@given(loads=st.lists(st.integers(6, 38), min_size=20, max_size=20))
def test_it_scales_down_to_the_highest_recommendation_of_the_last_five_minutes(loads):
    """Load changes from tick to tick and never needs the eight pods that there are."""
    world = autoscaled(0.5, MOST, cpu_ms=100.0)
    recommended = []
    for load in loads:
        world.load(float(load))
        world.run(LOOP_S, every=LOOP_S)
        recommended.append(recommended_by(load, 100.0, 0.5, MOST))
        assert world.get("api", at.DESIRED) == MOST
    world.run(2.0 * LOOP_S, every=LOOP_S)
    recommended.append(recommended_by(loads[-1], 100.0, 0.5, MOST))
    assert world.get("api", at.DESIRED) == max(recommended[:-1])


def test_a_dip_shorter_than_the_window_scales_nothing_down():
    world = autoscaled(0.5, 4, cpu_ms=200.0)
    for _ in range(6):
        world.load(3.0)
        world.run(DOWN_WINDOW_S - 2.0 * LOOP_S, every=LOOP_S)
        world.load(10.0)
        world.run(2.0 * LOOP_S, every=LOOP_S)
        assert world.get("api", at.DESIRED) == 4.0


def test_pods_that_it_adds_serve_when_they_have_started():
    world = autoscaled(0.5, 2, cpu_ms=90.0)
    world.load(30.0)
    world.run(LOOP_S + 5.0, every=5.0)
    assert (world.get("api", at.PODS) > 2.0, world.get("api", at.UP)) == (True, 2.0)
    world.run(world.get("api", at.START_S) + 10.0)
    assert world.get("api", at.UP) == world.get("api", at.PODS)


def without_pods(quota_mb: float) -> TinyWorld:
    world = tiny_world([part()], rate=1.0)
    world.set("api", {at.PODS: 0.0, at.READY: 0.0, at.SETTLED_PODS: -1.0})
    world.clock[at.QUOTA_MB] = quota_mb
    return world


def test_a_pod_that_the_quota_refuses_is_tried_later_and_later():
    """10, 20, 40 ... 1000 s, as client-go's default rate limiter has it from that base."""
    world = without_pods(100.0)
    tries = sorted({at_s for _, at_s in world.watch(8000.0, lambda: world.get("api", at.REFUSED_AT), every=5.0)})
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[:7] == pytest.approx([10, 20, 40, 80, 160, 320, 640], abs=5.0)
    assert gaps[7:] == pytest.approx([1000] * len(gaps[7:]), abs=5.0)
    assert len(gaps) > 9


def test_pods_come_back_once_the_quota_has_room():
    world = without_pods(100.0)
    world.run(20.0)
    assert world.get("api", at.PODS) == 0.0
    world.clock[at.QUOTA_MB] = 2048.0
    world.run(100.0)
    assert (world.get("api", at.PODS), world.get("api", at.UP)) == (1.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(quota_pods=st.floats(1.0, 7.9), wanted=st.integers(2, 8))
def test_no_more_pods_than_the_quota_holds(quota_pods, wanted):
    world = tiny_world([part()], rate=1.0)
    world.clock[[at.QUOTA_MB, at.NODES_MB]] = quota_pods * LIMIT_MB, ENDLESS
    world.set("api", {at.DESIRED: float(wanted)})
    world.run(200.0)
    assert world.get("api", at.PODS) == min(wanted, math.floor(quota_pods))
