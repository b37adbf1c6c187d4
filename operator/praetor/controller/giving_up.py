"""The last that is said about a run that cannot go on, made without reading more of it than is needed. Pure."""

from datetime import datetime

from pydantic import ValidationError

from praetor.alerts.text import clean
from praetor.controller import verdicts
from praetor.controller.effects import RecordEvent, WriteStatus
from praetor.controller.times import wire_time
from praetor.controller.verdicts import Said
from praetor.resources import reasons
from praetor.resources.conditions import ESCALATED, RUN_CONDITIONS, set_condition, unknown_conditions
from praetor.resources.run_status import IncidentRunStatus, Intent, SeenAlerts
from simcore.protocols import Manifest

MESSAGE_LIMIT_BYTES = 300


def given_up(manifest: Manifest, reason: str, message: str, now: datetime) -> tuple[RecordEvent, WriteStatus]:
    status = _status(manifest, reason, clean(message, MESSAGE_LIMIT_BYTES), now)
    return RecordEvent(reason, message, warning=True), WriteStatus(status)


def _status(manifest: Manifest, reason: str, message: str, now: datetime) -> IncidentRunStatus:
    generation, moment = manifest["metadata"].get("generation"), wire_time(now)
    conditions = unknown_conditions(RUN_CONDITIONS, now=moment, observed_generation=generation)
    for said in _says(reason, message, is_alert="alert" in manifest.get("spec", {})):
        conditions = set_condition(conditions, *said, now=moment, observed_generation=generation)
    return IncidentRunStatus(
        phase="Failed",
        message=message,
        conditions=conditions,
        completion_time=moment,
        observed_generation=generation,
        alerts=_alerts(manifest),
        intents=_intents(manifest),
    )


def _says(reason: str, message: str, *, is_alert: bool) -> list[Said]:
    escalated = Said(ESCALATED, "True", reason, message) if is_alert else Said(ESCALATED, "False", reasons.NOT_NEEDED)
    return [*verdicts.without_episode(reason, message), escalated, *verdicts.failed(reason, message)]


def _alerts(manifest: Manifest) -> SeenAlerts | None:
    """What was taken in is still taken in."""
    alerts = (manifest.get("status") or {}).get("alerts")
    try:
        return None if alerts is None else SeenAlerts.model_validate(alerts)
    except ValidationError:
        return None


def _intents(manifest: Manifest) -> list[Intent]:
    """What was changed still counts for other runs."""
    try:
        return [Intent.model_validate(one) for one in (manifest.get("status") or {}).get("intents", ())]
    except (ValidationError, TypeError):
        return []
