"""Metrics as a person gets them: scraped now and then, late, with noise, a series missing at times."""

from simcore.observation import Metrics
from simcore.world import layout as at
from simcore.world.random import normal, uniform
from simcore.world.world import World


def read_metrics(world: World, s: int, window: float, step: int) -> Metrics:
    """The newest scrape that has arrived, with noise, and what it was `window` seconds before."""
    incident, row = world.incident, world.state.services[s]
    base = (step * 64 + s) * 32
    lag = 5.0 + 30.0 * incident.difficulty * uniform(incident.noise_seed + 3, base)
    new, old = _history_slot(world, world.now - lag), _history_slot(world, world.now - lag - window)
    noise = 0.005 + 0.04 * incident.difficulty

    def shown(slot: int, column: int, offset: int, factor: float = 1.0) -> float:
        spread = 1.0 + noise * normal(incident.noise_seed, base + offset)
        return round(max(0.0, float(world.state.history[slot, s, column]) * factor * spread), 3)

    def series(column: int, offset: int, factor: float = 1.0) -> float | None:
        missing = uniform(incident.noise_seed + 1, base + offset) < 0.01 + 0.05 * incident.difficulty
        return None if missing else shown(new, column, offset, factor)

    is_database = s == incident.topology.database
    return Metrics(
        service=incident.topology.names[s],
        age_seconds=round(float(world.now - world.state.history_times[new]), 1),
        window_seconds=round(float(world.state.history_times[new] - world.state.history_times[old]), 1),
        cpu_percent=series(at.H_CPU, 1),
        memory_mb=series(at.H_MEMORY, 2),
        memory_limit_mb=float(row[at.MEM_LIMIT_MB]),
        latency_p50_ms=series(at.H_P50, 3),
        latency_p99_ms=series(at.H_P99, 4),
        error_rate_percent=series(at.H_FAIL, 5, 100.0),
        active_connections=series(at.H_CONNS, 6),
        connection_limit=float(row[at.POOL_MAX]) if is_database else None,
        requests_per_second=series(at.H_RPS, 7),
        memory_mb_before=shown(old, at.H_MEMORY, 8),
        latency_p99_ms_before=shown(old, at.H_P99, 9),
        error_rate_percent_before=shown(old, at.H_FAIL, 10, 100.0),
        active_connections_before=shown(old, at.H_CONNS, 11),
        replicas_ready_before=round(float(world.state.history[old, s, at.H_READY]), 1),
    )


def _history_slot(world: World, when: float) -> int:
    """The newest sample that is not newer than `when`, or the oldest that is left."""
    count = int(world.state.clock[at.HISTORY_COUNT])
    oldest = max(0, count - at.HISTORY_SLOTS)
    times = world.state.history_times
    for number in range(count - 1, oldest, -1):
        if times[number % at.HISTORY_SLOTS] <= when:
            return number % at.HISTORY_SLOTS
    return oldest % at.HISTORY_SLOTS
