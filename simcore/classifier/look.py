"""What was seen of a system at one moment: the classifier's input. What nobody told is None or empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from simcore.observation import LogLine

DATABASES = ("postgres", "mysql", "mariadb", "mongodb")
GONE = ("crashed", "restarting")


@dataclass(frozen=True, slots=True)
class Figures:
    """Metrics of a service over the last seconds; `cpu_percent` of a core, or of its limit; memory in MiB."""

    cpu_percent: float | None = None
    memory_mb: float | None = None
    memory_limit_mb: float | None = None
    error_rate_percent: float | None = None
    latency_p99_ms: float | None = None
    active_connections: float | None = None
    connection_limit: float | None = None
    requests_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class ServiceLook:
    """A service. `released_seconds`: for how long its version has run, None where no rollout is known;
    `replicas_usual`: how many it has when nothing is the matter, None where nobody knows."""

    name: str
    health: str | None = None
    runtime: str = ""
    figures: Figures = Figures()
    lines: Sequence[LogLine] = ()
    calls: Sequence[str] = ()
    released_seconds: float | None = None
    replicas_ready: int | None = None
    replicas_desired: int | None = None
    replicas_usual: int | None = None

    @property
    def is_database(self) -> bool:
        return self.runtime in DATABASES


@dataclass(frozen=True)
class Look:
    """The services of a system, in any order."""

    services: Sequence[ServiceLook]

    @cached_property
    def by_name(self) -> Mapping[str, ServiceLook]:
        return {service.name: service for service in sorted(self.services, key=lambda one: one.name)}

    @cached_property
    def callers(self) -> Mapping[str, Sequence[str]]:
        """By service, those that call it."""
        return {
            name: [other.name for other in self.by_name.values() if name in other.calls and other.name != name]
            for name in self.by_name
        }

    def callees(self, service: str) -> Sequence[str]:
        return [name for name in sorted(set(self.by_name[service].calls)) if name in self.by_name and name != service]
