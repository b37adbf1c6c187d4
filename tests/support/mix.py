"""Actions uniform over the ten types, on any service: what figures of speed and of equality are taken with."""

from random import Random
from typing import Any

from simcore.actions import ACTION_TYPES
from tests.support.playing import do

_COMMANDS = ("check_connectivity", "check_health", "check_resources", "check_dns")
_VERSIONS = ("v2.3.0", "v2.3.1", "v1.9.4")
_SETTINGS = {"memory.limit": "768Mi", "db.pool.max_size": "80", "client.timeout_ms": "2000", "client.retries": "1"}


def mixed_action(names: tuple[str, ...], random: Random) -> dict[str, Any]:
    """One action in its wire form; most are well formed and some make no sense where they are taken."""
    kind, service = random.choice(ACTION_TYPES), random.choice(names)
    if kind == "list_services":
        return do(kind)
    if kind == "resolve_incident":
        return do(kind, causes=[{"service": service, "mechanism": random.choice(("memory", "cpu", "network"))}])
    return do(kind, service, **_parameters(kind, random))


def _parameters(kind: str, random: Random) -> dict[str, Any]:
    if kind == "read_logs":
        return {"lines": 20}
    if kind == "run_diagnostic":
        return {"command": random.choice(_COMMANDS)}
    if kind == "scale_service":
        return {"replicas": random.randrange(9)}
    if kind == "rollback_deployment":
        return {"to_version": random.choice(_VERSIONS)}
    if kind == "update_config":
        key = random.choice(sorted(_SETTINGS))
        return {"key": key, "value": _SETTINGS[key]}
    return {}
