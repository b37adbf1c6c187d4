"""The statuses that a run goes through, each made from the one before. Pure."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from typing import Any

from praetor.controller import verdicts
from praetor.controller.observed import POSTMORTEM, TRACE, Observed, Playable
from praetor.controller.times import seconds_since, wire_time
from praetor.controller.verdicts import Said
from praetor.guard.means import Spent
from praetor.guard.targets import SiteRequest
from praetor.resources import reasons
from praetor.resources.conditions import (
    APPROVAL_REQUIRED,
    ESCALATED,
    RUN_CONDITIONS,
    STARTED,
    Condition,
    find_condition,
    set_condition,
    unknown_conditions,
)
from praetor.resources.run_status import (
    IncidentRunStatus,
    ModelSpending,
    Phase,
    PlayedScenario,
    ReportRef,
    Suggestion,
)
from praetor.runner.request import RunOutcome
from simcore import absolute_seed

REHEARSAL = "rehearsal in the simulator: nothing outside was touched"


def first_seen(observed: Observed) -> IncidentRunStatus:
    conditions = unknown_conditions(
        RUN_CONDITIONS, now=wire_time(observed.now), observed_generation=observed.run.metadata.generation
    )
    seen: dict[str, Any] = {} if observed.status.alerts or not observed.alerts else {"alerts": observed.alerts}
    return changed(observed, "Pending", conditions=conditions, runner_version=version("praetor"), **seen)


def started(observed: Observed, playable: Playable) -> IncidentRunStatus:
    return changed(
        observed,
        "Running",
        [Said(STARTED, "True", reasons.EPISODE_STARTED)],
        start_time=wire_time(observed.now),
        attempts=_next_attempt(observed) if playable.site else max(1, observed.status.attempts),
        policy=observed.spec.policy.name,
        **(_on_site(observed, playable.site) if playable.site else _rehearsed(observed, playable)),
    )


def _next_attempt(observed: Observed) -> int:
    """On a site each beginning is an attempt, one after a suspension, too: its changes need keys of their own."""
    return observed.status.attempts + 1


def _rehearsed(observed: Observed, playable: Playable) -> dict[str, Any]:
    scenario = PlayedScenario(
        name=playable.name,
        family=playable.family,
        seed=absolute_seed(observed.spec.seed, observed.spec.split),
        difficulty=observed.spec.difficulty,
    )
    message = f"{playable.name}: {REHEARSAL}"
    return {"substrate": "Simulator", "grading": "Full", "scenario": scenario, "message": message}


def _on_site(observed: Observed, site: SiteRequest) -> dict[str, Any]:
    """Nobody knows what is wrong there, unless it was broken on purpose."""
    plan = observed.trial.plan if observed.trial else None
    known = plan is not None and plan.causes is not None
    substrate = "Site" if site.kubernetes is None else "Cluster"
    return {"substrate": substrate, "grading": "Full" if known else "Partial", "message": where(site)}


def where(site: SiteRequest) -> str:
    return f"on site {site.name}: what is done there is real"


def suspended(observed: Observed) -> IncidentRunStatus:
    """As a suspended Job's, its time runs anew when it goes on."""
    return changed(
        observed,
        "Suspended",
        [Said(STARTED, "False", reasons.SUSPENDED), *_no_longer_waits(observed, reasons.SUSPENDED)],
        start_time=None,
        awaiting=None,
        message="suspended by spec.suspend",
    )


def retrying(observed: Observed, message: str) -> IncidentRunStatus:
    attempts = observed.status.attempts + 1
    text = f"attempt {attempts} of {observed.spec.backoff_limit + 1} follows: {message}"
    return changed(observed, "Running", attempts=attempts, message=text)


def observed_again(observed: Observed) -> IncidentRunStatus:
    """A finished run whose verbs or TTL changed: seen, and that is all."""
    return observed.status.model_copy(update={"observed_generation": observed.run.metadata.generation})


def reported(observed: Observed, outcome: RunOutcome) -> IncidentRunStatus:
    """What the post-mortem knows of the status: nothing that depends on a clock or on chance."""
    return observed.status.model_copy(update=_played(observed, outcome))


def concluded(observed: Observed, outcome: RunOutcome) -> IncidentRunStatus:
    """The end of a run that was played: Complete, or Failed with what there is."""
    says = verdicts.conditions_of(outcome, is_alert=observed.spec.alert is not None)
    played = _played(observed, outcome)
    if outcome.failure:
        ending = verdicts.failed(outcome.failure.reason, outcome.failure.message)
        return _ended(observed, "Failed", [*says, *ending], **played)
    ending = verdicts.complete(message=in_a_sentence(outcome))
    return _ended(observed, "Complete", [*says, *ending], **played)


