"""What a policy sees. Structured first; `.text` is rendered for people and models only when it is read."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """The page that opens an incident: symptoms, never the answer."""

    title: str
    service: str
    severity: str
    description: str


@dataclass(slots=True)
class ServiceRow:
    name: str
    health: str
    replicas_ready: int
    replicas_desired: int
    version: str
    restarts: int
    runtime: str = ""


@dataclass(frozen=True, slots=True)
class ServiceList:
    services: tuple[ServiceRow, ...]


@dataclass(frozen=True, slots=True)
class Deploy:
    """A line of a service's rollout history."""

    version: str
    seconds_ago: float


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """Who changed what is in no trail; what and when is."""

    key: str
    old: str
    new: str
    seconds_ago: float


@dataclass(frozen=True, slots=True)
class LastTermination:
    reason: str
    exit_code: int
    seconds_ago: float


@dataclass(frozen=True, slots=True)
class ServiceDetail:
    name: str
    health: str
    version: str
    replicas_ready: int
    replicas_desired: int
    restarts: int
    memory_limit: str
    cpu_limit: str
    depends_on: tuple[str, ...]
    called_by: tuple[str, ...]
    rollouts: tuple[Deploy, ...]
    config: tuple[tuple[str, str], ...]
    last_termination: LastTermination | None
    events: tuple[str, ...]
    runtime: str = ""
    unhealthy_seconds: float | None = None
    oldest_pod_seconds: float | None = None
    canary_version: str | None = None
    canary_percent: float | None = None
    config_changes: tuple[ConfigChange, ...] = ()


@dataclass(slots=True)
class LogLine:
    seconds_ago: float
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Logs:
    service: str
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """The newest scrape, `age_seconds` old; a missing series is None; `_before` is `window_seconds` earlier."""

    service: str
    age_seconds: float
    window_seconds: float
    cpu_percent: float | None
    memory_mb: float | None
    memory_limit_mb: float | None
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    error_rate_percent: float | None
    active_connections: float | None
    connection_limit: float | None
    requests_per_second: float | None
    memory_mb_before: float | None
    latency_p99_ms_before: float | None
    error_rate_percent_before: float | None
    active_connections_before: float | None
    replicas_ready_before: float | None
    cpu_percent_before: float | None = None
    requests_per_second_before: float | None = None
    cpu_throttled_percent: float | None = None
    threads_busy_percent: float | None = None
    disk_used_percent: float | None = None
    cache_hit_percent: float | None = None
    consumer_lag: float | None = None
    replica_lag_seconds: float | None = None


@dataclass(slots=True)
class Check:
    """`value` is the number that `detail` speaks of, in the unit that it names; `about` another service it names."""

    name: str
    ok: bool
    detail: str
    value: float | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    service: str
    command: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ChangeReceipt:
    """A change was accepted; its effect comes over time."""

    service: str
    change: str
    message: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """The policy has declared; what it declared is graded, and not told here."""

    message: str


_NOTHING: Mapping[str, str] = MappingProxyType({})
Payload = ServiceList | ServiceDetail | Logs | Metrics | Diagnostic | ChangeReceipt | Declaration | AlertNotice


class Observation:
    """`kind` is `alert`, the action's type, or `error`; then `error` says what was wrong and `payload` is None.

    `payload` may be given as a function of nothing, which is called when the payload is first asked for, and `written`
    as one that gives the payload's text without it, or None. `missing` has the actions that this system cannot carry
    out, each with the reason; of most systems there are none.
    """

    __slots__ = ("_payload", "_written", "alerts", "error", "kind", "max_steps", "missing", "sim_seconds", "step")

    def __init__(
        self,
        kind: str,
        step: int,
        max_steps: int,
        sim_seconds: float,
        payload: Payload | Callable[[], Payload] | None = None,
        error: str | None = None,
        alerts: tuple[str, ...] = (),
        written: Callable[[], str | None] | None = None,
        missing: Mapping[str, str] = _NOTHING,
    ) -> None:
        self.kind, self.step, self.max_steps, self.sim_seconds = kind, step, max_steps, sim_seconds
        self._payload, self.error, self.alerts, self._written = payload, error, alerts, written
        self.missing = missing

    @property
    def payload(self) -> Payload | None:
        if callable(self._payload):
            self._payload = self._payload()
        return self._payload

    @property
    def text(self) -> str:
        from simcore.rendering import render  # rendering knows observations; only a reader needs it

        return render(self, self._written() if self._written is not None else None)

    def to_json(self) -> dict[str, Any]:
        payload = self.payload
        return {
            "kind": self.kind,
            "step": self.step,
            "max_steps": self.max_steps,
            "sim_seconds": self.sim_seconds,
            "payload": asdict(payload) if payload is not None else None,
            "error": self.error,
            "alerts": list(self.alerts),
            **({"missing": dict(self.missing)} if self.missing else {}),
        }
