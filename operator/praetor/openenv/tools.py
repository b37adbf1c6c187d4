"""The ten actions as tools for agents, with their arguments typed and flat, and one that starts an incident."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import orjson

from praetor.openenv.play import Play, Told
from simcore.schemas import schema

START = "start_incident"
_DESCRIPTIONS = {
    "list_services": "Lists all services with their health, replicas, version and restarts.",
    "describe_service": "Shows one service: limits, dependencies, rollouts, settings and events.",
    "read_logs": "Reads the newest log lines of a service.",
    "check_metrics": "Reads the newest metrics of a service beside those of a while ago.",
    "run_diagnostic": "Runs one check against a service.",
    "restart_service": "Restarts a service, with a new memory limit if one is given. It takes effect over time.",
    "scale_service": "Sets the number of a service's replicas. It takes effect over time.",
    "rollback_deployment": "Rolls a service back to an earlier version. It takes effect over time.",
    "update_config": "Sets one setting of a service. It takes effect over time.",
    "resolve_incident": (
        "Declares what was broken, which ends the incident: `causes` lists services with the mechanism that was at"
        " work there; an empty list declares that nothing is broken. Fix first and see that it holds."
    ),
}  # fmt: skip
_START_INPUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "task_id": {"type": "string", "description": "A scenario; any when left out."},
        "seed": {"type": "integer", "minimum": 0, "description": "The same seed is the same incident."},
        "difficulty": {
            "description": "0 to 1, or easy, medium, hard.",
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"enum": ["easy", "medium", "hard"]}],
        },
    },
}


@dataclass(frozen=True, slots=True)
class Tool:
    """As the library's server looks at it: `fn(**arguments)` gives what is answered, as JSON."""

    name: str
    description: str
    parameters: dict[str, Any]
    fn: Callable[..., dict[str, Any]]


def tools_of(play: Play) -> dict[str, Tool]:
    """The tools over one client's episode."""
    made = {START: Tool(START, "Starts a new incident and shows its page.", _START_INPUT, partial(_start, play))}
    for name, parameters in input_schemas().items():
        made[name] = Tool(name, _DESCRIPTIONS[name], parameters, partial(_act, play, name))
    return made


@cache
def input_schemas() -> dict[str, dict[str, Any]]:
    """By action: the target and its parameters, side by side, from simcore's schema of actions."""
    form = schema("action")
    return {
        name: _flat(form["$defs"][reference.rpartition("/")[2]], form["$defs"])
        for name, reference in form["discriminator"]["mapping"].items()
    }


def _flat(action: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    inner = definitions[_reference(action["properties"]["parameters"])]
    target = {"target_service": action["properties"]["target_service"] | {"description": "The name of a service."}}
    required = [name for name in action.get("required", ()) if name == "target_service"]
    flat = {
        "type": "object",
        "additionalProperties": False,
        "properties": target | inner.get("properties", {}),
        "required": required + inner.get("required", []),
    }
    used = {name: one for name, one in definitions.items() if f"#/$defs/{name}" in json.dumps(flat)}
    return flat | ({"$defs": used} if used else {})


def _reference(parameters: dict[str, Any]) -> str:
    reference: str = parameters.get("$ref") or parameters["allOf"][0]["$ref"]
    return reference.rpartition("/")[2]


def _start(play: Play, **options: Any) -> dict[str, Any]:
    return _answer(play.reset(options))


def _act(play: Play, name: str, **arguments: Any) -> dict[str, Any]:
    return _answer(play.step(action_of(name, arguments)))


def action_of(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that are null were not given."""
    given = {key: value for key, value in arguments.items() if value is not None}
    target = given.pop("target_service", None)
    return {"action_type": name, "target_service": target, "parameters": given}


def _answer(told: Told) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(orjson.dumps(told.wire()))
    return answer
