"""Actions as the numbers that the kernel takes."""

import math
from typing import NamedTuple

from simcore.actions import (
    Action,
    CheckMetrics,
    ReadLogs,
    ResolveIncident,
    RestartService,
    RollbackDeployment,
    RunDiagnostic,
    ScaleService,
    UpdateConfig,
)  # fmt: skip
from simcore.kernel import step
from simcore.mechanisms.table import CLASSES, mechanism_class
from simcore.quantity import mebibytes
from simcore.settings import BY_NAME
from simcore.topologies.topology import Topology
from simcore.versions import version_number

SEVERITIES = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")
COMMANDS = ("check_connectivity", "check_health", "check_resources", "check_dns")
KINDS = {
    "list_services": step.LIST,
    "describe_service": step.DESCRIBE,
    "read_logs": step.LOGS,
    "check_metrics": step.METRICS,
    "run_diagnostic": step.DIAGNOSTIC,
    "restart_service": step.RESTART,
    "scale_service": step.SCALE,
    "rollback_deployment": step.ROLLBACK,
    "update_config": step.CONFIG,
    "resolve_incident": step.RESOLVE,
    "malformed": step.MALFORMED,
}
COST_SECONDS = {name: step.COST_SECONDS[number] for name, number in KINDS.items()}


class Coded(NamedTuple):
    """Kind, number of the target (-1 for none) and the parameters; `step` of the kernel says what they mean. They are
    of these very types: the kernel is compiled anew for others."""

    kind: int
    service: int
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    causes: float = 0.0


MALFORMED = Coded(step.MALFORMED, -1)


def encode(action: Action, topology: Topology) -> Coded:
    kind = KINDS[action.action_type]
    service = topology.index.get(action.target_service or "", -1)
    if isinstance(action, ReadLogs):
        severity = action.parameters.severity
        lowest = SEVERITIES.index(severity) if severity else 0
        since = action.parameters.since or math.inf
        return Coded(kind, service, float(action.parameters.lines), float(lowest), since)
    if isinstance(action, CheckMetrics):
        return Coded(kind, service, float(action.parameters.window))
    if isinstance(action, RunDiagnostic):
        return Coded(kind, service, float(COMMANDS.index(action.parameters.command)))
    if isinstance(action, RestartService):
        limit = action.parameters.memory_limit
        return Coded(kind, service, mebibytes(limit) if limit else 0.0)
    if isinstance(action, ScaleService):
        return Coded(kind, service, float(action.parameters.replicas))
    if isinstance(action, RollbackDeployment):
        return Coded(kind, service, version_number(action.parameters.to_version))
    if isinstance(action, UpdateConfig):
        return Coded(kind, service, *_setting(action.parameters.key, action.parameters.value))
    if isinstance(action, ResolveIncident):
        return _declaration(action, kind, topology)
    return Coded(kind, service)


def _setting(key: str, value: str) -> tuple[float, float]:
    """(number of the key, value); -1 for a key that may not be set, NaN for a value that it cannot have."""
    setting = BY_NAME.get(key)
    if setting is None:
        return -1.0, 0.0
    try:
        return float(setting.number), setting.parse(value)
    except ValueError:
        return float(setting.number), math.nan


def _declaration(action: ResolveIncident, kind: int, topology: Topology) -> Coded:
    codes = []
    for cause in action.parameters.causes:
        found = mechanism_class(cause.mechanism)
        number = topology.index.get(cause.service, -1)
        codes.append(64.0 * CLASSES.index(found) + number if found is not None and number >= 0 else -1.0)
    codes += [-1.0] * (3 - len(codes))
    return Coded(kind, -1, codes[0], codes[1], codes[2], float(len(action.parameters.causes)))
