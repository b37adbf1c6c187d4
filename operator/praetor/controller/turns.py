"""Several runs want one TargetSite: whose turn it is. Pure; `reconcile` acts on it.

Only one run at a time acts on a site, because two that repair would undo each other's work and take each other's
effects for symptoms. Who came first goes first.
"""

from collections.abc import Iterable
from typing import Literal

from praetor.controller.observed import FREE, Turn, is_finished
from praetor.resources.conditions import STARTED, is_true
from praetor.resources.run import IncidentRun

Concurrency = Literal["Forbid", "Queue", "Replace"]


def turn_of(run: IncidentRun, all_runs: Iterable[IncidentRun], concurrency: Concurrency) -> Turn:
    """`all_runs` are those of the run's namespace. A run that is suspended keeps nobody waiting."""
    rivals = [other for other in all_runs if _is_rival(other, run)]
    newer = [other for other in rivals if _order(other) > _order(run)]
    if concurrency == "Replace" and newer:
        name = max(newer, key=_order).metadata.name
        return Turn("Replaced", f"the newer run {name} of the same site took its place (concurrency: Replace)")
    if _is_started(run):
        return Turn(may_change=concurrency == "Replace")
    ahead = [other for other in rivals if _is_started(other) or _order(other) < _order(run)]
    if not ahead:
        return FREE
    first = min(ahead, key=_order).metadata.name
    if concurrency == "Forbid":
        return Turn("GiveUp", f"run {first} is at work on the same site (concurrency: Forbid): a person has to look")
    return Turn("Wait", f"waits for run {first} of the same site", may_change=True)


def _is_rival(other: IncidentRun, run: IncidentRun) -> bool:
    is_other = other.metadata.name != run.metadata.name
    rests = other.spec.suspend and other.status.experiment is None
    return is_other and other.spec.target == run.spec.target and not is_finished(other) and not rests


def _is_started(run: IncidentRun) -> bool:
    """An experiment is at work before its episode is."""
    return is_true(run.status.conditions, STARTED) or run.status.experiment is not None


def _order(run: IncidentRun) -> tuple[str, str]:
    return run.metadata.creation_timestamp or "", run.metadata.name
