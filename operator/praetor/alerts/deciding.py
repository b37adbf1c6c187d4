"""The naming rule: what a delivery does to the runs of its group. Pure; `intake` applies it."""

from collections.abc import Sequence
from dataclasses import dataclass

from praetor.alerts.ledger import Ledger
from praetor.alerts.notification import Notification

REHEARSAL = ""
FOREIGN = None


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run that has a name of the group. `target` is the TargetSite's name, REHEARSAL for the simulator,
    FOREIGN for an object that is not the group's and only takes the name away."""

    name: str
    number: int
    target: str | None
    finished: bool
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class CreateRun:
    number: int
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Attach:
    """The run has what was delivered; `ledger` is what it knows from now on."""

    run: KnownRun
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Nothing:
    """Only resolved alerts, of which no run exists."""


Decision = CreateRun | Attach | Nothing


def decide(existing: Sequence[KnownRun], notification: Notification, target: str = REHEARSAL) -> Decision:
    """While the group's newest run is open, it takes everything in; once it is finished, an unseen firing
    occurrence is followed by a new run, which inherits what the old one had seen."""
    occurrences = notification.occurrences
    number = 1 + max((run.number for run in existing), default=0)
    newest = max((run for run in existing if run.target == target), key=lambda run: run.number, default=None)
    if newest is None:
        return CreateRun(number, Ledger().joined(occurrences)) if notification.firing else Nothing()
    if not newest.finished:
        return Attach(newest, newest.ledger.joined(occurrences))
    if any(occurrence.firing and not newest.ledger.knows(occurrence) for occurrence in occurrences):
        return CreateRun(number, newest.ledger.joined(occurrences))
    return Attach(newest, newest.ledger.counting(occurrences))
