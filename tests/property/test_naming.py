"""The naming rule under any interleaving: concurrent receivers, duplicates, reordering, dying receivers."""

from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from praetor.alerts import alertmanager, intake
from praetor.alerts.ledger import Ledger
from praetor.alerts.manifest import LEDGER_ANNOTATION, is_finished, ledger_of
from praetor.alerts.notification import Notification
from praetor.store.scope import Scope
from tests.support.alert_bodies import alert, body
from tests.support.memory_store import MemoryStore

ALERTS = ("A", "B", "C")
CONDITION = {"type": "Complete", "status": "True", "reason": "EpisodeEnded", "message": ""}


@pytest.fixture(autouse=True, scope="module")
def _no_pauses():
    """A pause of zero gives way without an event loop: the state machine drives coroutines itself."""
    patch = pytest.MonkeyPatch()
    patch.setattr(intake, "_LONGEST_PAUSE_SECONDS", 0)
    yield
    patch.undo()


class Receiver:
    """One gateway taking one delivery in, one store operation at a time."""

    def __init__(self, store: MemoryStore, notification: Notification) -> None:
        self.notification = notification
        self.work: Coroutine[Any, Any, Any] = intake.accept(store, notification, Scope("praetor"))  # type: ignore[arg-type]
        self.answered = False

    def step(self) -> None:
        try:
            self.work.send(None)
        except StopIteration:
            self.answered = True


class Deliveries(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.clock = 0
        self.started: dict[str, int] = {}
        self.firing: set[str] = set()
        self.sent: list[Notification] = []
        self.receivers: list[Receiver] = []
        self.acknowledged: list[Notification] = []
        self.ended: dict[str, tuple[str, ...]] = {}

    # What happens in the monitored system

    @rule(name=st.sampled_from(ALERTS))
    def fire(self, name: str) -> None:
        if name not in self.firing:
            self.clock += 1
            self.started[name] = self.clock
            self.firing.add(name)

    @rule(name=st.sampled_from(ALERTS))
    def resolve(self, name: str) -> None:
        self.firing.discard(name)

    @precondition(lambda self: self.started)
    @rule()
    def notify(self) -> None:
        alerts = [alert(name, started=started, firing=name in self.firing) for name, started in self.started.items()]
        self.sent.append(alertmanager.parse(body(*alerts)))
        self.started = {name: self.started[name] for name in self.firing}  # a resolved alert is told of once

    # What happens to deliveries and runs

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0), copies=st.integers(1, 3))
    def deliver(self, which: int, copies: int) -> None:
        notification = self.sent[which % len(self.sent)]
        self.receivers += [Receiver(self.store, notification) for _ in range(copies)]

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0))
    def deliver_without_disturbance(self, which: int) -> None:
        receiver = Receiver(self.store, self.sent[which % len(self.sent)])
        while not receiver.answered:
            receiver.step()
        self.acknowledged.append(receiver.notification)

    @precondition(lambda self: self.receivers)
    @rule(which=st.integers(0), steps=st.integers(1, 4))
    def advance(self, which: int, steps: int) -> None:
        receiver = self.receivers[which % len(self.receivers)]
        for _ in range(steps):
            if not receiver.answered:
                receiver.step()
        self._collect()

    @precondition(lambda self: self.receivers)
    @rule(which=st.integers(0))
    def kill(self, which: int) -> None:
        """Before its answer: the sender will send the same again."""
        self.receivers.pop(which % len(self.receivers)).work.close()

    @rule(writes=st.integers(0, 6))
    def lag(self, writes: int) -> None:
        """First looks are late by so many writes."""
        self.store.lag = writes

    @rule()
    def finish(self) -> None:
        for run in self.store.runs():
            if not is_finished(run):
                condition = CONDITION | {"lastTransitionTime": "2026-11-23T12:00:00Z"}
                ended = run | {"status": run.get("status", {}) | {"conditions": [condition]}}
                self.ended[run["metadata"]["name"]] = ledger_of(self.store.write_status(ended)).seen

    # What must hold, always and in the end

    @invariant()
    def at_most_one_run_is_open(self) -> None:
        assert sum(not is_finished(run) for run in self.store.runs()) <= 1

    @invariant()
    def every_run_was_made_for_something_that_no_earlier_run_had(self) -> None:
        earlier: set[str] = set()
        for run in self._by_number():
            first = set(Ledger.loads(run["metadata"]["annotations"][LEDGER_ANNOTATION]).seen)
            assert first - earlier
            earlier |= first | set(ledger_of(run).seen)

    @invariant()
    def a_finished_run_takes_nothing_in(self) -> None:
        for run in self.store.runs():
            if is_finished(run):
                assert ledger_of(run).seen == self.ended[run["metadata"]["name"]]

    @invariant()
    def what_was_acknowledged_is_in_a_run(self) -> None:
        known = {key for run in self.store.runs() for key in ledger_of(run).seen}
        for notification in self.acknowledged:
            assert {occurrence.key for occurrence in notification.occurrences if occurrence.firing} <= known

    def teardown(self) -> None:
        self._drain()
        self.what_was_acknowledged_is_in_a_run()
        self.finish()
        before = len(self.store.runs())
        self.clock += 1
        again = alertmanager.parse(body(alert("A", started=self.clock)))
        self.receivers = [Receiver(self.store, again) for _ in range(3)]
        self._drain()
        assert len(self.store.runs()) == before + 1, "a re-fire after the end makes exactly one more run"

    def _drain(self) -> None:
        while self.receivers:
            for receiver in self.receivers:
                receiver.step()
            self._collect()

    def _collect(self) -> None:
        self.acknowledged += [one.notification for one in self.receivers if one.answered]
        self.receivers = [one for one in self.receivers if not one.answered]

    def _by_number(self) -> list[dict[str, Any]]:
        return sorted(self.store.runs(), key=lambda run: int(run["metadata"]["name"].rpartition("-")[2]))


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
