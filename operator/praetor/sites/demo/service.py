"""A service of the site: its replicas, what they run, what they report."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from praetor.resources.ops import ServiceHealth, ServiceMetrics
from praetor.sites.demo.commands import Command
from praetor.sites.demo.lines import log_line
from praetor.sites.demo.replica import READY_SECONDS, Replica
from praetor.sites.demo.running import Place
from praetor.sites.demo.telemetry import Window, error_rate_percent, p99_ms, requests_per_second

KEPT_LINES = 2000
DEGRADED_PERCENT, UNHEALTHY_PERCENT = 5.0, 50.0
_HEALTH_SECONDS = 8.0


@dataclass
class Service:
    """`command(number)` starts replica `number`."""

    name: str
    command: Callable[[int], Command]
    memory_limit_mb: int
    place: Place
    version: str
    versions: tuple[str, ...]
    calls: tuple[str, ...] = ()
    changed: Callable[[], None] = lambda: None
    """Told when a replica comes or goes."""
    most_replicas: int = 8
    wanted: int = 1
    replicas: list[Replica] = field(default_factory=list)
    leaving: list[Replica] = field(default_factory=list)
    window: Window = field(default_factory=Window)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    runtime: str | None = None
    previous_version: str | None = None
    version_since: float | None = None
    """When a rollout brought the version that runs, on the monotonic clock."""
    _ran: str | None = None

    async def start(self) -> None:
        """Returns when every replica is ready, or is known not to become so."""
        if self._ran not in (None, self.version):
            self.previous_version, self.version_since = self._ran, time.monotonic()
        self._ran = self.version
        self.replicas = [self._replica(number) for number in range(self.wanted)]
        for one in self.replicas:
            one.start()
        await self._ready()

    def forget_rollouts(self) -> None:
        """What is put back was never away."""
        self.previous_version, self.version_since, self._ran = None, None, self.version

    async def stop(self) -> None:
        await asyncio.gather(*(one.stop() for one in (*self.replicas, *self.leaving)))
        self.replicas = []
        self.changed()

    async def restart(self) -> None:
        """All replicas anew, with what is wanted now of version and limit; the old ones serve until these do."""
        async with self.busy:
            self.told("INFO", f"restarting {self.name} {self.version} with {self.memory_limit_mb} MiB")
            self.leaving = self.replicas
            await self.start()
            leaving, self.leaving = self.leaving, []
            self.window.clear()
            self.changed()
            await asyncio.gather(*(one.stop() for one in leaving))

    async def scale(self, replicas: int) -> None:
        async with self.busy:
            self.told("INFO", f"scaling {self.name} from {self.wanted} to {replicas}")
            self.wanted = replicas
            spare = self.replicas[replicas:]
            self.replicas = self.replicas[:replicas]
            self.changed()
            await asyncio.gather(*(one.stop() for one in spare))
            for number in range(len(self.replicas), replicas):
                self.replicas.append(self._replica(number))
                self.replicas[-1].start()
            await self._ready()

    async def _ready(self) -> None:
        waiting = [asyncio.create_task(one.ready.wait()) for one in self.replicas]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=READY_SECONDS)
            for task in late:
                task.cancel()
        self.changed()

    def _replica(self, number: int) -> Replica:
        return Replica(
            f"{self.name}-{number}",
            lambda: self.command(number),
            lambda: self.memory_limit_mb,
            self.place,
            self.heard,
            self.lines.append,
            self.told,
        )

    def heard(self, told: dict[str, Any]) -> None:
        if "ready" in told:
            self.changed()
        else:
            self.window.add(told["requests"], told["failed"], told["milliseconds"], told["under_way"])

    def told(self, severity: str, text: str) -> None:
        self.lines.append(log_line(severity, self.name, text))
        self.changed()

    def look(self) -> None:
        for one in (*self.replicas, *self.leaving):
            one.look()

    def serving(self) -> list[Replica]:
        """The old ones, while they wait for the new."""
        return [one for one in self.leaving or self.replicas if one.running]

    def ports(self) -> tuple[int, ...]:
        return tuple(one.port for one in self.serving() if one.port is not None)

    def health(self) -> ServiceHealth:
        if any(one.pausing for one in self.leaving or self.replicas):
            return "crashed"
        if self.wanted and not self.serving():
            return "restarting"
        rate = error_rate_percent(self.window.recent(_HEALTH_SECONDS))
        if rate >= UNHEALTHY_PERCENT or not self.wanted:
            return "unhealthy"
        return "degraded" if rate >= DEGRADED_PERCENT else "healthy"

    def metrics(self) -> ServiceMetrics:
        recent = self.window.recent()
        usages = [one.usage for one in self.leaving or self.replicas if one.usage is not None]
        newest = [one.under_way for one in recent[-len(self.replicas) :]] if self.replicas else []
        return ServiceMetrics(
            cpu_percent=round(sum(one.cpu_percent for one in usages), 2),
            memory_mb=round(max((one.memory_mb for one in usages), default=0.0), 1),
            memory_limit_mb=float(self.memory_limit_mb),
            error_rate_percent=error_rate_percent(recent),
            request_latency_p99_ms=p99_ms(recent),
            active_connections=float(sum(newest)),
            requests_per_second=requests_per_second(recent, self._observed_seconds(recent)),
        )

    def _observed_seconds(self, recent: list[Any]) -> float:
        """The time that the reports cover: a service that has just started is not idle."""
        return max(1.0, time.monotonic() - recent[0].at + 1.0) if recent else 1.0
