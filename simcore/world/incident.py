"""Drawing an incident: from a scenario, a seed and a difficulty to facts that stay and a world at its beginning."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from simcore.results import CauseName
from simcore.scenarios.spec import ScenarioSpec, Variant
from simcore.world import layout as at
from simcore.world.kernel import advance
from simcore.world.layout import WorldState
from simcore.world.mechanisms import MECHANISMS, Mechanism, Place, Row
from simcore.world.random import Draws, stream_seed
from simcore.world.topology import SHOP, Topology

Kind = Literal["Fault", "SelfHealing", "NoFault"]
QUOTA_HEADROOM = 1.25
NODES_HEADROOM = 1.4  # a quota above what the nodes have admits no more than they hold
SETTLING_S = 10.0
AT_REST_AFTER_S = 300.0
LONG_AGO_S = -1e7  # when the pods of a world at rest were started
_VERSIONS = tuple(
    (f"v2.{minor}.{patch}", f"v2.{minor + 1}.{newer}")
    for minor in (1, 2, 3)
    for patch in range(6)
    for newer in range(3)
)
"""A release and the one after it."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What is true of an episode from its first second to its last."""

    spec: ScenarioSpec
    seed: int
    difficulty: float
    topology: Topology
    kind: Kind
    variant: Variant
    mechanism: Mechanism
    target: int
    victims: tuple[int, ...]
    parameters: dict[str, float]
    releases: tuple[tuple[tuple[str, float], ...], ...]
    chronic: tuple[int, ...]
    alert_draw: tuple[float, float, float]
    noise_seed: int
    heals_after_s: float

    @property
    def truth(self) -> tuple[CauseName, ...]:
        """The causes; empty when nothing is broken for good."""
        return (self.cause,) if self.kind == "Fault" else ()

    @property
    def cause(self) -> CauseName:
        """The mechanism that was drawn, and where; one of the whole namespace stands where it is felt first."""
        place = self.victims[0] if self.mechanism.namespace_wide else self.target
        return CauseName(self.topology.names[place], self.mechanism.name, self.mechanism.mechanism_class)

    @property
    def cause_services(self) -> frozenset[str]:
        """Services that a right declaration may name."""
        places = self.victims if self.mechanism.namespace_wide else (self.target,)
        return frozenset(self.topology.names[place] for place in places)

    @property
    def relevant(self) -> frozenset[int]:
        """Services where evidence of the cause is to be found."""
        return frozenset((self.target, *self.victims))


def draw_incident(spec: ScenarioSpec, name: str, seed: int, difficulty: float) -> tuple[Incident, WorldState]:
    """The incident and its world, a little before the fault begins. A pure function of its arguments."""
    noise_seed = stream_seed(seed, round(difficulty * 1e6), _text_number(name))
    draws = Draws(noise_seed)
    topology = SHOP
    kind = _draw_kind(spec, draws)
    variant = _draw_variant(spec, kind, draws)
    mechanism = MECHANISMS[variant.mechanism]
    target = topology.index[variant.targets[draws.index(len(variant.targets))]]
    place = Place(topology, target, _draw_victims(topology, mechanism, target, draws))
    given = _draw_parameters(variant, mechanism, draws)
    incident = Incident(
        spec, seed, difficulty, topology, kind, variant, mechanism, target, place.victims, given,
        _draw_releases(topology, target if mechanism.by_release else None, given["onset_seconds"], difficulty, draws),
        _draw_chronic(topology, difficulty, draws),
        (draws.unit(), draws.unit(), draws.unit()),
        noise_seed,
        draws.between(30.0, 150.0),
    )  # fmt: skip
    state = _initial_state(topology, difficulty, draws)
    begin = -given["onset_seconds"] - SETTLING_S if kind != "NoFault" else -120.0 - SETTLING_S
    state.clock[at.NOW_S] = begin
    write_rows(state, _blip(target) if kind == "NoFault" else mechanism.rows(place, given))
    return incident, state


def heal_by_itself(incident: Incident, state: WorldState) -> None:
    """To be called when the alert fires: what heals by itself begins to a little later, whoever does what."""
    if incident.kind != "SelfHealing":
        return
    after = incident.heals_after_s + float(state.clock[at.NOW_S])
    place = Place(incident.topology, incident.target, incident.victims)
    rows = incident.mechanism.rows(place, incident.parameters)
    write_rows(state, _undo(rows, _template(incident.topology.names), after), first=len(rows))


