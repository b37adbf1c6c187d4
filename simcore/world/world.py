"""A world in motion: an incident, its state, and the few ways to move it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simcore.results import ServiceSnapshot, SloSnapshot, Snapshot
from simcore.scenarios.spec import ScenarioSpec
from simcore.world import kernel
from simcore.world import layout as at
from simcore.world.health import health
from simcore.world.incident import Incident, draw_incident, heal_by_itself
from simcore.world.layout import Floats, WorldState
from simcore.world.queueing import percentile_99

BLIP_S = 160.0
LONGEST_WAIT_FOR_ALERT_S = 2400.0


@dataclass(slots=True)
class World:
    """`start_s` is the kernel's time at which the alert fired: the episode's time 0."""

    incident: Incident
    state: WorldState
    slo: Floats
    start_s: float = 0.0

    @classmethod
    def draw(cls, spec: ScenarioSpec, name: str, seed: int, difficulty: float) -> "World":
        """A world at the moment its alert fires; what users lost until then counts too."""
        incident, state = draw_incident(spec, name, seed, difficulty)
        world = cls(incident, state, _objectives(*spec.entry_slo))
        world._wait_for_alert()
        world.start_s = float(state.clock[at.NOW_S])
        heal_by_itself(incident, state)
        return world

    def _wait_for_alert(self) -> None:
        """A fault pages when the entry's objectives have been broken for a while; a blip paged already."""
        if self.incident.kind == "NoFault":
            self._kernel(kernel.advance_to_alert, at.NEVER, BLIP_S)
        else:
            patience = 30.0 + 60.0 * self.incident.difficulty
            self._kernel(kernel.advance_to_alert, patience, LONGEST_WAIT_FOR_ALERT_S)

    def advance(self, seconds: float) -> None:
        if seconds > 0:
            self._kernel(kernel.advance, seconds)

    def _kernel(self, function: object, *numbers: float) -> None:
        s, t = self.state, self.incident.topology
        function(  # type: ignore[operator]
            s.services,
            s.pods,
            s.releases,
            s.rows,
            s.clock,
            s.history,
            s.history_times,
            t.calls,
            t.order,
            self.slo,
            *numbers,
        )

    def fork(self) -> "World":
        return World(self.incident, self.state.copy(), self.slo, self.start_s)

    @property
    def now(self) -> float:
        """Kernel time in seconds."""
        return float(self.state.clock[at.NOW_S])

    @property
    def sim_seconds(self) -> float:
        return round(self.now - self.start_s, 3)

    @property
    def user_minutes_lost(self) -> float:
        return float(self.state.clock[at.USER_MINUTES])

    def slo_met(self) -> bool:
        """Whether the entry keeps its objectives at this moment."""
        return bool(self.state.clock[at.SLO_BROKEN_S] == 0.0)

    def snapshot(self) -> Snapshot:
        services = tuple(self._service_snapshot(s) for s in range(len(self.incident.topology.names)))
        return Snapshot(self.sim_seconds, services, self._slo_snapshots(services), round(self.user_minutes_lost, 3))

    def _service_snapshot(self, s: int) -> ServiceSnapshot:
        row = self.state.services[s]
        return ServiceSnapshot(
            name=self.incident.topology.names[s],
            health=health(self.state.services, s),
            replicas_ready=int(row[at.UP]),
            replicas_desired=int(row[at.DESIRED]),
            version=self.incident.releases[s][int(row[at.RELEASE])][0],
            error_ratio=round(float(row[at.FAIL]), 6),
            latency_p99_ms=round(percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]), 3),
            memory_mb=round(float(row[at.MEM_MB]), 3),
            memory_limit_mb=round(float(row[at.MEM_LIMIT_MB]), 3),
            requests_per_second=round(float(row[at.OFFERED]), 3),
        )

    def _slo_snapshots(self, services: tuple[ServiceSnapshot, ...]) -> tuple[SloSnapshot, ...]:
        found = []
        for slo in self.incident.spec.slos:
            service = services[self.incident.topology.index[slo.service]]
            if slo.sli == "availability":
                value = 1.0 - service.error_ratio
                met = value >= slo.objective
            else:
                value = service.latency_p99_ms
                met = value <= slo.objective
            found.append(SloSnapshot(slo.service, slo.sli, slo.objective, round(value, 6), met))
        return tuple(found)


@lru_cache(maxsize=256)
def _objectives(availability: float, latency_p99_ms: float) -> Floats:
    """As the kernel takes them; shared by all worlds, which only read it."""
    return np.array([availability, latency_p99_ms])
