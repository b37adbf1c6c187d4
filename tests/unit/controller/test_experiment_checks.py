"""What is decided about an experiment at the borders of its time, and when somebody does not do what was asked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from praetor.controller import experiment_statuses as told
from praetor.controller import statuses
from praetor.controller.effects import (
    DisarmDeadman,
    Effect,
    HealFault,
    InjectFault,
    LookAgain,
    RecordEvent,
    SetFinalizer,
    WriteStatus,
)
from praetor.controller.observed import Observed
from praetor.controller.reconcile import reconcile
from praetor.controller.times import wire_time
from praetor.controller.trial import ARM, HEAL, Asked, Trial
from praetor.resources.conditions import ESCALATED, find_condition
from praetor.resources.experiment import FINALIZER
from praetor.resources.run import IncidentRun
from praetor.resources.run_status import Awaited
from praetor.substrates.chaos.lab import Armed
from praetor.substrates.chaos.looking import Looked
from praetor.substrates.chaos.plan import Plan
from tests.support.experiments import experiment_manifest
from tests.support.observing import NOW, SUBJECT, later, with_metadata, with_status

DURATION_SECONDS = 900
LAST_HEAL_SECONDS = DURATION_SECONDS + 3600 + 30
PLAN = Plan(
    "Site", "default", "one", "uid-1", "oom_crash", "api", wire_time(NOW + timedelta(seconds=DURATION_SECONDS)),
    breaking=({"endpoint": "break", "body": {"scenario": "oom_crash"}, "key": "break"},),
    undoing=({"endpoint": "heal", "body": {}, "key": "heal"},),
)  # fmt: skip
E = TypeVar("E")


def experiment(state: Callable[[Observed], Any] | None = None, **trial: Any) -> Observed:
    """One whose dead-man stands by; `state` makes the status from that of `Arming`."""
    manifest = experiment_manifest()
    manifest["metadata"] |= {"uid": "uid-1", "generation": 1, "finalizers": [FINALIZER]}
    observed = Observed(IncidentRun.model_validate(manifest), NOW, SUBJECT)
    observed = with_status(observed, statuses.first_seen(observed))
    observed = with_status(observed, told.checking(observed))
    observed = with_status(observed, told.arming(observed, PLAN))
    if state is not None:
        observed = with_status(observed, state(observed))
    return replace(observed, trial=Trial(**{"plan": PLAN, "armed": Armed("Armed")} | trial))


def healing(observed: Observed) -> Any:
    injected = with_status(observed, told.injected(observed))
    return told.closing(injected, statuses.failed(injected, "Cancelled", "cancelled by spec.cancel"))


def not_done(why: str, what: str) -> dict[str, Any]:
    return {"asked": {what: Asked(Looked(False, why))}}


def of(kind: type[E], effects: list[Effect]) -> list[E]:
    return [one for one in effects if isinstance(one, kind)]


def after(observed: Observed, effects: list[Effect]) -> Observed:
    for written in of(WriteStatus, effects):
        observed = with_status(observed, written.status)
    return observed


def state_of(observed: Observed) -> str | None:
    return observed.status.experiment.state if observed.status.experiment else None


def escalated(observed: Observed) -> tuple[str, str]:
    found = find_condition(observed.status.conditions, ESCALATED)
    assert found is not None
    return found.status, found.reason


@pytest.mark.parametrize(("left_seconds", "breaks"), [(6, True), (5, True), (4, False), (0, False), (-40, False)])
def test_nothing_is_broken_when_the_dead_man_is_about_to_heal(left_seconds: int, breaks: bool) -> None:
    late = later(experiment(), DURATION_SECONDS - left_seconds)
    effects = reconcile(late)
    assert len(of(InjectFault, effects)) == breaks
    if not breaks:
        assert state_of(after(late, effects)) == "Withdrawn"
        (event,) = of(RecordEvent, effects)
        assert event.reason == "DeadmanNotArmed"
        assert f"{max(0, left_seconds)} s of spec.inject.durationSeconds are left" in event.message


def test_who_waits_for_a_dead_man_is_told_why_there_was_none_and_that_the_time_is_over() -> None:
    waiting = experiment(armed=Armed("Waiting", "no pod got ready"), asked={ARM: Asked()})
    assert of(LookAgain, reconcile(later(waiting, 100)))
    for seconds in (181, DURATION_SECONDS):
        (event,) = of(RecordEvent, reconcile(later(waiting, seconds)))
        assert event.message.startswith("no pod got ready")


def test_a_dead_man_that_is_refused_ends_it_at_once_with_the_reason() -> None:
    refused = experiment(armed=Armed("Waiting", "no pod got ready"), **not_done("the Job is of somebody else", ARM))
    (event,) = of(RecordEvent, reconcile(refused))
    assert (event.reason, event.message) == ("DeadmanNotArmed", "the Job is of somebody else")


@pytest.mark.parametrize(("state", "then"), [(None, "Withdrawn"), (told.injecting, "Healing")])
def test_what_is_not_allowed_any_more_is_not_broken(state: Any, then: str) -> None:
    revoked = experiment(state, refusal="TargetSite 'shop' allows no experiments")
    effects = reconcile(revoked)
    assert of(InjectFault, effects) == []
    assert of(RecordEvent, effects) == [
        RecordEvent("ExperimentRefused", "TargetSite 'shop' allows no experiments", True)
    ]
    assert state_of(after(revoked, effects)) == then


def test_a_heal_that_failed_is_told_of_once_and_said_again() -> None:
    failing = experiment(healing, **not_done("the site does not answer", HEAL))
    effects = reconcile(failing)
    assert [(one.reason, one.warning) for one in of(RecordEvent, effects)] == [("NotHealed", True)]
    told_of = after(failing, effects)
    assert escalated(told_of) == ("True", "NotHealed")
    assert "the site does not answer" in told_of.status.message
    again = reconcile(told_of)
    assert len(of(HealFault, again)) == 1
    assert escalated(after(told_of, again)) == ("False", "NotNeeded")


@pytest.mark.parametrize(("seconds", "again"), [(0, True), (LAST_HEAL_SECONDS, True), (LAST_HEAL_SECONDS + 1, False)])
def test_what_can_never_be_healed_is_let_go_long_after_its_end(seconds: int, again: bool) -> None:
    failing = later(experiment(healing, **not_done("there is no such host", HEAL)), seconds)
    told_of = after(failing, reconcile(failing))
    assert state_of(told_of) == ("Healing" if again else "NotRestored")
    assert escalated(told_of) == ("True", "NotHealed")
    if not again:
        effects = reconcile(told_of)
        assert of(SetFinalizer, effects) == [SetFinalizer(False)]
        assert of(DisarmDeadman, effects) == []
        ended = after(told_of, effects)
        assert (ended.status.phase, escalated(ended)) == ("Failed", ("True", "NotHealed"))
        assert "not put back" in ended.status.message


def test_whoever_comes_later_tries_to_heal_however_late_it_is() -> None:
    assert len(of(HealFault, reconcile(later(experiment(healing), 10 * LAST_HEAL_SECONDS)))) == 1


@pytest.mark.parametrize(("seconds", "again"), [(LAST_HEAL_SECONDS, True), (LAST_HEAL_SECONDS + 1, False)])
def test_a_run_that_is_being_deleted_is_let_go_then_too_and_needs_no_event_to_go(seconds: int, again: bool) -> None:
    failing = later(experiment(told.injected, **not_done("there is no such host", HEAL)), seconds)
    effects = reconcile(with_metadata(failing, deletion_timestamp=wire_time(NOW)))
    assert len(of(HealFault, effects)) == again
    assert of(SetFinalizer, effects) == [SetFinalizer(False)]
    assert len(of(DisarmDeadman, effects)) == again
    assert of(RecordEvent, effects) == []
    if again:
        assert escalated(after(failing, effects)) == ("True", "NotHealed")


def test_an_experiment_whose_approval_nobody_gave_is_complete_and_a_persons_as_any_run() -> None:
    now = wire_time(NOW)
    waits = Awaited(request="0" * 16, step=1, action="restart_service", service="api", since=now, until=now)
    started = experiment(lambda one: statuses.started(with_status(one, told.injected(one)), SUBJECT))
    parked = with_status(started, started.status.model_copy(update={"awaiting": waits}))
    parked = replace(parked, stored={"postmortem.md": "one-postmortem"})
    ending = after(parked, reconcile(parked))
    assert state_of(ending) == "Healing"
    healed = after(ending, reconcile(ending))
    restored = with_status(healed, told.restored(healed, Looked(True)))
    ended = after(restored, reconcile(restored))
    assert (ended.status.phase, escalated(ended)) == ("Complete", ("True", "ApprovalTimedOut"))
    assert {one.type: one.status for one in ended.status.conditions}["Complete"] == "True"
