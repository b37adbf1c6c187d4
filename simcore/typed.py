"""Lines that a person types, as actions: `restart order-service 1Gi`, `set postgres-db db.pool.max_size=50`."""

from typing import Any

from simcore.actions import ACTION_TYPES, parse_action
from simcore.mechanisms.table import CLASSES, MECHANISMS, mechanism_class
from simcore.scenarios.words import SETTINGS_IN_WORDS
from simcore.settings import BY_NAME, SETTINGS
from simcore.world.encode import COMMANDS

HELP = """\
  list                                what there is, and how it is
  describe SERVICE                    releases, limits, settings, who calls whom
  logs SERVICE [20] [severity=WARN] [since=300]
  metrics SERVICE [60]                and how they were so many seconds before
  check SERVICE dns|health|resources|connectivity
  restart SERVICE [1Gi]               with another memory limit
  scale SERVICE 4
  rollback SERVICE v2.3.1
  set SERVICE KEY=VALUE               `help keys` lists the keys
  resolve [SERVICE=CAUSE ...]         ends it: what was broken, or nothing; `help causes` lists the causes
  quit
Each may be said by the beginning of its name, and by its full name with its parameters as name=value."""
_SHORT = {"logs": "read_logs", "metrics": "check_metrics", "check": "run_diagnostic", "set": "update_config"}
_FIRST = {
    "read_logs": "lines",
    "check_metrics": "window",
    "run_diagnostic": "command",
    "restart_service": "memory_limit",
    "scale_service": "replicas",
    "rollback_deployment": "to_version",
}
"""The parameter that a word without a name is."""


def parse_line(line: str) -> dict[str, Any]:
    """An action in its wire form. Raises ValueError that says what was not understood."""
    words = line.split()
    action_type = _action_type(words[0])
    pairs = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    names = [word for word in words[1:] if "=" not in word]
    if action_type == "resolve_incident":
        return {"action_type": action_type, "parameters": {"causes": _causes(names, pairs)}}
    parameters = _parameters(action_type, names[1:], pairs)
    return {"action_type": action_type, "target_service": names[0] if names else None, "parameters": parameters}


def checked(line: str) -> dict[str, Any]:
    """As `parse_line`, for an action that is well formed; a slip of the hand need not cost a step."""
    action = parse_line(line)
    parse_action(action)
    key = action["parameters"].get("key")
    if key is not None and key not in BY_NAME:
        raise ValueError(f"{key!r} is no key; type help keys")
    return action


def _action_type(word: str) -> str:
    found = [name for name in (*ACTION_TYPES, *_SHORT) if name.startswith(word)]
    if word in found:
        found = [word]
    kinds = {_SHORT.get(name, name) for name in found}
    if len(kinds) != 1:
        raise ValueError(f"{word!r} is no action; type help")
    return kinds.pop()


def _parameters(action_type: str, words: list[str], pairs: dict[str, str]) -> dict[str, Any]:
    if action_type == "update_config" and not pairs.keys() & {"key", "value"} and len(pairs) == 1:
        ((key, value),) = pairs.items()
        return {"key": key, "value": value}
    first = _FIRST.get(action_type)
    if len(words) > (first is not None):
        raise ValueError(f"{' '.join(words)}: {action_type} does not take so many words; type help")
    given = ({first: words[0]} if first and words else {}) | pairs
    return {name: _read(name, value) for name, value in given.items()}


def _read(name: str, value: str) -> Any:
    if name == "command":
        return next((command for command in COMMANDS if command.startswith(f"check_{value}")), value)
    return int(value) if value.isdigit() and name not in ("value", "memory_limit", "to_version") else value


def _causes(names: list[str], pairs: dict[str, str]) -> list[dict[str, str]]:
    if len(names) == 2 and not pairs:
        pairs = {names[0]: names[1]}
    elif names:
        raise ValueError(f"{' '.join(names)}: a cause is SERVICE=CAUSE")
    for cause in pairs.values():
        if mechanism_class(cause) is None:
            raise ValueError(f"{cause!r} is no cause; type help causes")
    return [{"service": service, "mechanism": cause} for service, cause in pairs.items()]


def keys_text() -> str:
    """The settings: what each takes, and what it is."""
    return "\n".join(f"  {one.name:34}{one.takes:24}{SETTINGS_IN_WORDS[one.name]}" for one in SETTINGS)


def causes_text() -> str:
    """The mechanisms by their class; a class alone will do."""
    return "\n".join(f"{name}\n{_of_class(name)}" for name in CLASSES)


def _of_class(name: str) -> str:
    own = [mechanism for mechanism in MECHANISMS.values() if mechanism.mechanism_class == name]
    return "\n".join(f"  {mechanism.name:30}{mechanism.summary}" for mechanism in own)
