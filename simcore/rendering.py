"""Observations as text for people and models: short, aligned, newest log line last."""

from collections.abc import Callable
from typing import Any

from simcore.observation import (
    AlertNotice,
    ChangeReceipt,
    Declaration,
    Diagnostic,
    Logs,
    Metrics,
    Observation,
    ServiceDetail,
    ServiceList,
)  # fmt: skip


def render(observation: Observation) -> str:
    """The text of an observation; its first line says where the episode stands."""
    head = f"[step {observation.step}/{observation.max_steps}, t={observation.sim_seconds:.0f}s]"
    if observation.error is not None:
        return f"{head} error: {observation.error}"
    body = _RENDERERS[type(observation.payload)](observation.payload)
    firing = f"\nfiring: {'; '.join(observation.alerts)}" if observation.alerts else ""
    return f"{head} {body}{firing}{_missing(observation)}"


def _missing(observation: Observation) -> str:
    """Told where a reader plans what to do: with the page and with the list."""
    if not observation.missing or observation.kind not in ("alert", "list_services"):
        return ""
    return f"\nnot offered here: {', '.join(sorted(observation.missing))}"


def _alert(alert: AlertNotice) -> str:
    return f"ALERT ({alert.severity}) {alert.title}\n{alert.description}"


def _services(listed: ServiceList) -> str:
    rows = [
        f"{row.name:<22}{row.health:<12}{row.replicas_ready}/{row.replicas_desired:<4}{row.version:<10}"
        f"{row.restarts:<3} {row.runtime}".rstrip()
        for row in listed.services
    ]
    return "\n".join(["services (name, health, ready/desired, version, restarts, runtime)", *rows])


def _detail(detail: ServiceDetail) -> str:
    rollouts = "; ".join(f"{deploy.version} {_ago(deploy.seconds_ago)}" for deploy in detail.rollouts)
    runtime = f" ({detail.runtime})" if detail.runtime else ""
    return "\n".join(
        [
            f"{detail.name}{runtime}: {detail.health}, version {detail.version}, "
            f"{detail.replicas_ready}/{detail.replicas_desired} ready, {detail.restarts} restarts",
            f"limits: memory {detail.memory_limit}, cpu {detail.cpu_limit}",
            f"calls: {', '.join(detail.depends_on) or 'nobody'}; called by: {', '.join(detail.called_by) or 'users'}",
            f"rollouts: {rollouts}",
            f"config: {', '.join(f'{key}={value}' for key, value in detail.config)}",
            *_lately(detail),
            *(f"event: {event}" for event in detail.events),
        ]
    )


def _lately(detail: ServiceDetail) -> list[str]:
    """What has not always been so."""
    lines = [f"changed: {c.key} from {c.old} to {c.new} {_ago(c.seconds_ago)}" for c in detail.config_changes]
    if detail.canary_version is not None:
        lines.append(f"canary: {detail.canary_version} takes {_value(detail.canary_percent, '%')} of the requests")
    if detail.unhealthy_seconds is not None:
        lines.append(f"trouble began {_ago(detail.unhealthy_seconds)}")
    if detail.oldest_pod_seconds is not None:
        lines.append(f"oldest pod started {_ago(detail.oldest_pod_seconds)}")
    last = detail.last_termination
    if last is not None:
        lines.append(f"last termination: {last.reason} (exit {last.exit_code}) {_ago(last.seconds_ago)}")
    return lines


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago" if seconds < 172_800 else f"{seconds / 86_400:.0f} days ago"


def _logs(logs: Logs) -> str:
    lines = [f"-{line.seconds_ago:.0f}s [{line.severity}] {logs.service} - {line.message}" for line in logs.lines]
    return "\n".join([f"logs of {logs.service} ({len(lines)} lines, newest last)", *lines])


def _metrics(m: Metrics) -> str:
    limit = "" if m.connection_limit is None else f" of {m.connection_limit:.0f}"
    return "\n".join(
        [
            f"metrics of {m.service} ({m.age_seconds:.0f} s old, before = {m.window_seconds:.0f} s earlier)",
            f"cpu {_value(m.cpu_percent, '%')} (before {_value(m.cpu_percent_before, '%')}), "
            f"throttled {_value(m.cpu_throttled_percent, '%')}",
            f"memory {_value(m.memory_mb, 'Mi')} of {_value(m.memory_limit_mb, 'Mi')} "
            f"(before {_value(m.memory_mb_before, 'Mi')})",
            f"latency p50 {_value(m.latency_p50_ms, 'ms')}, p99 {_value(m.latency_p99_ms, 'ms')} "
            f"(before {_value(m.latency_p99_ms_before, 'ms')})",
            f"errors {_value(m.error_rate_percent, '%')} (before {_value(m.error_rate_percent_before, '%')})",
            f"connections {_value(m.active_connections, '')}{limit} (before {_value(m.active_connections_before, '')})",
            f"requests {_value(m.requests_per_second, '/s')} (before {_value(m.requests_per_second_before, '/s')}); "
            f"pods ready before {_value(m.replicas_ready_before, '')}",
            f"threads busy {_value(m.threads_busy_percent, '%')}, disk used {_value(m.disk_used_percent, '%')}",
            *_of_some(m),
        ]
    )


def _of_some(m: Metrics) -> list[str]:
    """Series that only caches, consumers and databases with a replica have."""
    found = {
        "cache hits": (m.cache_hit_percent, "%"),
        "consumer lag": (m.consumer_lag, ""),
        "replica lag": (m.replica_lag_seconds, "s"),
    }
    return [f"{name} {_value(value, unit)}" for name, (value, unit) in found.items() if value is not None]


def _value(value: float | None, unit: str) -> str:
    return "no data" if value is None else f"{value:.1f}{' ' if unit and unit != '%' else ''}{unit}"


def _diagnostic(diagnostic: Diagnostic) -> str:
    lines = [f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}" for check in diagnostic.checks]
    return "\n".join([f"{diagnostic.command} on {diagnostic.service}", *lines])


def _receipt(receipt: ChangeReceipt) -> str:
    return f"accepted: {receipt.message}; look again for the effect"


def _declaration(declaration: Declaration) -> str:
    return declaration.message


_RENDERERS: dict[type, Callable[[Any], str]] = {
    AlertNotice: _alert,
    ServiceList: _services,
    ServiceDetail: _detail,
    Logs: _logs,
    Metrics: _metrics,
    Diagnostic: _diagnostic,
    ChangeReceipt: _receipt,
    Declaration: _declaration,
}
