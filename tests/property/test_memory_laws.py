"""Law 5: memory, garbage collection, kills and back-off, against arithmetic and Kubernetes' documented figures."""

import statistics
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import changes
from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, chain, database, part, tiny_world

HEAP_MB, LIMIT_MB, START_S = 250.0, 512.0, 20.0
UNEVEN = 0.2  # how much more than the average the first pod to die may have leaked


def leaking(mb_per_s: float, replicas: int = 1, limit_mb: float = LIMIT_MB) -> TinyWorld:
    world = tiny_world([part(replicas=replicas, memory_mb=limit_mb, cpu_cores=4.0)], rate=10.0)
    world.release("api", {at.LEAK_MB_PER_S: mb_per_s})
    return world


def kills(world: TinyWorld, seconds: float, every: float) -> list[tuple[float, float]]:
    """(killed at, ready again at) of the first pod."""

    def look() -> tuple[float, float]:
        return world.get("api", at.OOM_AT), float(world.pods("api")[0, at.DOWN_UNTIL])

    seen = sorted({kill for _, kill in world.watch(seconds, look, every)})
    return [kill for kill in seen if kill[0] > -at.NEVER / 2]


@settings(max_examples=50, deadline=None)
@given(replicas=st.integers(1, 8), mb_per_s=st.floats(0.05, 1.0), seconds=st.floats(20.0, 150.0))
def test_memory_is_live_data_and_leak_times_time(replicas, mb_per_s, seconds):
    world = leaking(mb_per_s, replicas)
    world.run(seconds, every=seconds / 20.0)
    assert world.get("api", at.MEM_MB) == pytest.approx(HEAP_MB + mb_per_s * seconds, rel=0.01)


@settings(max_examples=50, deadline=None)
@given(replicas=st.integers(1, 4), mb_per_s=st.floats(0.5, 5.0), limit_mb=st.floats(300.0, 2000.0))
def test_a_leak_is_killed_when_it_reaches_the_limit(replicas, mb_per_s, limit_mb):
    """Pods leak unevenly: the first is killed by a fifth before the average one, and a pod alone when it must."""
    world, due_s = leaking(mb_per_s, replicas, limit_mb), (limit_mb - HEAP_MB) / mb_per_s
    world.run(2.0 * due_s, every=2.0 * due_s / 200.0)
    assert world.get("api", at.RESTARTS) >= 1.0
    world = leaking(mb_per_s, replicas, limit_mb)
    world.until(lambda: world.get("api", at.RESTARTS) > 0.0, at_most=2.0 * due_s, every=due_s / 100.0)
    earliest = due_s / (1.0 + (UNEVEN if replicas > 1 else 0.0))
    assert world.get("api", at.OOM_AT) == pytest.approx(earliest, rel=0.04)


def test_the_kill_is_one_of_the_kernel_and_says_137():
    world = leaking(2.0)
    world.run(300.0)
    shown = world.detail("api")
    assert shown.last_termination is not None
    assert (shown.last_termination.reason, shown.last_termination.exit_code) == ("OOMKilled", 137)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.floats(0.3, 0.99), min_size=2, max_size=12, unique=True))
def test_garbage_collection_takes_more_the_nearer_the_limit(steps):
    def look(used: float) -> tuple[float, float, float]:
        world = tiny_world([part(heap_mb=used * LIMIT_MB)], rate=10.0)
        world.run(100.0)
        return world.get("api", at.MEM_MB), world.get("api", at.GC_SHARE), world.get("api", at.CAPACITY)

    seen = [look(used) for used in sorted(steps)]
    assert all(a <= b for (_, a, _), (_, b, _) in pairwise(seen))
    for memory, share, capacity in seen:
        assert (share == 0.0) == (memory <= 0.85 * LIMIT_MB)
        assert capacity == pytest.approx(100.0 * (1.0 - share), rel=1e-6)


def collected(live_mb: float, limit_mb: float, work_mb: float = 1e5, cost_per_mb: float = 1.0) -> float:
    """The cost of collections while `work_mb` are allocated, counted one by one: each when the heap is full, each in
    proportion to what lives."""
    used, cost, left = live_mb, 0.0, work_mb
    while left > 0.0:
        left -= limit_mb - used
        used, cost = live_mb, cost + cost_per_mb * live_mb
    return cost


