"""What each read shows: the world through lagging, noisy and sometimes missing instruments."""

from collections.abc import Callable

from simcore.actions import Action
from simcore.observation import (
    AlertNotice,
    Check,
    Deploy,
    Diagnostic,
    LastTermination,
    Metrics,
    Payload,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)  # fmt: skip
from simcore.quantity import format_mebibytes
from simcore.world import layout as at
from simcore.world.changes import current_config
from simcore.world.health import health
from simcore.world.logs import read_logs
from simcore.world.pods import used_quota
from simcore.world.queueing import percentile_99
from simcore.world.random import normal, uniform
from simcore.world.world import World

_EVENTS_KEPT_S = 900.0


def observe(world: World, action: Action, step: int) -> Payload:
    """The payload of a read, a pure function of the world and the number of the step."""
    return _READERS[action.action_type](world, action, step)


def _index(world: World, action: Action) -> int:
    return world.incident.topology.index[action.target_service or ""]


def alert_notice(world: World) -> AlertNotice:
    """The page: about a service where it shows, which is often not where it comes from."""
    incident = world.incident
    where, wording, _ = incident.alert_draw
    service = _paged_service(world, where)
    row = world.state.services[service]
    shown = {
        "service": incident.topology.names[service],
        "error_percent": f"{max(100.0 * row[at.FAIL], 1.2):.1f}",
        "p99_ms": f"{percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]):.0f}",
    }
    titles = incident.spec.alert.titles
    title = titles[int(wording * len(titles))]
    return AlertNotice(
        title.format_map(shown), shown["service"], incident.spec.alert.severity,
        incident.spec.alert.description.format_map(shown),
    )  # fmt: skip


def _paged_service(world: World, draw: float) -> int:
    """A service with visible symptoms: the cause itself more often when it is easy."""
    topology, target = world.incident.topology, world.incident.target
    suffering = [s for s in range(len(topology.names)) if world.state.services[s, at.FAIL] > 0.01]
    if not suffering:
        suffering = [target]
    honest = 0.6 - 0.5 * world.incident.difficulty
    if draw < honest and target in suffering:
        return target
    return suffering[int((draw - honest) / (1.0 - honest) * len(suffering)) if draw >= honest else 0]


def _list_services(world: World, action: Action, step: int) -> Payload:
    return ServiceList(tuple(_row(world, s) for s in range(len(world.incident.topology.names))))


def _row(world: World, s: int) -> ServiceRow:
    row = world.state.services[s]
    version = world.incident.releases[s][int(row[at.RELEASE])][0]
    return ServiceRow(
        world.incident.topology.names[s], health(world.state.services, s), int(row[at.UP]),
        int(row[at.DESIRED]), version, int(row[at.RESTARTS]),
    )  # fmt: skip


def _describe(world: World, action: Action, step: int) -> Payload:
    s = _index(world, action)
    topology, row, now = world.incident.topology, world.state.services[s], world.now
    shown = _row(world, s)
    return ServiceDetail(
        name=shown.name,
        health=shown.health,
        version=shown.version,
        replicas_ready=shown.replicas_ready,
        replicas_desired=shown.replicas_desired,
        restarts=int(row[at.RESTARTS]),
        memory_limit=format_mebibytes(row[at.MEM_LIMIT_MB]),
        cpu_limit=f"{round(row[at.CPU_CORES] * 1000)}m",
        depends_on=tuple(topology.names[c] for c in topology.callees(s)),
        called_by=tuple(topology.names[c] for c in topology.callers(s)),
        rollouts=tuple(Deploy(version, round(now - when)) for version, when in world.incident.releases[s]),
        config=current_config(world, s),
        last_termination=_last_termination(world, s),
        events=_events(world, s),
    )


def _last_termination(world: World, s: int) -> LastTermination | None:
    age = world.now - world.state.services[s, at.OOM_AT]
    return LastTermination("OOMKilled", 137, round(age)) if age < at.NEVER / 2 else None


def _events(world: World, s: int) -> tuple[str, ...]:
    row, now, found = world.state.services[s], world.now, []
    limit = format_mebibytes(row[at.MEM_LIMIT_MB])
    if now - row[at.OOM_AT] < _EVENTS_KEPT_S:
        found.append(f"Warning OOMKilling: container exceeded its memory limit of {limit}, exit code 137")
    pods = world.state.pods[s, : int(row[at.PODS])]
    if bool(((pods[:, at.DOWN_UNTIL] > now + row[at.START_S]) & (pods[:, at.CRASHES] > 0)).any()):
        found.append("Warning BackOff: back-off restarting failed container")
    if now - row[at.REFUSED_AT] < _EVENTS_KEPT_S:
        found.append(
            f"Warning FailedCreate: pod is forbidden: exceeded quota, requested memory {limit}, {_quota_text(world)}"
        )
    if row[at.HPA_MAX] > 0 and row[at.DESIRED] > world.incident.topology.replicas[s]:
        found.append(
            f"Normal SuccessfulRescale: new size {row[at.DESIRED]:.0f}, "
            f"reason: memory utilisation above target {100 * row[at.HPA_TARGET]:.0f} %"
        )
    return tuple(found)


def _quota_text(world: World) -> str:
    used = used_quota(world.state.services, world.state.pods)
    return f"used {used:.0f}Mi, limited {world.state.clock[at.QUOTA_MB]:.0f}Mi"


