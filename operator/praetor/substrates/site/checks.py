"""Diagnostics of a site: its contract has none, so that they say what metrics and log lines show."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from praetor.resources.ops import ServiceFacts, ServiceMetrics
from simcore.observation import Check, Diagnostic, LogLine

_RECENT_S = 120.0
_NEARLY, _FAILING_PERCENT, _SLOW_MS = 0.95, 5.0, 400.0


class Sign(BaseModel):
    """A row of signs.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    command: str
    phrases: tuple[str, ...]
    detail: str
    value: float | None = None
    of: str = "writer"

    def seen_in(self, lines: Sequence[LogLine]) -> LogLine | None:
        """The newest recent line that shows it."""
        for line in reversed(lines):
            text = line.message.lower()
            if line.seconds_ago <= _RECENT_S and any(phrase in text for phrase in self.phrases):
                return line
        return None


@cache
def signs() -> tuple[Sign, ...]:
    rows = yaml.safe_load(Path(__file__).with_name("signs.yaml").read_text())
    return tuple(Sign.model_validate(row) for row in rows)


def diagnosed(
    service: str,
    command: str,
    metrics: ServiceMetrics,
    lines: Sequence[LogLine],
    facts: ServiceFacts | None,
    health: Mapping[str, str],
) -> Diagnostic:
    """`lines` are the service's own, `health` that of all services by name."""
    always = {"check_health": _health, "check_resources": _resources}.get(command)
    checks = list(always(service, metrics, health)) if always else []
    checks += _shown(service, command, lines)
    if command == "check_connectivity":
        checks += _calls(lines, facts, health)
    return Diagnostic(service, command, tuple(checks) or (Check(command, True, "nothing to be seen"),))


def _health(service: str, metrics: ServiceMetrics, health: Mapping[str, str]) -> Iterator[Check]:
    yield Check("readiness", health[service] == "healthy", health[service])
    if metrics.error_rate_percent is not None:
        share = metrics.error_rate_percent / 100.0
        yield Check("requests", share < _FAILING_PERCENT / 100.0, f"{metrics.error_rate_percent:.1f} % fail", share)
    if metrics.request_latency_p99_ms is not None:
        p99 = metrics.request_latency_p99_ms
        yield Check("latency", p99 < _SLOW_MS, f"p99 {p99:.0f} ms", p99)


def _resources(service: str, metrics: ServiceMetrics, health: Mapping[str, str]) -> Iterator[Check]:
    used, limit = metrics.memory_mb, metrics.memory_limit_mb
    if used is not None and limit:
        yield Check("memory", used < 0.9 * limit, f"{used:.0f}Mi of {limit:.0f}Mi", used / limit)
    if metrics.cpu_percent is not None:
        yield Check("cpu", metrics.cpu_percent < 90, f"{metrics.cpu_percent:.0f} % of a core", metrics.cpu_percent)
    open_now, most = metrics.active_connections, metrics.connection_limit
    if open_now is not None and most:
        yield Check("connections", open_now < _NEARLY * most, f"{open_now:.0f} of {most:.0f}", open_now / most)


def _shown(service: str, command: str, lines: Sequence[LogLine]) -> Iterator[Check]:
    for sign in signs():
        line = sign.seen_in(lines) if sign.command == command and sign.of == "writer" else None
        if line is not None:
            yield Check(sign.name, False, f"{sign.detail} ({line.message[-160:]})", sign.value)


def _calls(lines: Sequence[LogLine], facts: ServiceFacts | None, health: Mapping[str, str]) -> Iterator[Check]:
    """The way to each service that it calls, as far as its own log tells."""
    certificate = next(sign for sign in signs() if sign.name == "certificate").seen_in(lines)
    names = next(sign for sign in signs() if sign.name == "resolve").seen_in(lines)
    for callee in facts.calls if facts else ():
        if certificate is not None:
            yield Check(f"connect {callee}", False, "TLS handshake fails: certificate has expired", 1.0, callee)
        elif names is not None:
            yield Check(f"connect {callee}", False, "name does not resolve", 1.0, callee)
        else:
            yield Check(
                f"connect {callee}", health.get(callee) == "healthy", health.get(callee, "unknown"), None, callee
            )
