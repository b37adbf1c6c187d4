"""The changes among the ten actions as bodies of the `/ops/*` contract."""

from math import isfinite
from typing import Any

from pydantic import ValidationError

from praetor.resources.conformance import problem_text
from praetor.resources.ops import ConfigBody, RestartBody, RollbackBody, ScaleBody
from praetor.substrates.site.errors import SiteError
from simcore.actions import Action, RestartService, RollbackDeployment, ScaleService, UpdateConfig
from simcore.quantity import mebibytes

ENDPOINT_OF = {
    "restart_service": "restart",
    "scale_service": "scale",
    "rollback_deployment": "rollback",
    "update_config": "config",
}


def asked_of(action: Action) -> tuple[str, dict[str, Any]]:
    """(name of the endpoint, body). Raises SiteError for what no site that keeps the contract would take."""
    try:
        return _asked(action)
    except ValidationError as problem:
        raise SiteError(f"{action.action_type}: {problem_text(problem)}; nothing was sent") from None


def _asked(action: Action) -> tuple[str, dict[str, Any]]:
    match action:
        case RestartService(target_service=service, parameters=given):
            limit = None if given.memory_limit is None else round(mebibytes(given.memory_limit))
            body = RestartBody(service=service, memory_limit_mb=limit)
            return "restart", body.model_dump(exclude_none=True)
        case ScaleService(target_service=service, parameters=given):
            return "scale", ScaleBody(service=service, replicas=given.replicas).model_dump()
        case RollbackDeployment(target_service=service, parameters=given):
            return "rollback", RollbackBody(service=service, to_version=given.to_version).model_dump()
        case UpdateConfig(target_service=service, parameters=given):
            return "config", ConfigBody(service=service, key=given.key, value=_value(given.value)).model_dump()
    raise AssertionError(f"{action.action_type} changes nothing")


def _value(text: str) -> str | int | float:
    """A number as a number, as the contract's examples have it; but `1.10`, which may be a version, as it is."""
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if str(number) == text and isfinite(number):
            return number
    return text