def waiting(observed: Observed, message: str) -> IncidentRunStatus:
    return changed(observed, "Pending", message=message)


def left_to_a_person(observed: Observed, reason: str, message: str) -> IncidentRunStatus:
    """The end of a run without an episode, which is nobody's failure."""
    says = [
        *([] if observed.is_started else [Said(STARTED, "False", reason)]),
        *verdicts.without_episode(reason, message),
        Said(ESCALATED, "True", reason, message),
        *verdicts.complete(reason, message),
    ]
    return _ended(observed, "Complete", says, message=message, report_ref=_report_ref(observed))


def failed(observed: Observed, reason: str, message: str) -> IncidentRunStatus:
    """The end of a run without an outcome. An alert that cannot be answered is left to a person."""
    escalated = observed.spec.alert is not None
    says = [
        *([] if observed.is_started else [Said(STARTED, "False", reason)]),
        *verdicts.without_episode(reason, message),
        Said(ESCALATED, "True", reason, message) if escalated else Said(ESCALATED, "False", reasons.NOT_NEEDED),
        *verdicts.failed(reason, message),
    ]
    return _ended(observed, "Failed", says, message=message, **_kept(observed))


def _kept(observed: Observed) -> dict[str, Any]:
    """Where that is which an episode told that came to no end."""
    if not observed.told or TRACE not in observed.stored:
        return {}
    trace = verdicts.trace_ref(observed.told_trace, observed.stored[TRACE])
    return {"trace_ref": trace, "report_ref": _report_ref(observed)}


def in_a_sentence(outcome: RunOutcome) -> str:
    verdict = outcome.verdict
    how = "resolved" if verdict["resolved"] else "mitigated, not resolved" if verdict["mitigated"] else "not resolved"
    if outcome.escalation:
        return f"left to a person after {verdict['steps']} steps: {outcome.escalation.message}"
    return f"{how} in {verdict['steps']} steps, score {verdict['score']:.2f}"


def _played(observed: Observed, outcome: RunOutcome) -> dict[str, Any]:
    message = outcome.failure.message if outcome.failure else in_a_sentence(outcome)
    return {
        "substrate": outcome.substrate,
        "grading": outcome.grading,
        "result": verdicts.result_of(outcome),
        "cause": verdicts.cause_in_short(outcome.verdict) or None,
        "steps": verdicts.last_steps(outcome),
        "changes": verdicts.changes(outcome),
        "suggestions": [Suggestion(**suggested) for suggested in outcome.suggestions],
        "trace_ref": verdicts.trace_ref(outcome.trace, observed.stored[TRACE]),
        "report_ref": _report_ref(observed),
        "spent": told_spending(outcome.spent),
        "message": f"{message} ({REHEARSAL})" if outcome.substrate == "Simulator" else message,
    }


def told_spending(spent: Spent) -> ModelSpending | None:
    """None for what no language model decided."""
    return ModelSpending(**asdict(spent)) if spent.tokens else None


def _report_ref(observed: Observed) -> ReportRef | None:
    stored = observed.stored.get(POSTMORTEM)
    return ReportRef(name=stored) if stored else None


def _ended(observed: Observed, phase: Phase, says: Iterable[Said], **fields: Any) -> IncidentRunStatus:
    says = [*says, *_no_longer_waits(observed, reasons.NOT_NEEDED)]
    return changed(observed, phase, says, completion_time=wire_time(observed.now), awaiting=None, **fields)


def _no_longer_waits(observed: Observed, reason: str) -> list[Said]:
    """How it was decided stays said; what was not decided is not asked any more."""
    condition, waits = find_condition(observed.status.conditions, APPROVAL_REQUIRED), observed.status.awaiting
    if condition is not None and condition.status == "False":
        return []
    late = waits is not None and seconds_since(waits.until, observed.now) >= 0
    return [Said(APPROVAL_REQUIRED, "False", reasons.APPROVAL_TIMED_OUT if late else reason)]


def changed(observed: Observed, phase: Phase, says: Iterable[Said] = (), **fields: Any) -> IncidentRunStatus:
    """The status with these conditions said and these fields set."""
    conditions = fields.pop("conditions", observed.status.conditions)
    generation = observed.run.metadata.generation
    for said in says:
        conditions = _said(conditions, said, observed.now, generation)
    update = {"phase": phase, "conditions": conditions, "observed_generation": generation}
    return observed.status.model_copy(update=update | fields)


def _said(conditions: list[Condition], said: Said, now: datetime, generation: int | None) -> list[Condition]:
    return set_condition(conditions, *said, now=wire_time(now), observed_generation=generation)
