"""From what a read told to the payload that a policy gets."""

from simcore.kernel import drawn_lines as g
from simcore.kernel import found as f
from simcore.kernel import told as t
from simcore.kernel.health import WORDS
from simcore.kernel.layout import Floats
from simcore.observation import (
    Check,
    ConfigChange,
    Deploy,
    Diagnostic,
    LastTermination,
    LogLine,
    Logs,
    Metrics,
    ServiceDetail,
    ServiceList,
    ServiceRow,
)  # fmt: skip
from simcore.settings import SETTINGS
from simcore.topologies.topology import Topology
from simcore.versions import version_text
from simcore.words.checks import CHECKS
from simcore.words.events import EVENTS
from simcore.words.formats import formatted
from simcore.words.template import written
from simcore.world.bindings import METRIC_SLOTS
from simcore.world.encode import COMMANDS, SEVERITIES
from simcore.world.programs import programs


def rows_of(told: Floats, listed: int) -> list[list[float]]:
    first, rows, columns = (int(number) for number in told[listed : listed + 3])
    found: list[list[float]] = told[first : first + rows * columns].reshape(rows, columns).tolist()
    return found


def decode_list(told: Floats, topology: Topology) -> ServiceList:
    rows = []
    for s, health, up, desired, version, restarts in rows_of(told, t.LIST_ROWS):
        part = topology.parts[int(s)]
        rows.append(
            ServiceRow(
                part.name, WORDS[int(health)], int(up), int(desired), version_text(version), int(restarts), part.runtime
            )
        )
    return ServiceList(tuple(rows))


def decode_detail(told: Floats, topology: Topology) -> ServiceDetail:
    n, names = told[: t.DETAIL_AT].tolist(), topology.names
    canary = n[t.D_CANARY] == n[t.D_CANARY]
    return ServiceDetail(
        name=names[int(n[t.D_SERVICE])],
        health=WORDS[int(n[t.D_HEALTH])],
        version=version_text(n[t.D_VERSION]),
        replicas_ready=int(n[t.D_UP]),
        replicas_desired=int(n[t.D_DESIRED]),
        restarts=int(n[t.D_RESTARTS]),
        memory_limit=formatted(n[t.D_MEMORY], "Mi"),
        cpu_limit=formatted(n[t.D_CPU], "m"),
        depends_on=tuple(names[int(row[0])] for row in rows_of(told, t.D_CALLEES)),
        called_by=tuple(names[int(row[0])] for row in rows_of(told, t.D_CALLERS)),
        rollouts=tuple(Deploy(version_text(version), int(age)) for version, age in rows_of(told, t.D_ROLLOUTS)),
        config=tuple((SETTINGS[int(k)].name, SETTINGS[int(k)].shown(v)) for k, v in rows_of(told, t.D_CONFIG)),
        last_termination=_last_termination(n),
        events=tuple(_event(row) for row in rows_of(told, t.D_EVENTS)),
        runtime=topology.parts[int(n[t.D_SERVICE])].runtime,
        unhealthy_seconds=int(n[t.D_SICK]) if n[t.D_SICK] == n[t.D_SICK] else None,
        oldest_pod_seconds=int(n[t.D_OLDEST]),
        canary_version=version_text(n[t.D_CANARY_VERSION]) if canary else None,
        canary_percent=n[t.D_CANARY] if canary else None,
        config_changes=tuple(_config_change(row) for row in rows_of(told, t.D_CHANGES)),
    )


def _config_change(row: list[float]) -> ConfigChange:
    setting = SETTINGS[int(row[t.CHANGE_KEY])]
    old, new = setting.shown(row[t.CHANGE_OLD]), setting.shown(row[t.CHANGE_NEW])
    return ConfigChange(setting.name, old, new, int(row[t.CHANGE_AGO]))


def _last_termination(n: list[float]) -> LastTermination | None:
    if n[t.D_KILLED] != n[t.D_KILLED]:
        return None
    return LastTermination(t.KILLED_BY[int(n[t.D_KILLED])], t.EXIT_CODE, int(n[t.D_KILLED_AGO]))


def _event(row: list[float]) -> str:
    return written(EVENTS[int(row[0])], lambda field: row[1 + int(field)])


def decode_metrics(told: Floats, topology: Topology) -> Metrics:
    n = told[: t.METRICS_SERVICE + 1].tolist()
    values = {name: n[slot] if n[slot] == n[slot] else None for name, slot in METRIC_SLOTS.items()}
    return Metrics(topology.names[int(n[t.METRICS_SERVICE])], **values)  # type: ignore[arg-type]


def decode_diagnostic(told: Floats, topology: Topology) -> Diagnostic:
    s = int(told[f.F_SERVICE])
    checks = tuple(_check(row, topology, topology.parts[s].outside) for row in rows_of(told, f.F_CHECKS))
    return Diagnostic(topology.names[s], COMMANDS[int(told[f.F_COMMAND])], checks)


def _check(row: list[float], topology: Topology, outside: str) -> Check:
    code, ok, value, about, *numbers = row
    other = topology.names[int(about)] if about >= 0 else None
    fields = {"value": value, "about": other, "outside": outside, "0": numbers[0], "1": numbers[1], "2": numbers[2]}
    name, detail = CHECKS[int(code)]
    return Check(
        written(name, fields.__getitem__), ok > 0, written(detail, fields.__getitem__),
        value if value == value else None, other,
    )  # fmt: skip


def decode_logs(told: Floats, topology: Topology, own: tuple[tuple[str, str], ...]) -> Logs:
    lines, said = [], {}
    for ago, line, severity, _, first, second in rows_of(told, g.LOGS_ROWS):
        if (line, first) not in said:
            said[line, first] = _message(line, first, second, topology, own)
        lines.append(LogLine(ago, SEVERITIES[int(severity)], said[line, first]))
    return Logs(topology.names[int(told[g.LOGS_SERVICE])], tuple(lines))


def _message(line: float, first: float, second: float, topology: Topology, own: tuple[tuple[str, str], ...]) -> str:
    if line < 0:
        return own[int(g.OWN - line)][1]

    def field(name: str) -> float | str:
        return topology.names[int(first)] if name == "name" else (first, second)[int(name)]

    return written(programs().texts[int(line)], field)
