"""Law 2: what callers get of those they call, against requests that are walked through one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, chain, part, tiny_world
from tests.support.walked_requests import Station, walk

ROOMY = 16.0  # cores: nothing waits


@st.composite
def trees(draw: st.DrawFn) -> TinyWorld:
    """A random tree of services, in which some fail and some are slow."""
    count = draw(st.integers(2, 7))
    parts = [part(f"s{n}", work_ms=draw(st.floats(1.0, 80.0)), cpu_cores=ROOMY) for n in range(count)]
    callers = [draw(st.integers(0, n - 1)) for n in range(1, count)]
    calls = [Call(f"s{caller}", f"s{n}", draw(st.sampled_from([1.0, 2.0]))) for n, caller in enumerate(callers, 1)]
    world = tiny_world(parts, calls, rate=draw(st.floats(1.0, 20.0)))
    for each in parts:
        world.set(each.name, {at.EXTRA_ERRORS: draw(st.floats(0.0, 0.5)), at.NET_DELAY_MS: draw(st.floats(0.0, 100.0))})
    world.run(100.0)
    return world


@settings(max_examples=100, deadline=None)
@given(world=trees())
def test_a_parents_errors_and_latency_contain_its_childrens(world):
    for call in world.topology.calls:
        assert world.get(call.caller, at.FAIL) >= world.get(call.callee, at.FAIL) - 1e-12
        assert world.get(call.caller, at.MEAN_MS) >= world.get(call.callee, at.MEAN_MS)
        assert world.p99_ms(call.caller) >= world.p99_ms(call.callee)


@settings(max_examples=100, deadline=None)
@given(world=trees())
def test_a_call_that_is_made_brings_its_load(world):
    """Every service is asked by its callers, as often as they ask, whatever fails."""
    for call in world.topology.calls:
        expected = world.get(call.caller, at.OFFERED) * call.rate
        assert world.get(call.callee, at.OFFERED) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("failing", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("rate", [0.5, 1.0, 1.5, 3.0])
def test_a_request_fails_as_often_as_one_that_is_walked_through(failing, rate):
    world = chain(part("web", cpu_cores=ROOMY), part("api", cpu_cores=ROOMY), rate=10.0, per_request=rate)
    world.set("api", {at.EXTRA_ERRORS: failing})
    world.run(100.0)
    stations = {"web": Station(16, 10.0, [("api", rate)]), "api": Station(16, 10.0, failing=failing)}
    walked = walk(stations, 10.0, 20_000)
    assert world.get("web", at.FAIL) == pytest.approx(walked.failed / walked.requests, abs=0.015)


def test_failures_of_several_callees_add_up_as_in_walked_requests():
    parts = [part(name, cpu_cores=ROOMY) for name in ("web", "a", "b", "c")]
    world = tiny_world(parts, [Call("web", "a", 1.0), Call("web", "b", 0.5), Call("b", "c", 2.0)], rate=10.0)
    shares = {"web": 0.05, "a": 0.1, "b": 0.2, "c": 0.3}
    for name, share in shares.items():
        world.set(name, {at.EXTRA_ERRORS: share})
    world.run(100.0)
    calls = {"web": [("a", 1.0), ("b", 0.5)], "b": [("c", 2.0)]}
    walked = walk({n: Station(16, 10.0, calls.get(n, ()), s) for n, s in shares.items()}, 10.0, 40_000)
    assert world.get("web", at.FAIL) == pytest.approx(walked.failed / walked.requests, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(timeout_ms=st.floats(50.0, 500.0), work_ms=st.floats(10.0, 1000.0))
def test_no_caller_waits_longer_than_its_timeout(timeout_ms, work_ms):
    world = chain(part("web", cpu_cores=ROOMY, work_ms=1.0), part("api", cpu_cores=ROOMY, work_ms=work_ms), rate=1.0)
    world.set("web", {at.CLIENT_TIMEOUT_MS: timeout_ms})
    world.run(100.0)
    assert world.get("web", at.MEAN_MS) <= timeout_ms + 1.0 + 1e-9


@pytest.mark.parametrize("work_ms", [20.0, 60.0, 150.0])
def test_a_callers_timeout_fails_the_share_of_calls_that_take_longer(work_ms):
    """The world knows mean and variance, and takes the tail of a lognormal; work is exponential here."""
    world = chain(part("web", cpu_cores=ROOMY, work_ms=1.0), part("api", cpu_cores=ROOMY, work_ms=work_ms), rate=1.0)
    world.set("web", {at.CLIENT_TIMEOUT_MS: 200.0})
    world.run(100.0)
    walked = walk({"api": Station(16, work_ms)}, 1.0, 20_000)
    late = sum(latency > 200.0 for latency in walked.latencies["api"]) / len(walked.latencies["api"])
    assert world.get("web", at.FAIL) == pytest.approx(late, abs=0.05)
