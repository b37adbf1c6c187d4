"""Law 7, ways and limits: names, certificates, disks, canaries, buckets, against event simulations and arithmetic."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import changes
from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, chain, database, part, tiny_world
from tests.support.walked_requests import Station, walk

NAME_LIFE_S, TLS_LIFE_S, LOGIN_LIFE_S = 40.0, 60.0, 90.0  # how long connections live on average


def pair() -> TinyWorld:
    return chain(part("web", cpu_cores=4.0), part("api", cpu_cores=4.0), rate=10.0)


def with_database() -> TinyWorld:
    return chain(part("api", cpu_cores=4.0), database(), rate=10.0)


def failing_over_time(life_s: float, begin_s: float, end_s: float, connections: int = 4000) -> list[float]:
    """Connections that live for an exponential time, each replaced as it ends: by one that works until `begin_s`, and
    by none from then on. The share that is gone after every ten seconds."""
    rng, ends = random.Random(2), []
    for _ in range(connections):
        now = 0.0
        while now < begin_s:
            now += rng.expovariate(1.0 / life_s)
        ends.append(now)
    return [sum(end <= now for end in ends) / connections for now in range(10, int(end_s) + 1, 10)]


CONNECTIONS = {
    "names": (pair, "web", at.RESOLVER, NAME_LIFE_S),
    "certificates": (pair, "api", at.CERT_EXPIRES_S, TLS_LIFE_S),
    "logins": (with_database, "api", at.SECRET_ROTATED_S, LOGIN_LIFE_S),
}


@pytest.mark.parametrize("what", CONNECTIONS)
def test_what_is_broken_fails_new_connections_and_spares_old_ones(what):
    """A share of requests fails that grows as old connections end, as in a simulation of single connections."""
    make, broken, column, life_s = CONNECTIONS[what]
    world, entry = make(), "web" if what != "logins" else "api"
    world.run(100.0)
    world.set(broken, {column: 1.0 if column == at.RESOLVER else world.now_s})
    seen = [failing for _, failing in world.watch(300.0, lambda: world.get(entry, at.FAIL))]
    assert seen == pytest.approx(failing_over_time(life_s, 100.0, 400.0)[10:], abs=0.03)


@settings(max_examples=30, deadline=None)
@given(expires_s=st.floats(20.0, 300.0))
def test_a_certificate_fails_nobody_before_its_time(expires_s):
    world = pair()
    world.set("api", {at.CERT_EXPIRES_S: expires_s})
    for now, failing in world.watch(400.0, lambda: world.get("web", at.FAIL), every=5.0):
        if now <= expires_s:
            assert failing == 0.0
        elif now > expires_s + 10.0:
            assert failing > 0.05


def test_a_restart_renews_a_certificate_unless_renewal_is_off():
    for off, heals in ((0.0, True), (1.0, False)):
        world = pair()
        world.set("api", {at.CERT_EXPIRES_S: 0.0, at.RENEWAL_OFF: off})
        world.run(200.0)
        changes.restart(world.services, world.all_pods, world.topology.index["api"], world.now_s)
        world.run(100.0)
        assert (world.get("web", at.FAIL) < 0.01) == heals


@settings(max_examples=40, deadline=None)
@given(log=st.floats(0.1, 20.0), used=st.floats(0.0, 0.9))
def test_a_disk_is_full_after_what_is_free_over_the_rate(log, used):
    world = tiny_world([part()], rate=10.0)
    world.set("api", {at.DISK_MB_PER_S: log, at.DISK_USED_MB: used * 4000.0})
    due_s = (1.0 - used) * 4000.0 / log
    took = world.until(lambda: world.get("api", at.FAIL) > 0.0, at_most=2.0 * due_s, every=due_s / 100.0)
    assert took == pytest.approx(due_s, rel=0.02)
    world.run(50.0)
    assert world.get("api", at.FAIL) == pytest.approx(world.get("api", at.WRITE_SHARE))


@settings(max_examples=20, deadline=None)
@given(wal=st.floats(1.0, 50.0), log=st.floats(1.0, 10.0))
def test_write_ahead_log_and_logs_of_a_release_fill_a_disk_together(wal, log):
    world = with_database()
    world.set("db", {at.DISK_MB_PER_S: wal})
    world.release("db", {at.LOG_MB_PER_S: log})
    begin = world.get("db", at.DISK_USED_MB)
    world.run(60.0)
    assert world.get("db", at.DISK_USED_MB) - begin == pytest.approx(60.0 * (wal + log))


@settings(max_examples=40, deadline=None)
@given(weight=st.floats(0.0, 1.0), failing=st.floats(0.0, 1.0), work=st.floats(1.0, 4.0))
def test_a_canary_gets_traffic_by_its_weight(weight, failing, work):
    """Failures, and CPU, are those of two services that are asked in that proportion."""
    world = tiny_world([part(cpu_cores=8.0)], rate=10.0)
    world.release("api", {at.ERROR_SHARE: failing, at.WORK_FACTOR: work})
    world.set("api", {at.RELEASE: 0.0, at.CANARY_WEIGHT: weight})
    world.run(100.0)
    assert world.get("api", at.FAIL) == pytest.approx(weight * failing, abs=1e-9)
    used = 10.0 * 0.010 * (weight * work + (1.0 - weight)) / 8.0
    assert world.get("api", at.CPU_PERCENT) == pytest.approx(100.0 * used)


def walked_bucket(limit: float, burst: float, rate: float, seconds: float) -> list[float]:
    """The share of Poisson arrivals that get no token, second by second; a full bucket at first."""
    rng, tokens, last, now, asked, turned = random.Random(4), burst, 0.0, 0.0, [0] * int(seconds), [0] * int(seconds)
    while (now := now + rng.expovariate(rate)) < seconds:
        tokens, last = min(burst, tokens + limit * (now - last)), now
        asked[int(now)] += 1
        if tokens >= 1.0:
            tokens -= 1.0
        else:
            turned[int(now)] += 1
    return [t / max(a, 1) for t, a in zip(turned, asked, strict=True)]


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("load", [0.8, 1.5, 3.0])
def test_a_bucket_turns_away_what_a_walked_bucket_turns_away(replicas, load):
    """At first its burst of two seconds is used up; then what is over the refill of all replicas gets a 429."""
    limit = 60.0 * replicas
    world = tiny_world([part(replicas=replicas, rate_limit_rps=60.0, cpu_cores=8.0)], rate=0.5 * limit)
    world.load(load * limit)
    seen = [share for _, share in world.watch(60.0, lambda: world.get("api", at.LIMITED), every=1.0)]
    walked = walked_bucket(limit, 2.0 * limit, load * limit, 60.0)
    assert sum(seen) / 60.0 == pytest.approx(sum(walked) / 60.0, abs=0.02)
    assert sum(seen[20:]) / 40.0 == pytest.approx(max(1.0 - 1.0 / load, 0.0), abs=0.001)
    assert world.get("api", at.FAIL) == pytest.approx(world.get("api", at.LIMITED))


@settings(max_examples=20, deadline=None)
@given(replicas=st.integers(2, 8), over=st.floats(0.5, 1.0) | st.floats(1.1, 8.0))
def test_replicas_spread_a_budget(replicas, over):
    """Once the burst is used up, which takes longest where load is hardly over the budget."""
    world = tiny_world([part(replicas=replicas, rate_limit_rps=60.0, cpu_cores=8.0)], rate=30.0)
    world.load(over * 60.0 * replicas)
    world.run(100.0)
    assert world.get("api", at.LIMITED) == pytest.approx(max(1.0 - 1.0 / over, 0.0), abs=1e-6)


def test_what_is_turned_away_costs_those_behind_nothing():
    world = chain(part("web", cpu_cores=4.0, rate_limit_rps=20.0), part("api"), rate=10.0)
    world.load(100.0)
    world.run(100.0)
    assert world.get("api", at.OFFERED) == pytest.approx(20.0)
    assert world.get("web", at.FAIL) == pytest.approx(0.8)


def test_a_third_party_fails_and_slows_the_share_that_asks_it_as_in_walked_requests():
    parts = [part(outside="api.example", outside_share=0.5, cpu_cores=16.0)]
    world = tiny_world(parts, rate=10.0)
    world.set("api", {at.EXTERNAL_FAIL: 0.6, at.EXTERNAL_MS: 100.0})
    world.run(100.0)
    stations = {"api": Station(16, 10.0, [("outside", 0.5)]), "outside": Station(99, 100.0, failing=0.6)}
    walked = walk(stations, 10.0, 20_000)
    assert world.get("api", at.FAIL) == pytest.approx(walked.failed / walked.requests, abs=0.015)
    mean = sum(walked.latencies["api"]) / walked.requests
    assert world.get("api", at.MEAN_MS) == pytest.approx(mean, rel=0.05)


def test_a_broken_resolver_breaks_what_its_service_calls_and_not_what_calls_it():
    parts = [part("web", cpu_cores=4.0), part("a"), part("b"), part("c")]
    calls = [Call("web", "a", 1.0), Call("web", "c", 1.0), Call("a", "b", 1.0)]
    world = tiny_world(parts, calls, rate=10.0)
    world.set("a", {at.RESOLVER: 1.0})
    world.run(400.0)
    assert world.get("a", at.FAIL) == pytest.approx(1.0, abs=0.01)
    assert (world.get("b", at.FAIL), world.get("c", at.FAIL)) == (0.0, 0.0)
