"""What several checks of `reconcile` are made of. Pure."""

from praetor.controller import statuses
from praetor.controller.effects import Effect, PutArtifact, RecordEvent, WriteStatus
from praetor.controller.observed import POSTMORTEM, Observed, Playable
from praetor.controller.times import seconds_since
from praetor.reports.postmortem import render_postmortem
from praetor.resources.run_status import IncidentRunStatus
from praetor.runner.request import RunRequest

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
        alert=spec.alert.model_dump(by_alias=True, exclude_none=True) if spec.alert else None,
        deadline_seconds=seconds_left(observed),
        site=playable.site,
        attempt=max(1, observed.status.attempts),
        mode=spec.mode,
        approval=spec.approval,
        past=observed.past,
        language_model=playable.language_model,
    )


def fail(observed: Observed, reason: str, message: str) -> list[Effect]:
    event = RecordEvent(reason, message, warning=True)
    return [event, WriteStatus(statuses.failed(observed, reason, message))]


def report(observed: Observed, status: IncidentRunStatus, trace: bytes) -> PutArtifact:
    run = observed.run.model_copy(update={"status": status})
    return PutArtifact(POSTMORTEM, render_postmortem(run, trace).encode())
