"""The life of pods against Kubernetes' documented figures: kills, back-off, quota, autoscaling."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simcore.world.pods import crash_delay

from simcore.world import layout as at
from tests.support.tiny_world import run, service_row, tiny_world


def leaking(mb_per_s: float, limit_mb: float = 1024.0):
    """One pod at nominal load that leaks."""
    state = tiny_world(rate=1.0)
    service_row(state, 0, work_ms=10.0, cores=1.0)
    state.services[0, [at.MEM_LIMIT_MB, at.OFFERED]] = limit_mb, 1.0
    state.pods[0, :, at.LIMIT_MB] = limit_mb
    state.releases[0, 0, at.LEAK_MB_PER_S] = mb_per_s
    return state


@settings(max_examples=25, deadline=None)
@given(mb_per_s=st.floats(0.5, 10), limit_mb=st.floats(400, 2000))
def test_a_leak_reaches_the_limit_when_it_must(mb_per_s, limit_mb):
    """Pod 0 leaks at 0.8 of the average and holds 0.96 of the live heap: the documented imbalance."""
    state = leaking(mb_per_s, limit_mb)
    due_seconds = (limit_mb - 100.0 * 0.96) / (0.8 * mb_per_s)
    elapsed = 0.0
    while state.services[0, at.RESTARTS] == 0 and elapsed < 2 * due_seconds + 20:
        run(state, 10.0)
        elapsed += 10.0
    assert elapsed - 10.0 - 1e-6 <= due_seconds <= elapsed + 1e-6
    assert state.services[0, at.OOM_AT] == pytest.approx(due_seconds, abs=0.2)


def test_the_back_off_is_that_of_kubernetes():
    assert [crash_delay(crashes) for crashes in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]


def test_crashes_are_forgotten_after_ten_minutes_of_running():
    state = leaking(1.0)
    for _ in range(400):
        run(state, 10.0)
    assert state.services[0, at.RESTARTS] >= 2
    assert state.pods[0, 0, at.CRASHES] == 1.0


def test_a_pod_that_the_quota_refuses_is_tried_later_and_later():
    state = tiny_world(rate=1.0, quota_mb=512.0)
    service_row(state, 0, work_ms=10.0, cores=1.0)
    state.services[0, [at.PODS, at.READY]] = 0.0
    tries = []
    for _ in range(2000):
        run(state, 5.0)
        refused = state.services[0, at.REFUSED_AT]
        if refused > -at.NEVER / 2 and (not tries or refused != tries[-1]):
            tries.append(float(refused))
    gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert gaps == pytest.approx([10, 20, 40, 80, 160, 320, 640, *[1000] * (len(gaps) - 7)], abs=5.0)


def test_pods_come_back_once_the_quota_has_room():
    state = tiny_world(rate=1.0, quota_mb=512.0)
    service_row(state, 0, work_ms=10.0, cores=1.0, replicas=1)
    state.services[0, [at.PODS, at.READY]] = 0.0
    run(state, 20.0)
    assert state.services[0, at.PODS] == 0
    state.clock[at.QUOTA_MB] = 2048.0
    for _ in range(10):
        run(state, 10.0)
    assert (state.services[0, at.PODS], state.services[0, at.UP]) == (1, 1)


def autoscaled(memory_share: float):
    state = tiny_world(rate=1.0)
    service_row(state, 0, work_ms=10.0, cores=1.0, replicas=4)
    row = state.services[0]
    row[[at.HPA_MIN, at.HPA_MAX, at.HPA_TARGET]] = 1, 12, 0.5
    row[at.HEAP_NEED_MB] = row[at.HEAP_START_MB] = memory_share * 1024.0
    return state


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 4), (0.54, 4), (0.46, 4), (0.6, 5), (0.8, 7)])
def test_the_autoscaler_tolerates_ten_per_cent_and_then_follows_the_ratio(share, wanted):
    state = autoscaled(share)
    run(state, 10.0)
    run(state, 5.0)
    assert state.services[0, at.DESIRED] == wanted


def test_the_autoscaler_scales_down_only_after_five_minutes():
    state = autoscaled(0.25)
    elapsed = 0.0
    while state.services[0, at.DESIRED] == 4 and elapsed < 1000:
        run(state, 10.0)
        elapsed += 10.0
    assert 300.0 <= elapsed <= 330.0
    assert state.services[0, at.DESIRED] == 2


@settings(max_examples=20, deadline=None)
@given(rate=st.floats(20, 300), hold_ms=st.floats(5, 50))
def test_a_pool_needs_arrival_rate_times_hold_time(rate, hold_ms):
    """Little's law for connections: just under the need requests queue, well over it they do not."""
    need = rate * (hold_ms + 1.0) / 1000.0
    for connections, queues in ((0.8 * need, True), (1.3 * need, False)):
        state = tiny_world(rate=rate)
        service_row(state, 0, work_ms=1.0, cores=100.0)
        state.services[0, [at.POOL_MAX, at.POOL_HOLD_MS]] = connections, hold_ms
        for _ in range(20):
            run(state, 10.0)
        assert (state.services[0, at.BACKLOG] > 1.0) == queues
