"""Where the fields of each read's payload stand among the slots that `simcore.kernel.told` tells."""

from collections.abc import Mapping
from dataclasses import dataclass

from simcore.kernel import drawn_lines as g
from simcore.kernel import fill, step
from simcore.kernel import found as f
from simcore.kernel import observe as o
from simcore.kernel import told as t
from simcore.kernel.health import WORDS
from simcore.settings import CONFIG_KEYS, SETTINGS
from simcore.words import observations as says
from simcore.words.checks import CHECKS
from simcore.words.events import EVENTS
from simcore.words.template import Template
from simcore.world.encode import COMMANDS, SEVERITIES


@dataclass(frozen=True, slots=True)
class As:
    """A number in a format of its own."""

    slot: int
    form: str


@dataclass(frozen=True, slots=True)
class Label:
    """What a service is called, runs on or asks outside: `slot` has its number."""

    slot: int
    kind: int = fill.NAME


@dataclass(frozen=True, slots=True)
class Word:
    slot: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One of several texts, whose fields have bindings of their own."""

    slot: int
    texts: tuple[str, ...]
    fields: Mapping[str, int | Label]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the table of log lines: `slot` has its row."""

    slot: int


@dataclass(frozen=True, slots=True)
class Rows:
    """A list (its first slot, its rows, its columns stand from `slot` on), and the bindings of what its rows have."""

    slot: int
    fields: Mapping[str, "Binding"]


Binding = int | str | As | Label | Word | Said | LogLine | Rows
"""A slot whose format the template gives, or a text that is always the same, or one of the above."""
Bindings = Mapping[str, Binding]

CHECK_FIELDS: Mapping[str, int | Label] = {
    "value": f.C_VALUE, "about": Label(f.C_ABOUT), "outside": Label(f.C_SECOND, fill.OUTSIDE),
    "0": f.C_FIRST, "1": f.C_SECOND, "2": f.C_THIRD,
}  # fmt: skip
LINE_FIELDS: Mapping[str, int | Label] = {"0": g.G_FIRST, "1": g.G_SECOND, "name": Label(g.G_FIRST)}


def _setting(key_slot: int, value_slot: int) -> Said:
    return Said(key_slot, tuple(f"{{value:{one.form}}}" for one in SETTINGS), {"value": value_slot})


METRIC_SLOTS: dict[str, int] = {
    "age_seconds": o.M_AGE, "window_seconds": o.M_WINDOW, "cpu_percent": o.M_CPU, "memory_mb": o.M_MEMORY,
    "memory_limit_mb": o.M_MEMORY_LIMIT, "latency_p50_ms": o.M_P50, "latency_p99_ms": o.M_P99,
    "error_rate_percent": o.M_ERRORS, "active_connections": o.M_CONNS, "connection_limit": o.M_CONN_LIMIT,
    "requests_per_second": o.M_RPS, "memory_mb_before": o.M_MEMORY_BEFORE, "latency_p99_ms_before": o.M_P99_BEFORE,
    "error_rate_percent_before": o.M_ERRORS_BEFORE, "active_connections_before": o.M_CONNS_BEFORE,
    "replicas_ready_before": o.M_READY_BEFORE, "cpu_percent_before": o.M_CPU_BEFORE,
    "requests_per_second_before": o.M_RPS_BEFORE, "cpu_throttled_percent": o.M_THROTTLED,
    "threads_busy_percent": o.M_THREADS, "disk_used_percent": o.M_DISK, "cache_hit_percent": o.M_HIT,
    "consumer_lag": o.M_LAG, "replica_lag_seconds": o.M_REPLICA_LAG,
}  # fmt: skip

_SERVICES: Bindings = {
    "services": Rows(t.LIST_ROWS, {
        "name": Label(t.L_SERVICE), "health": Word(t.L_HEALTH, WORDS), "replicas_ready": t.L_UP,
        "replicas_desired": t.L_DESIRED, "version": As(t.L_VERSION, "version"), "restarts": t.L_RESTARTS,
        "runtime": Label(t.L_SERVICE, fill.RUNTIME),
    }),
}  # fmt: skip
_DETAIL: Bindings = {
    "name": Label(t.D_SERVICE), "runtime": Label(t.D_SERVICE, fill.RUNTIME), "health": Word(t.D_HEALTH, WORDS),
    "version": As(t.D_VERSION, "version"), "replicas_ready": t.D_UP, "replicas_desired": t.D_DESIRED,
    "restarts": t.D_RESTARTS, "memory_limit": As(t.D_MEMORY, "Mi"), "cpu_limit": As(t.D_CPU, "m"),
    "depends_on": Rows(t.D_CALLEES, {"it": Label(0)}), "called_by": Rows(t.D_CALLERS, {"it": Label(0)}),
    "rollouts": Rows(t.D_ROLLOUTS, {"version": As(0, "version"), "seconds_ago": 1}),
    "config": Rows(t.D_CONFIG, {"0": Word(0, CONFIG_KEYS), "1": _setting(0, 1)}),
    "config_changes": Rows(t.D_CHANGES, {
        "key": Word(t.CHANGE_KEY, CONFIG_KEYS), "old": _setting(t.CHANGE_KEY, t.CHANGE_OLD),
        "new": _setting(t.CHANGE_KEY, t.CHANGE_NEW), "seconds_ago": t.CHANGE_AGO,
    }),
    "canary_version": As(t.D_CANARY_VERSION, "version"), "canary_percent": t.D_CANARY,
    "unhealthy_seconds": t.D_SICK, "oldest_pod_seconds": t.D_OLDEST, "last_termination": t.D_KILLED,
    "last_termination.reason": As(t.D_KILLED, "|".join(t.KILLED_BY)),
    "last_termination.exit_code": str(t.EXIT_CODE),
    "last_termination.seconds_ago": t.D_KILLED_AGO,
    "events": Rows(t.D_EVENTS, {
        "it": Said(0, tuple(EVENTS[code] for code in range(len(EVENTS))), {"0": 1, "1": 2, "2": 3}),
    }),
}  # fmt: skip
_LOGS: Bindings = {
    "service": Label(g.LOGS_SERVICE),
    "lines": Rows(g.LOGS_ROWS, {
        "seconds_ago": g.G_AGO, "severity": Word(g.G_SEVERITY, SEVERITIES), "service": Label(g.G_SERVICE),
        "message": LogLine(g.G_LINE),
    }),
}  # fmt: skip
_METRICS: Bindings = {**METRIC_SLOTS, "service": Label(t.METRICS_SERVICE)}
_CHECK_TEXTS = tuple(CHECKS[code] for code in range(f.CHECK_COUNT))
_DIAGNOSTIC: Bindings = {
    "command": Word(f.F_COMMAND, COMMANDS), "service": Label(f.F_SERVICE),
    "checks": Rows(f.F_CHECKS, {
        "ok": f.C_OK,
        "name": Said(f.C_CODE, tuple(words.name for words in _CHECK_TEXTS), CHECK_FIELDS),
        "detail": Said(f.C_CODE, tuple(words.detail for words in _CHECK_TEXTS), CHECK_FIELDS),
    }),
}  # fmt: skip

READS: dict[int, tuple[Template, Bindings]] = {
    step.LIST: (says.SERVICES, _SERVICES),
    step.DESCRIBE: (says.DETAIL, _DETAIL),
    step.LOGS: (says.LOGS, _LOGS),
    step.METRICS: (says.METRICS, _METRICS),
    step.DIAGNOSTIC: (says.DIAGNOSTIC, _DIAGNOSTIC),
}
