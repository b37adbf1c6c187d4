"""From the numbers that a read found to the payload that a policy gets."""

import math

from simcore.kernel import observe as o
from simcore.kernel.health import WORDS
from simcore.kernel.layout import MAX_RELEASES, NEVER, Floats
from simcore.observation import (
    ConfigChange,
    Deploy,
    Diagnostic,
    LastTermination,
    Metrics,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)  # fmt: skip
from simcore.quantity import format_mebibytes
from simcore.settings import SETTINGS
from simcore.topologies.topology import Topology
from simcore.world.call_checks import connectivity_checks, name_checks
from simcore.world.encode import COMMANDS, Coded
from simcore.world.health_checks import health_checks
from simcore.world.resource_checks import quota_text, resource_checks
from simcore.world.versions import version_text

_EVENTS_KEPT_S = 900.0
_CHECKS = (connectivity_checks, health_checks, resource_checks, name_checks)  # by the numbers of the commands


def decode_list(out: Floats, topology: Topology) -> ServiceList:
    numbers = out[o.OUT_PAYLOAD : o.OUT_PAYLOAD + o.LIST_COLUMNS * len(topology.names)].tolist()
    rows = []
    for s, part in enumerate(topology.parts):
        health, up, desired, version, restarts = numbers[o.LIST_COLUMNS * s : o.LIST_COLUMNS * (s + 1)]
        rows.append(
            ServiceRow(
                part.name, WORDS[int(health)], int(up), int(desired), version_text(version), int(restarts), part.runtime
            )
        )
    return ServiceList(tuple(rows))


def decode_detail(out: Floats, asked: Coded, topology: Topology) -> ServiceDetail:
    n = out[o.OUT_PAYLOAD :].tolist()
    s = asked.service
    versions = [(version_text(n[o.O_VERSION + r]), n[o.O_ROLLED_OUT + r]) for r in range(MAX_RELEASES)]
    canary = n[o.O_CANARY] > 0
    return ServiceDetail(
        name=topology.names[s],
        health=WORDS[int(n[o.O_HEALTH])],
        version=versions[int(n[o.O_RELEASE])][0],
        replicas_ready=int(n[o.O_UP]),
        replicas_desired=int(n[o.O_DESIRED]),
        restarts=int(n[o.O_RESTARTS]),
        memory_limit=format_mebibytes(n[o.O_MEMORY]),
        cpu_limit=f"{round(n[o.O_CPU] * 1000)}m",
        depends_on=tuple(topology.names[c] for c in topology.callees(s)),
        called_by=tuple(topology.names[c] for c in topology.callers(s)),
        rollouts=tuple(Deploy(version, round(age)) for version, age in versions),
        config=_config(n),
        last_termination=_last_termination(n),
        events=_events(n, topology, s),
        runtime=topology.parts[s].runtime,
        unhealthy_seconds=round(n[o.O_SICK_SINCE]) if n[o.O_SICK_SINCE] > -NEVER / 2 else None,
        oldest_pod_seconds=round(n[o.O_OLDEST_POD]),
        canary_version=versions[-1][0] if canary else None,
        canary_percent=round(100 * n[o.O_CANARY], 1) if canary else None,
        config_changes=_config_changes(n),
    )


def _config(n: list[float]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (setting.name, setting.shown(value))
        for setting, value in zip(SETTINGS, n[o.O_KEYS :], strict=False)
        if not math.isnan(value)
    )


def _config_changes(n: list[float]) -> tuple[ConfigChange, ...]:
    if n[o.O_CONFIG_KEY] < 0:
        return ()
    setting = SETTINGS[int(n[o.O_CONFIG_KEY])]
    old, new = n[o.O_CONFIG_OLD], n[o.O_CONFIG_NEW]
    if setting.name == "tls.renewal":
        old, new = 1.0 - old, 1.0 - new
    return (ConfigChange(setting.name, setting.shown(old), setting.shown(new), round(n[o.O_CONFIG_AT])),)


def _last_termination(n: list[float]) -> LastTermination | None:
    oom, killed = n[o.O_OOM_AT], n[o.O_KILLED_AT]
    if min(oom, killed) > NEVER / 2:
        return None
    if oom <= killed:
        return LastTermination("OOMKilled", 137, round(oom))
    return LastTermination("Error", 137, round(killed))


def _events(n: list[float], topology: Topology, s: int) -> tuple[str, ...]:
    limit, found = format_mebibytes(n[o.O_MEMORY]), []
    if n[o.O_OOM_AT] < _EVENTS_KEPT_S:
        found.append(f"Warning OOMKilling: container exceeded its memory limit of {limit}, exit code 137")
    if n[o.O_KILLED_AT] < _EVENTS_KEPT_S:
        found.append("Warning Unhealthy: Liveness probe failed: context deadline exceeded; container will be restarted")
    if n[o.O_BACK_OFF] > 0:
        found.append("Warning BackOff: back-off restarting failed container")
    if n[o.O_REFUSED_AT] < _EVENTS_KEPT_S:
        quota = quota_text(n[o.O_QUOTA_USED], n[o.O_QUOTA])
        found.append(f"Warning FailedCreate: pod is forbidden: exceeded quota, requested memory {limit}, {quota}")
    if n[o.O_UNSCHEDULABLE_AT] < _EVENTS_KEPT_S:
        found.append("Warning FailedScheduling: 0/3 nodes are available: 3 Insufficient memory")
    if n[o.O_HPA_MAX] > 0 and n[o.O_DESIRED] > n[o.O_USUAL_REPLICAS]:
        what = "cpu" if n[o.O_HPA_TARGET] > 0 else "memory"
        found.append(
            f"Normal SuccessfulRescale: new size {n[o.O_DESIRED]:.0f}, "
            f"reason: {what} utilisation above target {100 * abs(n[o.O_HPA_TARGET]):.0f} %"
        )
    if n[o.O_AT_HPA_MAX] > 0:
        found.append(
            f"Warning ScalingLimited: the desired replica count is more than the maximum of {n[o.O_HPA_MAX]:.0f}"
        )
    return tuple(found)


def decode_metrics(out: Floats, asked: Coded, topology: Topology) -> Metrics:
    n = out[o.OUT_PAYLOAD : o.OUT_PAYLOAD + o.M_REPLICA_LAG + 1].tolist()
    value = [None if number != number else round(number, 3) for number in n]
    return Metrics(
        topology.names[asked.service], round(n[o.M_AGE], 1), round(n[o.M_WINDOW], 1), value[o.M_CPU], value[o.M_MEMORY],
        value[o.M_MEMORY_LIMIT], value[o.M_P50], value[o.M_P99], value[o.M_ERRORS], value[o.M_CONNS],
        value[o.M_CONN_LIMIT], value[o.M_RPS], value[o.M_MEMORY_BEFORE], value[o.M_P99_BEFORE],
        value[o.M_ERRORS_BEFORE], value[o.M_CONNS_BEFORE], value[o.M_READY_BEFORE], value[o.M_CPU_BEFORE],
        value[o.M_RPS_BEFORE], value[o.M_THROTTLED], value[o.M_THREADS], value[o.M_DISK], value[o.M_HIT],
        value[o.M_LAG], value[o.M_REPLICA_LAG],
    )  # fmt: skip


def decode_diagnostic(out: Floats, asked: Coded, topology: Topology) -> Diagnostic:
    command = int(asked.a)
    return Diagnostic(topology.names[asked.service], COMMANDS[command], _CHECKS[command](out, asked.service, topology))
