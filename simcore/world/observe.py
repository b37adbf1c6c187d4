"""What each read shows: the world through lagging, noisy and sometimes missing instruments."""

from collections.abc import Callable

from simcore.actions import Action, CheckMetrics, ReadLogs, RunDiagnostic
from simcore.observation import (
    AlertNotice,
    Deploy,
    LastTermination,
    Payload,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)  # fmt: skip
from simcore.quantity import format_mebibytes
from simcore.world import layout as at
from simcore.world.changes import current_config
from simcore.world.diagnostics import diagnose, quota_text
from simcore.world.health import health
from simcore.world.logs import read_logs
from simcore.world.metrics import read_metrics
from simcore.world.queueing import percentile_99
from simcore.world.world import World

_EVENTS_KEPT_S = 900.0
_PAGED_FROM_SHARE, _PAGED_FROM_MEAN_MS = 0.01, 200.0


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
    """Whose pager rings: somebody who suffers, and the cause itself a little more often when it is easy."""
    incident, services = world.incident, world.state.services
    topology, target = incident.topology, incident.target
    hurt = ((services[:, at.FAIL] > _PAGED_FROM_SHARE) | (services[:, at.MEAN_MS] > _PAGED_FROM_MEAN_MS)).tolist()
    suffering = [s for s, hurts in enumerate(hurt) if hurts]
    suffering = suffering or [*topology.callers(target), target]
    honest = 0.2 * (1.0 - incident.difficulty)
    if draw < honest:
        return target if target in suffering else suffering[0]
    return suffering[int((draw - honest) / (1.0 - honest) * len(suffering))]


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
            f"Warning FailedCreate: pod is forbidden: exceeded quota, requested memory {limit}, {quota_text(world)}"
        )
    if row[at.HPA_MAX] > 0 and row[at.DESIRED] > world.incident.topology.replicas[s]:
        found.append(
            f"Normal SuccessfulRescale: new size {row[at.DESIRED]:.0f}, "
            f"reason: memory utilisation above target {100 * row[at.HPA_TARGET]:.0f} %"
        )
    return tuple(found)


def _read_logs(world: World, action: Action, step: int) -> Payload:
    assert isinstance(action, ReadLogs)
    given = action.parameters
    return read_logs(world, _index(world, action), step, given.lines, given.severity, given.since)


def _check_metrics(world: World, action: Action, step: int) -> Payload:
    assert isinstance(action, CheckMetrics)
    return read_metrics(world, _index(world, action), action.parameters.window, step)


def _run_diagnostic(world: World, action: Action, step: int) -> Payload:
    assert isinstance(action, RunDiagnostic)
    return diagnose(world, _index(world, action), action.parameters.command)


_READERS: dict[str, Callable[[World, Action, int], Payload]] = {
    "list_services": _list_services,
    "describe_service": _describe,
    "check_metrics": _check_metrics,
    "run_diagnostic": _run_diagnostic,
    "read_logs": _read_logs,
}
