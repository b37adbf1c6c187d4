"""What several checks of `reconcile` are made of. Pure."""

from typing import Any

from praetor.controller import statuses
from praetor.controller.effects import Effect, KillEpisode, PutArtifact, RecordEvent, WriteStatus
from praetor.controller.observed import POSTMORTEM, TRACE, Observed, Playable, Playing
from praetor.controller.times import seconds_since
from praetor.controller.trial import Asked
from praetor.guard.means import NOTHING, Spent
from praetor.reports.postmortem import render_postmortem
from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.request import RunRequest
from simcore.results import CauseName

LAST_SECONDS = 5.0
"""Between the end of an experiment's episode and the dead-man's heal."""

TURN_SECONDS = 5.0
"""How often a run looks whether another has come or gone."""


def seconds_left(observed: Observed) -> float | None:
    """Until the deadline, which counts from the start; None without one."""
    limit, began = observed.spec.active_deadline_seconds, observed.status.start_time
    return None if limit is None or began is None else limit - seconds_since(began, observed.now)


def request_of(observed: Observed, playable: Playable) -> RunRequest:
    spec, metadata = observed.spec, observed.run.metadata
    return RunRequest(
        run_uid=metadata.uid or "",
        namespace=metadata.namespace or "",
        name=metadata.name,
        scenario=playable.name,
        spec=playable.spec,
        seed=spec.seed,
        split=spec.split,
        difficulty=spec.difficulty,
        policy=spec.policy.name,
        max_steps=spec.max_steps,
        alert=_alert_of(observed),
        deadline_seconds=_deadline_seconds(observed),
        site=playable.site,
        attempt=max(1, observed.status.attempts),
        mode=spec.mode,
        approval=spec.approval,
        past=observed.past,
        language_model=playable.language_model,
        spent=_spent(observed),
        truth=truth_of(observed),
    )


def _spent(observed: Observed) -> Spent:
    told = observed.status.spent
    return Spent(told.prompt_tokens, told.completion_tokens) if told else NOTHING


def truth_of(observed: Observed) -> tuple[CauseName, ...] | None:
    """What an experiment broke; None where nobody chose what is wrong, or nobody can name it."""
    plan = observed.trial.plan if observed.trial else None
    return plan.causes if plan else None


def _alert_of(observed: Observed) -> dict[str, Any] | None:
    """Of an experiment what a page would say: that users notice, and nothing of why."""
    spec = observed.spec
    if spec.alert is not None or spec.inject is None or spec.target.site_ref is None:
        return spec.alert.model_dump(by_alias=True, exclude_none=True) if spec.alert else None
    noticed = observed.trial.asked.get("Noticed", Asked()).answer if observed.trial else None
    said = {"description": noticed.message} if noticed is not None and noticed.holds else {}
    title = f"Users of {spec.target.site_ref.name} are not served as promised"
    return {"source": "experiment", "groupKey": observed.run.metadata.name, "title": title} | said


def _deadline_seconds(observed: Observed) -> float | None:
    """An experiment's episode ends before its fault is healed under it."""
    own, experiment = seconds_left(observed), observed.status.experiment
    if experiment is None or experiment.expires_at is None:
        return own
    left = max(1.0, -seconds_since(experiment.expires_at, observed.now) - LAST_SECONDS)
    return left if own is None else min(own, left)


def fail(observed: Observed, reason: str, message: str) -> list[Effect]:
    event = RecordEvent(reason, message, warning=True)
    return [event, WriteStatus(statuses.failed(observed, reason, message))]


def cut_off(observed: Observed, reason: str, message: str) -> list[Effect]:
    """The end of a run whose episode comes to none: what it told until then is kept, and reported."""
    if not observed.told:
        return fail(observed, reason, message)
    if isinstance(observed.episode, Playing):
        return [KillEpisode()]  # or it would tell more than what is kept
    if TRACE not in observed.stored:
        return [PutArtifact(TRACE, observed.told_trace)]
    if POSTMORTEM not in observed.stored:
        return [report(observed, statuses.failed(observed, reason, message), observed.told_trace)]
    return fail(observed, reason, message)


def report(observed: Observed, status: IncidentRunStatus, trace: bytes) -> PutArtifact:
    run = observed.run.model_copy(update={"status": status})
    return PutArtifact(POSTMORTEM, render_postmortem(run, trace).encode())
