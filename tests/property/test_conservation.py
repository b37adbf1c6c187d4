"""No request is lost or made, and it does not matter how time is cut."""


import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call, Part
from tests.support.tiny_world import ENDLESS, TinyWorld, chain, database, part, tiny_world

NAMES, STEP_S, PHASE_S = ("s0", "s1", "s2", "s3"), 0.1, 60.0

CAUSES = st.one_of(
    st.fixed_dictionaries({at.WORK_MS: st.floats(20.0, 400.0)}),
    st.fixed_dictionaries({at.CPU_CORES: st.floats(0.2, 1.0)}),
    st.fixed_dictionaries({at.QUEUE_LIMIT: st.floats(1.0, 2000.0)}),
    st.fixed_dictionaries({at.RATE_LIMIT_RPS: st.floats(1.0, 60.0)}),
    st.fixed_dictionaries({at.WORKERS: st.floats(1.0, 50.0)}),
    st.fixed_dictionaries({at.DESIRED: st.integers(0, 4).map(float)}),
    st.fixed_dictionaries({at.NET_DELAY_MS: st.floats(0.0, 2000.0)}),
    st.fixed_dictionaries({at.HOGGED: st.floats(0.0, 0.9)}),
)
PHASES = st.lists(
    st.tuples(st.floats(0.0, 80.0), st.sampled_from(NAMES), CAUSES, st.floats(0.0, 0.5)), min_size=1, max_size=4
)


def patient_chain(*, consumer: str = "") -> TinyWorld:
    """Every service asks the next one once for every request that it serves: so what one serves is what the next is
    asked. Nobody gives up, and nobody is killed: requests fail at the door, at a full queue, or nowhere."""
    roles = ["consumer" if name == consumer else "service" for name in NAMES]
    parts = [Part(n, "go", role, work_ms=20.0, memory_mb=4096.0) for n, role in zip(NAMES, roles, strict=True)]
    calls = [Call(a, b, 1.0, is_async=b == consumer) for a, b in zip(NAMES, NAMES[1:], strict=False)]
    world = tiny_world(parts, calls, rate=20.0)
    world.clock[[at.QUOTA_MB, at.NODES_MB]] = ENDLESS
    world.be_patient()
    for name in NAMES:
        world.set(name, {at.QUEUE_LIMIT: 60.0})
    return world


class Books:
    """What came to each service, what it turned away, and what the next one was asked."""

    def __init__(self, world: TinyWorld) -> None:
        self.rows, self.fastest = world.services, 0.0
        self.came, self.failed = np.zeros(len(NAMES)), np.zeros(len(NAMES))
        self.queued = self._queues()
        self.failing = np.where(self.rows[:, at.IS_CONSUMER] > 0.0, at.LAG_REFUSED, at.OWN_FAIL)

    def _queues(self) -> np.ndarray:
        return self.rows[:, at.BACKLOG] + self.rows[:, at.LAG]

    def note(self) -> None:
        came = self.rows[:, at.OFFERED] * STEP_S
        self.came += came
        self.failed += came * self.rows[range(len(NAMES)), self.failing]
        self.fastest = max(self.fastest, self.rows[:, at.CAPACITY].max())

    @property
    def lost(self) -> np.ndarray:
        """At all services but the last, of what came: not turned away, not queued now, not passed on."""
        return (self.came - self.failed - (self._queues() - self.queued))[:-1] - self.came[1:]


def play(world: TinyWorld, phases: list[tuple[float, str, dict[int, float], float]]) -> Books:
    books = Books(world)
    for load, name, causes, shed in phases:
        world.load(load)
        world.set(name, causes)
        world.clock[at.SHED] = shed
        world.watch(PHASE_S, books.note, every=STEP_S)
    return books


@settings(max_examples=150, deadline=None)
@given(phases=PHASES)
def test_what_arrives_is_served_or_failed_or_still_queued(phases):
    """Callees see what their caller could do one sub-step ago: so a sub-step's requests may be missing, at each change
    of its capacity, and no more."""
    books = play(patient_chain(), phases)
    assert books.lost == pytest.approx(0.0, abs=books.fastest * STEP_S * (1 + len(phases)))


@settings(max_examples=60, deadline=None)
@given(phases=PHASES)
def test_what_is_published_is_consumed_or_refused_or_still_in_the_topic(phases):
    phases = [phase for phase in phases if at.RATE_LIMIT_RPS not in phase[2]]  # topics have none
    books = play(patient_chain(consumer="s2"), phases)
    assert books.lost == pytest.approx(0.0, abs=books.fastest * STEP_S * (1 + len(phases)))


def test_a_service_without_pods_fails_all_who_come_and_queues_nobody():
    world = patient_chain()
    world.set("s1", {at.DESIRED: 0.0})
    for _, (failing, queued) in world.watch(100.0, lambda: (world.get("s1", at.FAIL), world.get("s1", at.BACKLOG)))[1:]:
        assert (failing, queued) == (1.0, 0.0)


def test_a_full_queue_loses_nobody_when_pods_go():
    """Whoever is queued is served by those who are left; who comes meanwhile is refused."""
    world = patient_chain()
    world.set("s0", {at.WORK_MS: 200.0, at.DESIRED: 4.0})
    world.run(200.0)
    before = world.get("s0", at.BACKLOG)
    world.set("s0", {at.DESIRED: 1.0})
    world.run(10.0)
    capacity = 10.0 * 1000.0 * 0.5 / 200.0
    assert before == pytest.approx(240.0)
    assert world.get("s0", at.BACKLOG) == pytest.approx(before - capacity)
    assert world.get("s0", at.FAIL) == pytest.approx(1.0)


@settings(max_examples=60, deadline=None)
@given(rate=st.floats(21.0, 60.0), seconds=st.integers(30, 200), calm=st.floats(1.0, 15.0))
def test_a_queue_that_grows_and_drains_loses_nobody(rate, seconds, calm):
    """Without a change of capacity there is no such allowance: to a thousandth of a request."""
    world = chain(part("s0", work_ms=100.0, cpu_cores=2.0), part("s1"), rate=5.0)
    world.be_patient()
    came, passed = 0.0, 0.0
    for load in (rate, calm):
        world.load(load)
        for _ in range(seconds):
            world.run(1.0, every=1.0)
            came, passed = came + world.get("s0", at.OFFERED), passed + world.get("s1", at.OFFERED)
    assert came == pytest.approx(passed + world.get("s0", at.BACKLOG), abs=1e-3)


def cuts() -> st.SearchStrategy[list[float]]:
    """A hundred seconds in random pieces of one second or more."""
    return st.lists(st.floats(1.0, 40.0), min_size=1, max_size=20).map(lambda pieces: [100.0 * p / sum(pieces) for p in pieces])


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
