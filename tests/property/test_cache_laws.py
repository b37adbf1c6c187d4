"""Law 7, caches: hit rate, cold refill and stampedes, against a cache that is filled key by key."""

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call
from tests.support.tiny_world import TinyWorld, database, part, tiny_world


def cached(hit_ratio: float = 0.9, rate: float = 50.0, **of_database: float) -> TinyWorld:
    """A service that asks its database once for every request that its cache does not answer."""
    parts = [part(hit_ratio=hit_ratio, cpu_cores=16.0, work_ms=1.0), database(**of_database)]
    world = tiny_world(parts, [Call("api", "db", 1.0 - hit_ratio, is_cached=True)], rate=rate)
    world.run(100.0)
    return world


@dataclass
class WalkedCache:
    """Keys that are asked for at random and expire `ttl_s` (with jitter: on average) after they were filled, which
    takes `fill_s`; whoever asks for one meanwhile waits for the same query."""

    keys: int
    rate: float
    ttl_s: float
    fill_s: float = 0.0
    jitter: bool = False

    def run(self, seconds: float, seed: int = 6) -> list[tuple[float, bool, bool]]:
        """(when, whether the cache answered, whether the database was asked) for every lookup, cold at first."""
        rng, now, seen = random.Random(seed), 0.0, []
        filled, expires = [0.0] * self.keys, [0.0] * self.keys
        while (now := now + rng.expovariate(self.rate)) < seconds:
            key = rng.randrange(self.keys)
            asks = now >= expires[key]
            hit = not asks and now >= filled[key]
            if asks:
                filled[key] = now + self.fill_s
                expires[key] = filled[key] + (rng.expovariate(1.0 / self.ttl_s) if self.jitter else self.ttl_s)
            seen.append((now, hit, asks))
        return seen


def share(lookups: list[tuple[float, bool, bool]], begin: float, end: float) -> float:
    found = [hit for now, hit, _ in lookups if begin <= now < end]
    return sum(found) / len(found)


@pytest.mark.parametrize("hit_ratio", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("ttl_factor", [0.25, 1.0, 3.0])
def test_the_hit_rate_is_that_of_a_cache_that_is_filled_key_by_key(hit_ratio, ttl_factor):
    world = cached(hit_ratio)
    ttl_s = ttl_factor * world.get("api", at.CACHE_TTL_S)
    world.set("api", {at.CACHE_TTL_S: ttl_s})
    world.run(600.0)
    walked = WalkedCache(int(world.get("api", at.CACHE_KEYS)), 50.0, ttl_s).run(20.0 * ttl_s + 600.0)
    assert world.get("api", at.HIT) == pytest.approx(share(walked, 5.0 * ttl_s, 1e9), abs=0.01)
    asked = sum(asks for now, _, asks in walked if now > 5.0 * ttl_s) / (15.0 * ttl_s + 600.0)
    assert world.get("db", at.OFFERED) == pytest.approx(asked, rel=0.05)


def test_a_cold_cache_refills_as_one_that_is_filled_key_by_key():
    """Whose entries expire with jitter; without it all of them would expire together once more."""
    world = cached()
    keys, ttl_s = int(world.get("api", at.CACHE_KEYS)), world.get("api", at.CACHE_TTL_S)
    runs = [WalkedCache(keys, 50.0, ttl_s, jitter=True).run(30.0, seed) for seed in range(40)]
    lookups = [lookup for run in runs for lookup in run]
    world.set("api", {at.HIT: 0.0})
    began = world.now_s
    seen = [(now - began, hit) for now, hit in world.watch(30.0, lambda: world.get("api", at.HIT), every=0.25)]
    for (begin, before), (end, after) in pairwise([(0.0, 0.0), *seen]):
        assert (before + after) / 2.0 == pytest.approx(share(lookups, begin, end), abs=0.05)
    assert seen[-1][1] == pytest.approx(0.9, abs=0.01)


def test_a_cold_cache_sends_every_lookup_to_the_database():
    world = cached()
    world.set("api", {at.HIT: 0.0})
    world.run(0.1, every=0.1)
    assert world.get("db", at.OFFERED) == pytest.approx(50.0)


@settings(max_examples=30, deadline=None)
@given(herd=st.floats(1.0, 10.0))
def test_in_a_stampede_every_miss_asks_as_often_as_its_herd(herd):
    world = cached()
    calm = world.get("db", at.OFFERED)
    world.set("api", {at.HERD: herd})
    world.run(100.0)
    assert world.get("db", at.OFFERED) == pytest.approx(herd * calm, rel=0.02)


def test_a_stampede_overloads_the_database_until_requests_for_one_key_share_a_query():
    world = cached(0.95, 100.0, cpu_cores=0.5, work_ms=20.0)
    assert world.get("api", at.FAIL) < 0.001
    world.set("api", {at.HERD: 12.0})
    world.run(300.0)
    assert world.get("api", at.FAIL) > 0.05
    assert world.get("db", at.CPU_PERCENT) == pytest.approx(100.0)
    world.set("api", {at.COALESCE: 1.0})
    world.run(300.0)
    assert world.get("api", at.FAIL) < 0.001


@pytest.mark.parametrize("work_ms", [10.0, 30.0])
def test_queries_that_are_shared_are_as_many_as_key_by_key(work_ms):
    """Of a database that answers well within the time between two lookups of a key."""
    world = cached(0.8, 50.0, work_ms=work_ms, cpu_cores=100.0)
    world.set("api", {at.COALESCE: 1.0})
    world.run(300.0)
    keys, ttl_s = int(world.get("api", at.CACHE_KEYS)), world.get("api", at.CACHE_TTL_S)
    walked = WalkedCache(keys, 50.0, ttl_s, world.get("db", at.MEAN_MS) / 1000.0).run(2000.0)
    asked = sum(asks for now, _, asks in walked if now > 100.0) / 1900.0
    assert world.get("db", at.OFFERED) == pytest.approx(asked, rel=0.05)


def test_a_database_that_fails_fills_no_cache():
    world = cached()
    world.set("db", {at.EXTRA_ERRORS: 1.0})
    world.set("api", {at.HIT: 0.5})
    world.run(200.0)
    assert world.get("api", at.HIT) < 0.01
    world.set("db", {at.EXTRA_ERRORS: 0.0})
    world.run(100.0)
    assert world.get("api", at.HIT) == pytest.approx(0.9, abs=0.01)
