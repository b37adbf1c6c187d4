"""The ten actions as tools of a language model, made from the actions' own types."""

import json
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from simcore.actions import ACTION_TYPES, Action

WHY = "why"
_DESCRIPTIONS = {
    "list_services": "Health, replicas, version and restarts of every service.",
    "describe_service": "One service: limits, rollouts, configuration and its changes, events, neighbours.",
    "read_logs": "The newest log lines of a service.",
    "check_metrics": "The newest metrics of a service, and what they were a window earlier.",
    "run_diagnostic": "Checks a service's connections, health, resources or names, and who uses what of it.",
    "restart_service": "Restarts a service's pods, if wanted with another memory limit. Effects come over time.",
    "scale_service": "Sets a service's replicas. Effects come over time.",
    "rollback_deployment": "Puts an earlier version of a service in place. Effects come over time.",
    "update_config": "Sets one of a service's settings, as describe_service shows them.",
    "resolve_incident": (
        "Ends the incident: what was broken, as services with mechanisms or classes. An empty list says that nothing "
        "was. Only when users are well again and the cause is gone."
    ),
}
_WHY_SCHEMA = {"type": "string", "description": "One sentence: what you saw, what you think it means, why this now."}


@cache
def tools(missing: frozenset[str] = frozenset()) -> tuple[dict[str, Any], ...]:
    """In the form of `tools` of a chat completion, without those that the system does not have."""
    kinds = {kind.model_fields["action_type"].default: kind for kind in get_args(get_args(Action)[0])}
    return tuple(_tool(name, kinds[name]) for name in ACTION_TYPES if name not in missing)


def _tool(name: str, kind: type[BaseModel]) -> dict[str, Any]:
    parameters = kind.model_fields["parameters"].annotation
    assert isinstance(parameters, type)
    assert issubclass(parameters, BaseModel)
    schema = parameters.model_json_schema()
    target = kind.model_fields["target_service"]
    properties = {WHY: _WHY_SCHEMA, **schema.get("properties", {})}
    required = [WHY, *schema.get("required", [])]
    if target.is_required():
        properties["target_service"] = {"type": "string", "description": "The service's name."}
        required.append("target_service")
    given = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    if "$defs" in schema:
        given["$defs"] = schema["$defs"]
    return {"type": "function", "function": {"name": name, "description": _DESCRIPTIONS[name], "parameters": given}}


def action_of(name: Any, arguments: Any) -> tuple[dict[str, Any], str]:
    """(the action in its wire form, why) of a tool call. Nothing is mended: what is malformed goes on as it is, and the
    substrate says what is wrong with it."""
    try:
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return {"action_type": str(name), "parameters": {"malformed": str(arguments)[:200]}}, ""
    if not isinstance(given, dict):
        return {"action_type": str(name), "parameters": {"malformed": str(given)[:200]}}, ""
    why = given.pop(WHY, "")
    target = given.pop("target_service", None)
    return {"action_type": str(name), "target_service": target, "parameters": given}, str(why)