def _check_metrics(world: World, action: Action, step: int) -> Payload:
    s = _index(world, action)
    window: float = action.parameters.window  # type: ignore[union-attr]
    incident, row = world.incident, world.state.services[s]
    base = (step * 64 + s) * 32
    lag = 5.0 + 30.0 * incident.difficulty * uniform(incident.noise_seed, base)
    new, old = _history_slot(world, world.now - lag), _history_slot(world, world.now - lag - window)
    noise = 0.005 + 0.04 * incident.difficulty

    def shown(slot: int, column: int, offset: int, factor: float = 1.0) -> float:
        spread = 1.0 + noise * normal(incident.noise_seed, base + offset)
        return round(max(0.0, float(world.state.history[slot, s, column]) * factor * spread), 3)

    def series(column: int, offset: int, factor: float = 1.0) -> float | None:
        missing = uniform(incident.noise_seed + 1, base + offset) < 0.01 + 0.05 * incident.difficulty
        return None if missing else shown(new, column, offset, factor)

    is_database = s == incident.topology.database
    return Metrics(
        service=incident.topology.names[s],
        age_seconds=round(float(world.now - world.state.history_times[new]), 1),
        window_seconds=round(float(world.state.history_times[new] - world.state.history_times[old]), 1),
        cpu_percent=series(at.H_CPU, 1),
        memory_mb=series(at.H_MEMORY, 2),
        memory_limit_mb=float(row[at.MEM_LIMIT_MB]),
        latency_p50_ms=series(at.H_P50, 3),
        latency_p99_ms=series(at.H_P99, 4),
        error_rate_percent=series(at.H_FAIL, 5, 100.0),
        active_connections=series(at.H_CONNS, 6),
        connection_limit=float(row[at.POOL_MAX]) if is_database else None,
        requests_per_second=series(at.H_RPS, 7),
        memory_mb_before=shown(old, at.H_MEMORY, 8),
        latency_p99_ms_before=shown(old, at.H_P99, 9),
        error_rate_percent_before=shown(old, at.H_FAIL, 10, 100.0),
        active_connections_before=shown(old, at.H_CONNS, 11),
        replicas_ready_before=round(float(world.state.history[old, s, at.H_READY]), 1),
    )


def _history_slot(world: World, when: float) -> int:
    """The newest sample that is not newer than `when`, or the oldest that is left."""
    count = int(world.state.clock[at.HISTORY_COUNT])
    oldest = max(0, count - at.HISTORY_SLOTS)
    times = world.state.history_times
    for number in range(count - 1, oldest, -1):
        if times[number % at.HISTORY_SLOTS] <= when:
            return number % at.HISTORY_SLOTS
    return oldest % at.HISTORY_SLOTS


def _diagnose(world: World, action: Action, step: int) -> Payload:
    s = _index(world, action)
    command: str = action.parameters.command  # type: ignore[union-attr]
    return Diagnostic(world.incident.topology.names[s], command, _CHECKS[command](world, s))


def _connectivity(world: World, s: int) -> tuple[Check, ...]:
    topology, services = world.incident.topology, world.state.services
    checks = []
    for c in topology.callees(s):
        up = int(services[c, at.UP])
        failing = services[c, at.OWN_FAIL]
        detail = f"{up} endpoints ready, {100 * failing:.0f} % of calls fail there"
        checks.append(Check(f"connect {topology.names[c]}", bool(up > 0 and failing < 0.05), detail))
    return tuple(checks) or (Check("connect", True, "calls nobody"),)


def _probe(world: World, s: int) -> tuple[Check, ...]:
    row = world.state.services[s]
    up = int(row[at.UP])
    own = row[at.OWN_FAIL]
    return (
        Check("readiness", bool(up >= row[at.DESIRED]), f"{up} of {row[at.DESIRED]:.0f} pods ready"),
        Check("own requests", bool(own < 0.01), f"{100 * own:.1f} % fail in the service itself"),
    )


def _resources(world: World, s: int) -> tuple[Check, ...]:
    row = world.state.services[s]
    limit = max(row[at.MEM_LIMIT_MB], 1.0)
    full = used_quota(world.state.services, world.state.pods) + limit > world.state.clock[at.QUOTA_MB]
    checks = [
        Check("memory", bool(row[at.MEM_MB] < 0.9 * limit), f"{row[at.MEM_MB]:.0f}Mi of {limit:.0f}Mi"),
        Check("cpu", bool(row[at.CPU_PERCENT] < 90), f"{row[at.CPU_PERCENT]:.0f} % of the limit"),
        Check("namespace memory quota", not full, _quota_text(world)),
    ]
    if row[at.POOL_MAX] > 0:
        left = bool(row[at.CONNS] < 0.95 * row[at.POOL_MAX])
        checks.append(Check("connections", left, f"{row[at.CONNS]:.0f} of {row[at.POOL_MAX]:.0f}"))
    return tuple(checks)


def _dns(world: World, s: int) -> tuple[Check, ...]:
    names = [world.incident.topology.names[c] for c in world.incident.topology.callees(s)]
    return tuple(Check(f"resolve {name}.internal", True, "resolved") for name in names) or (
        Check("resolve", True, "looks up no names"),
    )


_CHECKS: dict[str, Callable[[World, int], tuple[Check, ...]]] = {
    "check_connectivity": _connectivity,
    "check_health": _probe,
    "check_resources": _resources,
    "check_dns": _dns,
}


def _read_logs(world: World, action: Action, step: int) -> Payload:
    wanted = action.parameters
    return read_logs(world, _index(world, action), step, wanted.lines, wanted.severity, wanted.since)  # type: ignore[union-attr]


_READERS: dict[str, Callable[[World, Action, int], Payload]] = {
    "list_services": _list_services,
    "describe_service": _describe,
    "check_metrics": _check_metrics,
    "run_diagnostic": _diagnose,
    "read_logs": _read_logs,
}
