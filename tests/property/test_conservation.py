"""No request is lost or made: what arrives is served, or failed, or still queued, whatever befalls whom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from tests.support.patient_chain import CAUSES, NAMES, patient_chain
from tests.support.tiny_world import TinyWorld, chain, part

STEP_S, PHASE_S = 0.1, 60.0

PHASES = st.lists(
    st.tuples(st.floats(0.0, 80.0), st.sampled_from(NAMES), CAUSES, st.floats(0.0, 0.5)), min_size=1, max_size=4
)


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


def test_a_service_without_pods_refuses_at_once_and_holds_nobody_who_calls_it():
    """As kube-proxy does for a Service without endpoints: so callers are not kept waiting, nor out of threads."""
    world = patient_chain()
    world.run(60.0)
    before = [world.get(name, at.MEAN_MS) for name in NAMES], world.get("s0", at.CAPACITY)
    world.set("s1", {at.DESIRED: 0.0})
    world.run(60.0)
    assert world.get("s0", at.FAIL) == 1.0
    assert [world.get(name, at.MEAN_MS) <= usual for name, usual in zip(NAMES, before[0], strict=True)] == [True] * 4
    assert world.get("s0", at.CAPACITY) == before[1]


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
