"""A world in motion: a plan, the buffer that holds all of it, and the few ways to move and read it."""

from dataclasses import dataclass

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel.advance import advance
from simcore.kernel.draw import draw
from simcore.kernel.health import WORDS
from simcore.kernel.layout import Floats
from simcore.kernel.queueing import percentile_99
from simcore.kernel.sections import Sections, sections
from simcore.results import ServiceSnapshot, SloSnapshot, Snapshot
from simcore.scenarios.compiled import Plan
from simcore.scenarios.spec import ScenarioSpec
from simcore.topologies.topology import Topology
from simcore.versions import version_text
from simcore.world.incident import Incident, read_incident


@dataclass(slots=True)
class World:
    """`buffer` is all that changes; a fork copies it. `noise_seed` is what instruments draw their errors from."""

    spec: ScenarioSpec
    plan: Plan
    buffer: Floats
    noise_seed: int

    @classmethod
    def empty(cls, spec: ScenarioSpec, plan: Plan) -> "World":
        return cls(spec, plan, np.empty_like(plan.usual), 0)

    def draw(self, settings: Floats, seed: int) -> None:
        """Begins anew, at the moment the alert fires."""
        p = self.plan
        self.noise_seed = seed
        draw(self.buffer, p.topology.graph, p.usual, p.rows, p.ranges, p.templates, p.wanted, p.targets, settings, seed)

    def advance(self, seconds: float) -> None:
        if seconds > 0:
            advance(self.buffer, self.plan.topology.graph, seconds)

    def fork(self) -> "World":
        return World(self.spec, self.plan, self.buffer.copy(), self.noise_seed)

    @property
    def topology(self) -> Topology:
        return self.plan.topology

    @property
    def state(self) -> Sections:
        return sections(self.buffer, self.plan.topology.graph)

    def releases(self, service: int) -> list[float]:
        """Numbers of the versions that a service can run."""
        row = at.MAX_RELEASES * at.RELEASE_COLUMNS
        first = at.SERVICES_AT + len(self.topology.names) * at.SERVICE_COLUMNS + service * row
        found: list[float] = self.buffer[first + at.VERSION : first + row : at.RELEASE_COLUMNS].tolist()
        return found

    @property
    def incident(self) -> Incident:
        facts = self.buffer[at.FACTS_AT : at.ROWS_AT]
        return read_incident(self.spec, self.plan.topology, self.plan.variants, facts)

    @property
    def sim_seconds(self) -> float:
        """Since the alert."""
        return round(float(self.buffer[at.NOW_S] - self.buffer[at.ALERT_S]), 3)

    @property
    def user_minutes_lost(self) -> float:
        return float(self.buffer[at.USER_MINUTES])

    def slo_met(self) -> bool:
        """Whether the entry keeps its objectives at this moment."""
        return bool(self.buffer[at.SLO_BROKEN_S] == 0.0)

    def snapshot(self) -> Snapshot:
        state = self.state
        services = tuple(self._service_snapshot(state, s) for s in range(len(self.topology.names)))
        return Snapshot(self.sim_seconds, services, self._slo_snapshots(services), round(self.user_minutes_lost, 3))

    def _service_snapshot(self, state: Sections, s: int) -> ServiceSnapshot:
        row = state.services[s]
        return ServiceSnapshot(
            name=self.topology.names[s],
            health=WORDS[int(row[at.HEALTH])],
            replicas_ready=int(row[at.UP]),
            replicas_desired=int(row[at.DESIRED]),
            version=version_text(state.releases[s, int(row[at.RELEASE]), at.VERSION]),
            error_ratio=round(float(row[at.FAIL]), 6),
            latency_p99_ms=round(percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]), 3),
            memory_mb=round(float(row[at.MEM_MB]), 3),
            memory_limit_mb=round(float(row[at.MEM_LIMIT_MB]), 3),
            requests_per_second=round(float(row[at.OFFERED]), 3),
        )

    def _slo_snapshots(self, services: tuple[ServiceSnapshot, ...]) -> tuple[SloSnapshot, ...]:
        found, entry = [], services[self.topology.entry]
        for slo in self.spec.slos:
            if slo.sli == "availability":
                value = 1.0 - entry.error_ratio
                met = value >= slo.objective
            else:
                value = entry.latency_p99_ms
                met = value <= slo.objective
            found.append(SloSnapshot(entry.name, slo.sli, slo.objective, round(value, 6), met))
        return tuple(found)
