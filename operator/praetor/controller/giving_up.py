"""The last that is said about a run that cannot go on, made without reading more of it than is needed. Pure."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from praetor.alerts.manifest import is_finished
from praetor.alerts.text import clean
from praetor.controller import verdicts
from praetor.controller.effects import Effect, LookAgain, RecordEvent, SetFinalizer, WriteStatus
from praetor.controller.healing import DEADMAN_SECONDS
from praetor.controller.times import seconds_since, wire_time
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.conditions import ESCALATED, RUN_CONDITIONS, set_condition, unknown_conditions
from praetor.resources.experiment import BROKEN, CLOSED, FINALIZER, ExperimentStatus
from praetor.resources.run_status import IncidentRunStatus, Intent, SeenAlerts
from simcore.protocols import Manifest

MESSAGE_LIMIT_BYTES = 300


def given_up(manifest: Manifest, reason: str, message: str, now: datetime) -> list[Effect]:
    """Not before the dead-man of its experiment has healed: nobody here can read how."""
    held = FINALIZER in manifest["metadata"].get("finalizers", ())
    if held and (left_seconds := _seconds_to_heal(manifest, now)) > 0:
        return [LookAgain(left_seconds)]
    let_go: list[Effect] = [SetFinalizer(False)] if held else []
    if is_finished(manifest):
        return let_go
    status = _status(manifest, reason, clean(message, MESSAGE_LIMIT_BYTES), now)
    return [RecordEvent(reason, message, warning=True), WriteStatus(status), *let_go]


def _seconds_to_heal(manifest: Manifest, now: datetime) -> float:
    """Until the dead-man has healed; 0 where none was armed."""
    told = _told(manifest)
    if "expiresAt" not in told or told.get("state") in CLOSED:
        return 0.0
    return max(0.0, DEADMAN_SECONDS - seconds_since(told["expiresAt"], now))


def _status(manifest: Manifest, reason: str, message: str, now: datetime) -> IncidentRunStatus:
    generation, moment = manifest["metadata"].get("generation"), wire_time(now)
    conditions = unknown_conditions(RUN_CONDITIONS, now=moment, observed_generation=generation)
    experiment = _experiment(manifest, reason, message, moment)
    escalates = "alert" in manifest.get("spec", {}) or (experiment is not None and experiment.state == "NotRestored")
    for said in _says(reason, message, escalates=escalates):
        conditions = set_condition(conditions, *said, now=moment, observed_generation=generation)
    return IncidentRunStatus(
        phase="Failed",
        message=message,
        conditions=conditions,
        completion_time=moment,
        observed_generation=generation,
        alerts=_alerts(manifest),
        intents=_intents(manifest),
        experiment=experiment,
    )


def _says(reason: str, message: str, *, escalates: bool) -> list[Said]:
    escalated = Said(ESCALATED, "True", reason, message) if escalates else Said(ESCALATED, "False", reasons.NOT_NEEDED)
    return [*verdicts.without_episode(reason, message), escalated, *verdicts.failed(reason, message)]


def _alerts(manifest: Manifest) -> SeenAlerts | None:
    """What was taken in is still taken in."""
    alerts = (manifest.get("status") or {}).get("alerts")
    try:
        return None if alerts is None else SeenAlerts.model_validate(alerts)
    except ValidationError:
        return None


def _experiment(manifest: Manifest, reason: str, message: str, moment: str) -> ExperimentStatus | None:
    """What was broken stays said. That its dead-man healed is likely, and nobody looked."""
    told = _told(manifest)
    state = told.get("state")
    if state not in CLOSED:
        state = "NotRestored" if state in BROKEN or "injectedAt" in told else "Withdrawn"
        told = told | {"state": state, "since": moment, "reason": reason, "message": message}
    try:
        return ExperimentStatus.model_validate(told)
    except ValidationError:
        return None


def _told(manifest: Manifest) -> dict[str, Any]:
    return (manifest.get("status") or {}).get("experiment") or {}


def _intents(manifest: Manifest) -> list[Intent]:
    """What was changed still counts for other runs."""
    try:
        return [Intent.model_validate(one) for one in (manifest.get("status") or {}).get("intents", ())]
    except (ValidationError, TypeError):
        return []
