"""One short line for what a step showed: for status, tables and the console. The trace has the whole."""

from simcore.observation import (
    AlertNotice,
    ChangeReceipt,
    Declaration,
    Diagnostic,
    Logs,
    Metrics,
    Observation,
    Payload,
    ServiceDetail,
    ServiceList,
)

SUMMARY_LIMIT_CHARACTERS = 160
REASON_LIMIT_CHARACTERS = 240


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def summarise(observation: Observation) -> str:
    text = f"error: {observation.error}" if observation.error else _of_payload(observation.payload)
    return shorten(text, SUMMARY_LIMIT_CHARACTERS)


def _of_payload(payload: Payload | None) -> str:
    match payload:
        case ServiceList():
            return _service_list(payload)
        case ServiceDetail():
            return _service_detail(payload)
        case Logs():
            return _logs(payload)
        case Metrics():
            return _metrics(payload)
        case Diagnostic():
            return _diagnostic(payload)
        case ChangeReceipt() | Declaration():
            return payload.message
        case AlertNotice():
            return payload.title
        case None:
            return ""


def _service_list(listed: ServiceList) -> str:
    sick = [f"{row.name} {row.health}" for row in listed.services if row.health != "healthy"]
    return f"{len(listed.services)} services; " + (", ".join(sick) if sick else "all healthy")


def _service_detail(detail: ServiceDetail) -> str:
    ready = f"{detail.replicas_ready}/{detail.replicas_desired} ready"
    ended = f", last ended {detail.last_termination.reason}" if detail.last_termination else ""
    return f"{detail.health}, {detail.version}, {ready}, {detail.restarts} restarts{ended}"


def _logs(logs: Logs) -> str:
    if not logs.lines:
        return "no lines"
    return f"{len(logs.lines)} lines, newest: [{logs.lines[-1].severity}] {logs.lines[-1].message}"


def _metrics(metrics: Metrics) -> str:
    parts = [
        _part("cpu", metrics.cpu_percent, "%"),
        _part("memory", metrics.memory_mb, "MB", metrics.memory_limit_mb),
        _part("p99", metrics.latency_p99_ms, "ms"),
        _part("errors", metrics.error_rate_percent, "%"),
        _part("connections", metrics.active_connections, "", metrics.connection_limit),
    ]
    return ", ".join(part for part in parts if part) or "no series"


def _part(name: str, value: float | None, unit: str, limit: float | None = None) -> str:
    if value is None:
        return ""
    of = f"/{limit:.0f}" if limit is not None else ""
    return f"{name} {value:.0f}{of} {unit}".rstrip()


def _diagnostic(diagnostic: Diagnostic) -> str:
    failing = [f"{check.name}: {check.detail}" for check in diagnostic.checks if not check.ok]
    return f"{len(diagnostic.checks)} checks, " + ("; ".join(failing) if failing else "all passed")
