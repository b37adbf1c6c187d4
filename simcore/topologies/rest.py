"""A healthy world of a topology, at rest: what every episode in it begins as a copy of."""

from functools import lru_cache

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel.advance import advance
from simcore.kernel.layout import Floats
from simcore.kernel.queueing import percentile_99
from simcore.kernel.sections import sections
from simcore.topologies.topology import Topology

QUOTA_HEADROOM = 2.2
NODES_HEADROOM = 2.6  # a quota above what the nodes have admits no more than they hold
NODES = 4
LONG_AGO_S = -1.0e6  # when the pods of a world at rest were started
_COMES_TO_REST_IN_S = 100.0
_KEYS_PER_LOOKUP = 0.5  # a second
_SPARE_NODE_SHARE = 0.35


@lru_cache(maxsize=512)
def world_at_rest(topology: Topology) -> Floats:
    """The template; read-only."""
    world = np.zeros(at.world_size(len(topology.parts), len(topology.pairs)))
    clock, _, _, rows, parts, _, services, releases, pods, edges, _ = sections(world, topology.graph)
    rows[:, at.ROW_MODE] = at.DONE
    parts[:, at.PART_CAUSE] = -1.0
    _set_clock(clock, topology)
    _set_services(services, topology)
    _set_calls(edges, services, topology)
    releases[:, :, at.WORK_FACTOR] = 1.0
    pods[:, :, at.REPLACE_AT] = at.NEVER
    pods[:, :, [at.STARTED_AT, at.DOWN_UNTIL]] = LONG_AGO_S
    pods[:, :, at.LIMIT_MB] = services[:, at.MEM_LIMIT_MB, None]
    _come_to_rest(world, topology)
    world.setflags(write=False)
    return world


def entry_p99_ms(topology: Topology) -> float:
    """What a user at the entry waits at rest."""
    return float(sections(world_at_rest(topology), topology.graph).services[topology.entry, at.USUAL_P99_MS])


def threads_needed(topology: Topology, s: int) -> float:
    """Threads that a pod of a service keeps busy at rest: arrival rate x latency (Little's law)."""
    row = sections(world_at_rest(topology), topology.graph).services[s]
    return float(row[at.NOMINAL_RPS] * row[at.MEAN_MS] / 1000.0)


def _set_clock(clock: Floats, topology: Topology) -> None:
    clock[at.SURGE] = 1.0
    clock[at.BASE_RPS] = topology.nominal_rps
    clock[at.QUOTA_MB] = round(topology.requested_mb * QUOTA_HEADROOM)
    clock[at.NODES_MB] = round(topology.requested_mb * NODES_HEADROOM)
    clock[at.NODE_MB] = round(topology.requested_mb * NODES_HEADROOM / NODES)
    clock[at.HOG] = -1.0
    clock[at.NODE_CORES] = sum(part.replicas * part.cpu_cores for part in topology.parts) / NODES
    clock[at.SPARE_CORES] = _SPARE_NODE_SHARE * clock[at.NODE_CORES]
    clock[[at.ALERT_S, at.LATENCY_MS]] = at.NEVER
    clock[[at.LAST_FINE_S, at.LAST_COARSE_S]] = -at.NEVER


def _set_services(services: Floats, topology: Topology) -> None:
    column = {name: np.array([getattr(part, name) for part in topology.parts]) for name in _FROM_PARTS}
    for name, number in _FROM_PARTS.items():
        services[:, number] = column[name]
    replicas, heap = column["replicas"], column["heap_mb"]
    services[:, [at.PODS, at.READY, at.UP, at.USUAL_REPLICAS]] = replicas[:, None]
    services[:, at.HEAP_START_MB] = 0.6 * heap
    services[:, at.DATABASE] = topology.databases
    services[:, at.NOMINAL_RPS] = topology.arrivals / replicas
    services[:, at.OFFERED] = topology.arrivals
    services[:, [at.MEAN_MS, at.EFF_WORK_MS]] = column["work_ms"][:, None]
    for number, value in _EVERYWHERE.items():
        services[:, number] = value
    services[topology.entry, [at.DEADLINE_MS, at.CLIENT_TIMEOUT_MS]] = 6000.0
    for s, part in enumerate(topology.parts):
        _set_role(services[s], part.role, topology.arrivals[s])
        services[s, at.SPECIAL] = part.role != "service" or part.hit_ratio > 0 or part.outside_share > 0
        services[s, at.SPECIAL] = max(services[s, at.SPECIAL], part.rate_limit_rps > 0)
    services[:, at.TOKENS] = 2.0 * column["rate_limit_rps"] * replicas


