"""It does not matter how time is cut: a hundred seconds at once, second by second, or in random pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from tests.support.patient_chain import CAUSES, NAMES, patient_chain
from tests.support.tiny_world import TinyWorld, chain, database, part, tiny_world


def cuts() -> st.SearchStrategy[list[float]]:
    """A hundred seconds in random pieces of one second or more."""
    return st.lists(st.floats(1.0, 40.0), min_size=1, max_size=20).map(
        lambda pieces: [100.0 * p / sum(pieces) for p in pieces]
    )


def advanced(world: TinyWorld, pieces: list[float], times: int = 1) -> TinyWorld:
    twin = world.fork()
    for piece in pieces * times:
        twin.advance(piece)
    return twin


def accumulating() -> TinyWorld:
    """What piles up and feeds back on nothing: memory, connections, log, clock, broken connections, replication."""
    world = chain(part("s0", cpu_cores=4.0), part("s1", cpu_cores=4.0), database(replica_cores=8.0), rate=10.0)
    world.release("s1", {at.LEAK_MB_PER_S: 0.5, at.CONN_LEAK_PER_S: 0.1})
    world.set("s1", {at.DISK_MB_PER_S: 3.0, at.CLOCK_DRIFT: 0.2})
    world.set("s0", {at.RESOLVER: 1.0})
    world.set("db", {at.APPLY_SPEED: 0.5, at.DISK_MB_PER_S: 10.0})
    return world


PILED = [("s1", at.DISK_USED_MB), ("s1", at.CLOCK_OFFSET_S), ("s0", at.DNS_BROKEN), ("db", at.REPLICA_LAG_S),
         ("db", at.DISK_USED_MB)]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(pieces=cuts())
def test_what_piles_up_is_the_same_however_time_is_cut(pieces):
    """To rounding: these have closed forms."""
    world = accumulating()
    ways = [advanced(world, way) for way in ([100.0], [10.0] * 10, [1.0] * 100, pieces)]
    for name, column in PILED:
        assert [way.get(name, column) for way in ways] == pytest.approx([ways[0].get(name, column)] * 4, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(pieces=cuts())
def test_leaks_that_follow_the_load_are_the_same_however_time_is_cut(pieces):
    """Where the load stands still; a load that changes is seen a sub-step later."""
    world = accumulating()
    world.set("s0", {at.RESOLVER: 0.0})
    ways = [advanced(world, way) for way in ([100.0], [10.0] * 10, [1.0] * 100, pieces)]
    for column in (at.MEM_MB, at.LEAKED_CONN):
        assert [way.get("s1", column) for way in ways] == pytest.approx([ways[0].get("s1", column)] * 4, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(pieces=cuts(), causes=CAUSES, name=st.sampled_from(NAMES), load=st.floats(5.0, 60.0))
def test_where_the_world_settles_does_not_depend_on_how_time_is_cut(pieces, causes, name, load):
    """To one per cent after 800 s: on the way there what callers and callees see of one another is a sub-step old."""
    world = patient_chain()
    world.load(load)
    world.set(name, causes)
    ways = [advanced(world, way, 8) for way in ([100.0], [10.0] * 10, [2.0] * 50, pieces)]
    for each in NAMES:
        for column in (at.FAIL, at.OFFERED, at.CPU_PERCENT, at.BACKLOG):
            seen = [way.get(each, column) for way in ways]
            assert seen == pytest.approx([seen[1]] * 4, rel=0.01, abs=0.01), (each, column)


@settings(max_examples=40, deadline=None)
@given(rate=st.floats(21.0, 80.0), pieces=cuts())
def test_a_queue_grows_the_same_however_time_is_cut(rate, pieces):
    world = tiny_world([part("s0", work_ms=100.0, cpu_cores=2.0)], rate=5.0)
    world.be_patient()
    world.load(rate)
    lengths = [advanced(world, way).get("s0", at.BACKLOG) for way in ([100.0], [10.0] * 10, [1.0] * 100, pieces)]
    assert lengths == pytest.approx([(rate - 20.0) * 100.0] * 4, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(pieces=cuts(), failing=st.floats(0.05, 1.0))
def test_user_minutes_are_the_same_however_time_is_cut(pieces, failing):
    world = patient_chain()
    world.set("s0", {at.EXTRA_ERRORS: failing})
    ways = [advanced(world, way) for way in ([100.0], [10.0] * 10, [1.0] * 100, pieces)]
    expected = 20.0 * 100.0 * failing / 6.0
    assert [way.clock[at.USER_MINUTES] for way in ways] == pytest.approx([expected] * 4, rel=0.01)


def test_a_fork_goes_on_as_the_world_it_was_made_from() -> None:
    world = accumulating()
    world.advance(40.0)
    twin = world.fork()
    world.advance(60.0)
    twin.advance(60.0)
    assert twin.buffer.tobytes() == world.buffer.tobytes()
