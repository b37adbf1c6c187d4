"""What may be changed on a site: a chain of named checks over one wanted change. Pure.

The first check that objects decides. An objection is told to the policy, which may want something else; one that
escalates ends the episode.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from praetor.resources import reasons
from praetor.resources.guardrails import Guardrails
from praetor.resources.run_status import MOST_CHANGES
from praetor.runner.changes import PastChange, kind_of
from simcore.actions import CHANGES
from simcore.quantity import mebibytes
from simcore.results import ServiceSnapshot

HOUR = timedelta(hours=1)
Services = Mapping[str, ServiceSnapshot]


@dataclass(frozen=True, slots=True)
class Case:
    """A wanted change with all that speaks for and against it. `own` are this run's changes, of all its attempts;
    `others` those of earlier runs on the site; `found` is how the run found the services, `services` how they are."""

    action: dict[str, Any]
    rules: Guardrails
    now: datetime
    own: Sequence[PastChange]
    others: Sequence[PastChange]
    found: Services
    services: Services

    @property
    def type(self) -> str:
        return str(self.action["action_type"])

    @property
    def service(self) -> str:
        return str(self.action["target_service"])

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.action["parameters"])

    def within(self, changes: Sequence[PastChange], window: timedelta) -> Iterator[PastChange]:
        return (change for change in changes if self.now - datetime.fromisoformat(change.at) < window)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why not; `escalates` is the reason of an escalation, "" when the policy may go on."""

    message: str
    escalates: str = ""


Check = Callable[[Case], Objection | None]


def objection_to(case: Case) -> Objection | None:
    return next((found for check in CHECKS if (found := check(case)) is not None), None)


def not_an_allowed_action(case: Case) -> Objection | None:
    allowed = case.rules.allowed_actions
    if allowed is None or case.type in allowed:
        return None
    may = f"allowed are {', '.join(sorted(allowed))}" if allowed else "nothing may be changed here"
    return Objection(f"{case.type} is not allowed here; {may}")


def a_protected_service(case: Case) -> Objection | None:
    if case.service not in case.rules.protected_services:
        return None
    return Objection(f"{case.service} is a protected service of this site: nothing there is changed")


def the_same_fix_again(case: Case) -> Objection | None:
    """An earlier run did this, and here is the fault again; unless it was broken on purpose."""
    window = timedelta(seconds=case.rules.verification_window_seconds)
    recent = [change for change in case.within(case.others, window) if not change.of_experiment]
    same = [change for change in recent if change.kind == kind_of(case.action)]
    if not same:
        return None
    before = max(same, key=lambda change: change.at)
    message = (
        f"run {before.run} made the same change at {before.at}, less than {window.total_seconds():g} s ago "
        f"({case.type} {case.service}), and the fault is back: it is not repeated"
    )
    return Objection(message, escalates=reasons.FAULT_RECURRED)


def outside_the_windows(case: Case) -> Objection | None:
    windows = case.rules.maintenance_windows
    frozen = next((window for window in windows if window.kind == "Freeze" and window.is_open(case.now)), None)
    if frozen:
        return Objection(f"changes are frozen now: {frozen.in_words}")
    allowing = [window for window in windows if window.kind == "Allow"]
    if not allowing or any(window.is_open(case.now) for window in allowing):
        return None
    return Objection(f"changes are made only in {' or '.join(window.in_words for window in allowing)}")


def more_changes_than_a_run_may_make(case: Case) -> Objection | None:
    if len(case.own) < MOST_CHANGES:
        return None
    return Objection(f"this run has made {len(case.own)} changes, which is as many as one may")


def the_restart_budget(case: Case) -> Objection | None:
    budget = case.rules.restarts_per_hour
    if budget is None or case.type != "restart_service":
        return None
    recent = case.within([*case.others, *case.own], HOUR)
    used = sum(change.action == "restart_service" for change in recent)
    if used < budget:
        return None
    return Objection(f"the restart budget is used up: {used} of {budget} restarts at this site within the last hour")


def one_service_too_many(case: Case) -> Objection | None:
    radius = case.rules.blast_radius
    if radius is None or radius.services is None:
        return None
    touched = {change.service for change in case.own}
    if case.service in touched or len(touched) < radius.services:
        return None
    known = ", ".join(sorted(touched))
    return Objection(f"this run may change {radius.services} services and has changed {known}")


def too_many_pods_taken_away(case: Case) -> Objection | None:
    radius = case.rules.blast_radius
    if radius is None or radius.pods_percent is None or case.type != "scale_service":
        return None
    found = case.found.get(case.service)
    if found is None:
        return Objection(f"blastRadius.podsPercent: how many pods {case.service} has is not known, so it is not scaled")
    there, wanted = found.replicas_desired, int(case.parameters["replicas"])
    if 100 * (there - wanted) <= radius.pods_percent * there:
        return None
    return Objection(
        f"{case.service} had {there} pods when this run began, of which it may take away {radius.pods_percent} %: "
        f"{wanted} are too few"
    )


CHECKS: tuple[Check, ...] = (
    not_an_allowed_action,
    a_protected_service,
    the_same_fix_again,
    outside_the_windows,
    more_changes_than_a_run_may_make,
    the_restart_budget,
    one_service_too_many,
    too_many_pods_taken_away,
)


def is_risky(action: dict[str, Any], services: Services) -> bool:
    """Whether `approval: RiskyActions` asks a person: what a plain restart would not put right again."""
    parameters, service = action["parameters"], services.get(action["target_service"])
    match action["action_type"]:
        case "scale_service":
            return service is None or parameters["replicas"] < service.replicas_desired
        case "restart_service":
            limit = parameters.get("memory_limit")
            return limit is not None and (service is None or _is_less_memory(mebibytes(limit), service))
        case other:
            return other in CHANGES


def _is_less_memory(limit_mb: float, service: ServiceSnapshot) -> bool:
    """0 stands for a limit that there is not, or that nobody tells: any is less."""
    return service.memory_limit_mb == 0 or limit_mb < service.memory_limit_mb
