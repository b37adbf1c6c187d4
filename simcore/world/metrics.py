"""Metrics as a person gets them: scraped now and then, late, with noise, a series missing at times."""

import numpy as np

from simcore.observation import Metrics
from simcore.world import layout as at
from simcore.world.queueing import median, percentile_99
from simcore.world.random import fill_normal, uniforms
from simcore.world.world import World

_SERIES = 16
_NOISE_STREAM, _MISSING_STREAM = 3, 1


def read_metrics(world: World, s: int, window: float, step: int) -> Metrics:
    """The newest scrape that has arrived, with noise, and what it was `window` seconds before."""
    incident, services = world.incident, world.state.services
    counter = (step * 64 + s) * _SERIES
    units = uniforms(incident.noise_seed + _MISSING_STREAM, counter, _SERIES)
    lag = 5.0 + 30.0 * incident.difficulty * units[0]
    new, old = _history_slot(world, world.now - lag), _history_slot(world, world.now - lag - window)
    factors = _noise(incident.noise_seed + _NOISE_STREAM, counter, 0.005 + 0.04 * incident.difficulty)
    now, before = _scrape(world, new, s), _scrape(world, old, s)
    noisy = [round(max(0.0, value * factor), 3) for value, factor in zip(now + before, factors, strict=True)]
    gap = 0.01 + 0.05 * incident.difficulty
    shown = [None if unit < gap else value for unit, value in zip(units[1:8], noisy[:7], strict=True)]
    cpu, memory, p50, p99, errors, connections, rate = shown
    times = world.state.history_times
    return Metrics(
        service=incident.topology.names[s],
        age_seconds=round(float(world.now - times[new]), 1),
        window_seconds=round(float(times[new] - times[old]), 1),
        cpu_percent=cpu,
        memory_mb=memory,
        memory_limit_mb=float(services[s, at.MEM_LIMIT_MB]),
        latency_p50_ms=p50,
        latency_p99_ms=p99,
        error_rate_percent=errors,
        active_connections=connections,
        connection_limit=float(services[s, at.POOL_MAX]) if s == incident.topology.database else None,
        requests_per_second=rate,
        memory_mb_before=noisy[8],
        latency_p99_ms_before=noisy[10],
        error_rate_percent_before=noisy[11],
        active_connections_before=noisy[12],
        replicas_ready_before=round(before[7], 1),
    )


def _scrape(world: World, slot: int, s: int) -> list[float]:
    """CPU %, memory MiB, p50 and p99 in ms, errors in %, connections, requests/s and ready pods, as they were."""
    cpu, memory, mean, variance, failed, connections, rate, ready = world.state.history[slot, s].tolist()
    return [
        cpu,
        memory,
        median(mean, variance),
        percentile_99(mean, variance),
        100.0 * failed,
        connections,
        rate,
        ready,
    ]


def _noise(seed: int, counter: int, spread: float) -> list[float]:
    values = np.empty(_SERIES)
    fill_normal(seed, counter, values)
    factors: list[float] = (1.0 + spread * values).tolist()
    return factors


def _history_slot(world: World, when: float) -> int:
    """The newest sample that is not newer than `when`, or the oldest that is left."""
    count = int(world.state.clock[at.HISTORY_COUNT])
    oldest = max(0, count - at.HISTORY_SLOTS)
    times = world.state.history_times
    for number in range(count - 1, oldest, -1):
        if times[number % at.HISTORY_SLOTS] <= when:
            return number % at.HISTORY_SLOTS
    return oldest % at.HISTORY_SLOTS
