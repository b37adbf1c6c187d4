"""The six components of the reward, each a pure function of (action, before, after, scenario, history).

`Moment` is that tuple for one step. Amounts and caps are the table of the reference; a step is paid what is left of
its cap, so that an unresolved episode ends at 0.24 at most and a resolved one at 0.25 at least.
"""

from dataclasses import dataclass
from typing import NamedTuple

from simcore.actions import CHANGES, READS, Action
from simcore.world.incident import Incident

CAPS = {
    "r_diagnostic": 0.10,
    "r_correct_op": 0.10,
    "r_resolution": 0.45,
    "r_format": 0.04,
    "r_efficiency": 0.10,
    "r_penalty": -0.20,
}
REDUNDANT_WITHIN_STEPS = 3
Parts = tuple[tuple[bool, ...], ...]


class Past(NamedTuple):
    """One earlier step, as far as grading needs it."""

    action_type: str
    service: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A step: `parts_before` and `parts_after` say which parts of the remedies held; `refusal` is a code or ""."""

    action: Action
    refusal: str
    incident: Incident
    parts_before: Parts
    parts_after: Parts
    paid_parts: frozenset[tuple[int, int]]
    past: tuple[Past, ...]
    target_was_well: bool
    harmed: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How an episode ended. `declared` is False when the budget ran out."""

    declared: bool
    mitigated: bool
    diagnosed: bool
    nothing_was_broken: bool
    read_evidence: bool
    steps: int
    max_steps: int


def r_diagnostic(moment: Moment) -> float:
    """The first read of its kind on a service that is part of it, or next to one that is."""
    action = moment.action
    if action.action_type not in READS or moment.refusal:
        return 0.0
    if Past(action.action_type, action.target_service) in moment.past:
        return 0.0
    if action.target_service is None:
        return 0.02
    return reading_value(moment.incident, action.target_service)


def reading_value(incident: Incident, service: str) -> float:
    number = incident.topology.index.get(service, -1)
    if number in incident.relevant:
        return 0.05
    return 0.02 if number in incident.topology.neighbours(incident.target) else 0.0


def newly_held(moment: Moment) -> frozenset[tuple[int, int]]:
    """Parts of remedies that this change made true for the first time, as (alternative, part)."""
    if moment.action.action_type not in CHANGES or moment.refusal:
        return frozenset()
    return frozenset(
        (i, j)
        for i, parts in enumerate(moment.parts_after)
        for j, held in enumerate(parts)
        if held and not moment.parts_before[i][j] and (i, j) not in moment.paid_parts
    )


def r_correct_op(moment: Moment) -> float:
    """A change that moves the world towards a lasting fix: its share of the remedy that it belongs to."""
    if moment.incident.kind != "Fault":
        return 0.0
    shares = [CAPS["r_correct_op"] / len(moment.parts_after[i]) for i, _ in newly_held(moment)]
    return max(shares, default=0.0)


def r_format(moment: Moment) -> float:
    return 0.01 if moment.refusal not in ("malformed", "unknown_service") else 0.0


_REFUSAL_COST = {"running_version": -0.05, "unknown_key": -0.05, "unknown_version": -0.03, "bad_value": -0.03}


def r_penalty(moment: Moment) -> float:
    """Harm and waste of one step; a wrong declaration is charged at the end."""
    cost = _REFUSAL_COST.get(moment.refusal, 0.0)
    if is_redundant(moment):
        cost -= 0.03
    if is_harmful_change(moment):
        cost -= 0.05
    return cost - 0.03 * moment.harmed


def is_redundant(moment: Moment) -> bool:
    """The same action on the same target within three steps, whatever its parameters."""
    if moment.action.action_type == "resolve_incident":
        return False
    return Past(moment.action.action_type, moment.action.target_service) in moment.past[-REDUNDANT_WITHIN_STEPS:]


def is_harmful_change(moment: Moment) -> bool:
    """A change of a service that was well and that no remedy asks for."""
    if moment.action.action_type not in CHANGES or moment.refusal or newly_held(moment):
        return False
    return moment.target_was_well


def r_resolution(ending: Ending) -> float:
    return 0.45 if ending.declared and ending.mitigated and ending.diagnosed else 0.0


def r_efficiency(ending: Ending) -> float:
    resolved = r_resolution(ending) > 0.0
    return 0.10 if resolved and 2 * ending.steps <= ending.max_steps else 0.0


def r_wrong_declaration(ending: Ending) -> float:
    return -0.10 if ending.declared and not ending.diagnosed else 0.0


def r_right_no_op(ending: Ending) -> float:
    """Where nothing had to be done, saying so after evidence was read is the right operation."""
    right = ending.declared and ending.diagnosed and ending.nothing_was_broken and ending.read_evidence
    return CAPS["r_correct_op"] if right else 0.0