@lru_cache(maxsize=256)
def _text_number(text: str) -> int:
    return int.from_bytes(text.encode()[:7].ljust(7, b"\0"), "big") ^ sum(
        byte << (index % 48) for index, byte in enumerate(text.encode())
    )


def _draw_kind(spec: ScenarioSpec, draws: Draws) -> Kind:
    unit = draws.unit()
    if unit < spec.no_fault_share:
        return "NoFault"
    return "SelfHealing" if unit < spec.no_fault_share + spec.self_healing_share else "Fault"


def _draw_variant(spec: ScenarioSpec, kind: Kind, draws: Draws) -> Variant:
    """By weight; what heals by itself is never a release, for a release stays until somebody acts."""
    fitting = [v for v in spec.variants if kind != "SelfHealing" or not MECHANISMS[v.mechanism].by_release]
    fitting = fitting or list(spec.variants)
    left = draws.unit() * sum(variant.weight for variant in fitting)
    for variant in fitting:
        left -= variant.weight
        if left < 0:
            return variant
    return fitting[-1]


def _draw_victims(topology: Topology, mechanism: Mechanism, target: int, draws: Draws) -> tuple[int, ...]:
    first, second, both = draws.unit(), draws.unit(), draws.chance(0.5)
    if not mechanism.has_victims:
        return ()
    spared = {target, topology.entry, topology.database, *topology.callees(topology.entry)}
    innocent = [s for s in range(len(topology.names)) if s not in spared]
    one = innocent.pop(int(first * len(innocent)))
    return (one, innocent[int(second * len(innocent))]) if both else (one,)


def _draw_parameters(variant: Variant, mechanism: Mechanism, draws: Draws) -> dict[str, float]:
    given = {}
    for name, bounds in mechanism.parameters.items():
        own = variant.parameters.get(name)
        low, high = (own.low, own.high) if own else bounds
        given[name] = draws.between(low, high)
    return given