def _set_role(row: Floats, role: str, arrivals: float) -> None:
    if role == "database":
        row[at.POOL_HOLD_MS], row[at.MB_PER_CONN] = 20.0, 5.0
        row[at.DISK_MB], row[at.WRITE_SHARE] = 20_000.0, 0.35
    if role == "consumer":
        row[at.IS_CONSUMER], row[at.TOPIC_LIMIT] = 1.0, round(arrivals * 120.0)


def _set_calls(edges: Floats, services: Floats, topology: Topology) -> None:
    services[:, at.VISITS] = 1.0
    for e, (call, (caller, _)) in enumerate(zip(topology.calls, topology.pairs, strict=True)):
        part = topology.parts[caller]
        cold = 1.0 / (1.0 - part.hit_ratio) if call.is_cached else 1.0
        if not call.is_async:
            services[caller, at.VISITS] += call.rate
        edges[e] = call.rate * cold, 1.0, 1.0, call.is_async, call.is_cached, 0.0
        if call.is_cached:
            _set_cache(services[caller], part.hit_ratio, float(topology.arrivals[caller]) * call.rate * cold)


def _set_cache(row: Floats, hit_ratio: float, lookups_per_s: float) -> None:
    """As many keys as make the wished hit ratio the equilibrium of filling and expiry."""
    row[at.CACHE_KEYS] = round(_KEYS_PER_LOOKUP * lookups_per_s)
    row[at.CACHE_TTL_S] = hit_ratio / (1.0 - hit_ratio) * row[at.CACHE_KEYS] / lookups_per_s
    row[at.HIT] = hit_ratio


_FROM_PARTS = {
    "replicas": at.DESIRED, "work_ms": at.WORK_MS, "cpu_cores": at.CPU_CORES, "memory_mb": at.MEM_LIMIT_MB,
    "heap_mb": at.HEAP_NEED_MB, "pool_max": at.POOL_MAX, "replica_cores": at.REPLICA_CORES,
    "outside_share": at.EXTERNAL_SHARE, "rate_limit_rps": at.RATE_LIMIT_RPS,
}  # fmt: skip
_LONG_AGO = (
    at.OOM_AT, at.KILLED_AT, at.REFUSED_AT, at.UNSCHEDULABLE_AT, at.CHANGED_AT, at.CREATE_RETRY_AT,
    at.CONFIG_AT, at.SICK_AT_S,
)  # fmt: skip
_EVERYWHERE = {
    at.WORKERS: 200.0, at.WARMUP_S: 60.0, at.START_S: 20.0, at.DEADLINE_MS: 3000.0, at.CLIENT_TIMEOUT_MS: 3000.0,
    at.QUEUE_LIMIT: 60.0, at.RETRIES: 0.0, at.RETRY_BUDGET: 0.1, at.BURST_EVERY_S: 5.0, at.SCAN_FACTOR: 1.0,
    at.CERT_EXPIRES_S: at.NEVER, at.SECRET_ROTATED_S: at.NEVER, at.EXTERNAL_MS: 25.0, at.PROBE_TIMEOUT_MS: 2000.0,
    at.NET_MTU: 1450.0, at.APPLY_SPEED: 1.5, at.DISK_MB: 4000.0, at.DISK_USED_MB: 1500.0, at.WRITE_SHARE: 0.3,
    at.RELEASE: at.MAX_RELEASES - 1.0, at.HPA_LOW_SINCE: at.NEVER, at.SICK_SINCE_S: at.NEVER, at.CONFIG_KEY: -1.0,
    at.HOT_COPIES: 1.0, at.HERD: 1.0, at.SLOT_CAPACITY: 1e4, at.SLOT_STEP: 0.5, at.CAPACITY: 1e4, at.HPA_TARGET:
    0.7, at.CACHE_TTL_S: 60.0,
    **dict.fromkeys(_LONG_AGO, -at.NEVER),
}  # fmt: skip


def _come_to_rest(world: Floats, topology: Topology) -> None:
    """Lets latencies and capacities find one another, and forgets the time that it took."""
    for _ in range(4):
        advance(world, topology.graph, _COMES_TO_REST_IN_S)
    clock, _, _, _, _, times, services, _, _, _, history = sections(world, topology.graph)
    clock[[at.NOW_S, at.USER_MINUTES, at.SLO_BROKEN_S, at.WORST_FAIL, at.WORST_P99]] = 0.0
    clock[[at.FINE_COUNT, at.COARSE_COUNT]] = 0.0
    clock[[at.LAST_FINE_S, at.LAST_COARSE_S]] = -at.NEVER
    times[:], history[:] = 0.0, 0.0
    services[:, at.REPLICA_LAG_S] = 0.0
    for row in services:
        row[at.USUAL_P99_MS] = percentile_99(row[at.MEAN_MS], row[at.VAR_MS2])