def test_the_cost_of_collection_rises_as_that_of_a_heap_that_is_collected_step_by_step():
    """CPU for collecting relative to CPU for working, beyond what it is at 85 %."""

    base, walked, seen = collected(0.85 * LIMIT_MB, LIMIT_MB), [], []
    for used in (0.9, 0.95, 0.98):
        world = tiny_world([part(heap_mb=used * LIMIT_MB)], rate=1.0)
        world.run(100.0)
        share = world.get("api", at.GC_SHARE)
        seen.append(share / (1.0 - share))
        walked.append(collected(world.get("api", at.MEM_MB), LIMIT_MB) - base)
    scale = walked[0] / seen[0]
    assert [scale * each for each in seen] == pytest.approx(walked, rel=0.02)


def test_before_it_is_killed_a_leaking_service_slows_down():
    world = tiny_world([part(replicas=3, work_ms=20.0)], rate=90.0)
    world.release("api", {at.LEAK_MB_PER_S: 1.0})
    healthy = world.p99_ms("api")
    world.until(lambda: world.get("api", at.RESTARTS) > 0.0, at_most=400.0, every=5.0)
    assert world.p99_ms("api") > 2.0 * healthy


def test_the_back_off_is_that_of_kubernetes():
    """At once, then after 10, 20, 40 ... 300 s; a container is ready `START_S` after it was started."""
    world = tiny_world([part()], rate=10.0)
    world.set("api", {at.HEAP_NEED_MB: 2000.0, at.HEAP_START_MB: 600.0, at.SETTLED_PODS: -1.0})
    waits = [ready - killed - START_S for killed, ready in kills(world, 3000.0, every=5.0)]
    assert waits[:10] == pytest.approx([0, 10, 20, 40, 80, 160, 300, 300, 300, 300])
    assert waits[10:]


def test_crashes_are_forgotten_after_ten_minutes_of_running():
    """A leak that takes longer than that to kill is restarted at once every time; a faster one later and later."""
    slow = [ready - killed - START_S for killed, ready in kills(leaking(0.3), 4000.0, every=10.0)]
    fast = [ready - killed - START_S for killed, ready in kills(leaking(1.0), 2000.0, every=10.0)]
    assert len(slow) >= 3
    assert slow == pytest.approx([0.0] * len(slow))
    assert fast[:4] == pytest.approx([0.0, 10.0, 20.0, 40.0])


def test_a_restarted_container_is_cold_and_warms_up():
    world = leaking(2.0)
    world.until(lambda: world.get("api", at.RESTARTS) > 0.0, at_most=400.0, every=1.0)
    world.until(lambda: world.get("api", at.READY) >= 1.0, at_most=100.0, every=1.0)
    world.release("api", {at.LEAK_MB_PER_S: 0.0})
    cold = world.get("api", at.MEM_MB)
    warming = [memory for _, memory in world.watch(400.0, lambda: world.get("api", at.MEM_MB))]
    assert cold < 0.7 * HEAP_MB
    assert warming == sorted(warming)
    assert warming[-1] == pytest.approx(HEAP_MB, rel=0.01)


def test_a_restarted_services_cache_is_cold():
    parts = [part(hit_ratio=0.9, cpu_cores=4.0), database()]
    world = tiny_world(parts, [Call("api", "db", 1.0, is_cached=True)], rate=50.0)
    changes.restart(world.services, world.all_pods, 0, world.now_s)
    assert world.get("api", at.HIT) == 0.0
    world.run(1.0, every=1.0)
    assert world.get("db", at.OFFERED) == pytest.approx(500.0, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(replicas=st.integers(2, 8))
def test_pods_leak_unevenly_around_the_average(replicas):
    world = leaking(0.5, replicas)
    world.run(100.0)
    leaked = world.pods("api")[:replicas, at.LEAKED_MB]
    assert statistics.fmean(leaked) == pytest.approx(50.0)
    assert (min(leaked), max(leaked)) == pytest.approx((40.0, 60.0))


def test_live_data_over_the_limit_is_killed_again_and_again_and_a_higher_limit_ends_it():
    world = chain(part("web"), part("api", memory_mb=512.0), rate=10.0)
    world.set("api", {at.HEAP_NEED_MB: 600.0, at.SETTLED_PODS: -1.0})
    world.pods("api")[:, at.STARTED_AT] = world.now_s
    world.run(1500.0)
    assert world.get("api", at.RESTARTS) >= 4.0
    world.set("api", {at.MEM_LIMIT_MB: 1024.0})
    changes.restart(world.services, world.all_pods, 1, world.now_s)
    world.run(100.0)
    before = world.get("api", at.RESTARTS)
    world.run(1500.0)
    assert world.get("api", at.RESTARTS) == before
    assert world.get("web", at.FAIL) < 0.001