def _draw_releases(
    topology: Topology, guilty: int | None, onset: float, difficulty: float, draws: Draws
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """(version, rolled out at) of every service, oldest first; some innocent ones are recent, more when it is hard."""
    lists = []
    recently = 0.1 + 0.3 * difficulty
    count = len(topology.names)
    columns = zip(draws.units(count), draws.units(count), draws.units(count), strict=True)
    for service, (which, age, recent) in enumerate(columns):
        old, new = _VERSIONS[int(which * len(_VERSIONS))]
        if service == guilty:
            rolled_out = -onset
        elif recent < recently and service != topology.database:
            rolled_out = -300.0 - 2400.0 * age
        else:
            rolled_out = -86_400.0 * (1.0 + 20.0 * age)
        lists.append(((old, -86_400.0 * (25.0 + 30.0 * which)), (new, rolled_out)))
    return tuple(lists)


def _draw_chronic(topology: Topology, difficulty: float, draws: Draws) -> tuple[int, ...]:
    """Services that have been warning about something harmless for weeks."""
    often = 0.15 + 0.4 * difficulty
    return tuple(s for s, unit in enumerate(draws.units(len(topology.names))) if unit < often)


@lru_cache(maxsize=8)
def _template(topology_names: tuple[str, ...]) -> WorldState:
    """A healthy world of the shop, at rest; episodes start from a copy."""
    topology = SHOP
    state = at.empty_state(len(topology_names))
    services = state.services
    services[:, at.DESIRED] = topology.replicas
    services[:, at.PODS] = topology.replicas
    services[:, at.READY] = topology.replicas
    services[:, at.WORKERS] = 32.0
    services[:, at.WORK_MS] = topology.work_ms
    services[:, at.CPU_CORES] = topology.cpu_cores
    services[:, at.MEM_LIMIT_MB] = topology.memory_mb
    services[:, at.HEAP_NEED_MB] = topology.heap_mb
    services[:, at.HEAP_START_MB] = np.array(topology.heap_mb) * 0.6
    services[:, at.WARMUP_S] = 60.0
    services[:, at.START_S] = 20.0
    services[:, at.POOL_MAX] = topology.pool_max
    services[topology.database, at.POOL_HOLD_MS] = 20.0
    services[topology.database, at.MB_PER_CONN] = 8.0
    services[:, at.TIMEOUT_MS] = 1000.0
    services[topology.entry, at.TIMEOUT_MS] = 3000.0
    services[:, at.QUEUE_LIMIT] = 60.0
    services[:, at.NOMINAL_RPS] = topology.arrivals / np.array(topology.replicas)
    services[:, at.HPA_LOW_SINCE] = at.NEVER
    services[:, [at.OOM_AT, at.REFUSED_AT, at.CHANGED_AT, at.CREATE_RETRY_AT]] = -at.NEVER
    services[:, at.OFFERED] = topology.arrivals
    services[:, at.MEAN_MS] = topology.work_ms
    state.pods[:, :, at.REPLACE_AT] = at.NEVER
    state.pods[:, :, [at.STARTED_AT, at.DOWN_UNTIL]] = LONG_AGO_S
    services[:, at.RELEASE] = 1.0
    state.pods[:, :, at.LIMIT_MB] = services[:, at.MEM_LIMIT_MB, None]
    state.rows[:, at.ROW_MODE] = at.MODE_DONE
    used = float(services[:, at.DESIRED] @ services[:, at.MEM_LIMIT_MB])
    state.clock[at.QUOTA_MB] = round(used * QUOTA_HEADROOM)
    state.clock[at.NODES_MB] = round(used * NODES_HEADROOM)
    state.clock[at.ENTRY] = topology.entry
    state.clock[at.DATABASE] = topology.database
    state.clock[at.SURGE] = 1.0
    state.clock[at.BASE_RPS] = topology.nominal_rps
    _come_to_rest(state, topology)
    return state


def _come_to_rest(state: WorldState, topology: Topology) -> None:
    """Lets latencies and capacities find one another, and forgets the time that it took."""
    arrays = (state.services, state.pods, state.releases, state.rows, state.clock, state.history, state.history_times)
    advance(*arrays, topology.calls, topology.order, np.array([0.0, at.NEVER]), AT_REST_AFTER_S)
    state.clock[[at.NOW_S, at.USER_MINUTES, at.HISTORY_COUNT, at.SLO_BROKEN_S]] = 0.0
    state.clock[[at.WORST_FAIL, at.WORST_P99]] = 0.0
    state.clock[at.LAST_HISTORY_S] = -at.NEVER


def _initial_state(topology: Topology, difficulty: float, draws: Draws) -> WorldState:
    state = _template(topology.names).without_history()
    state.clock[at.BASE_RPS] = topology.nominal_rps * (draws.between(0.85, 0.95) + 0.15 * difficulty)
    state.clock[at.WAVE_AMPLITUDE] = draws.between(0.02, 0.06)
    state.clock[at.WAVE_PHASE] = draws.between(0.0, 6.283)
    return state


def _blip(service: int) -> list[Row]:
    """A short burst of errors that was over before anybody looked."""
    common = (at.NEVER, float(service), float(at.EXTRA_ERRORS), at.MODE_SET)
    return [(-110.0, *common, 0.25), (-40.0, *common, 0.0)]


def _undo(rows: list[Row], state: WorldState, when: float) -> list[Row]:
    """Rows that take back what `rows` do, at `when`, as they were in the world `state` at rest."""
    undone: list[Row] = []
    for start, end, service, column, mode, value in rows:
        if int(column) == at.PODS_LOST and mode == at.MODE_SET:
            continue
        if mode == at.MODE_RATE:
            undone.append((when, when + 30.0, service, column, mode, -value * (end - start) / 30.0))
        elif mode == at.MODE_QUOTA:
            undone.append((when, at.NEVER, service, column, mode, float(state.clock[at.QUOTA_MB])))
        elif mode == at.MODE_EVERY_RELEASE:
            undone.append((when, at.NEVER, service, column, mode, 0.0))
            undone.append((when + 10.0, at.NEVER, service, float(at.LEAKED_CONN), at.MODE_SET, 0.0))
        else:
            undone.append((when, at.NEVER, service, column, mode, float(state.services[int(service), int(column)])))
    return undone


def write_rows(state: WorldState, rows: list[Row], first: int = 0) -> None:
    if first + len(rows) > at.MAX_ROWS:
        raise ValueError(f"a mechanism of {first + len(rows)} rows; the world holds {at.MAX_ROWS}")
    state.rows[first : first + len(rows)] = rows
