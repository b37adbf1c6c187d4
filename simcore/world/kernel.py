"""The kernel: one compiled function that advances the world of one episode. It knows causes, never mechanisms.

Within a sub-step arrival rates go down the call graph, waiting times and failures come up again; a caller sees what
its callees did in the same sub-step, callees see what callers let through in the one before.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simcore.world import layout as at
from simcore.world.compiled import compiled, drop_stale_cache
from simcore.world.health import assess
from simcore.world.layout import Floats, Ints
from simcore.world.pods import autoscale, lose_pods, reconcile_pods, run_pods
from simcore.world.queueing import percentile_99, share_over, waiting

MAX_SUB_STEPS = 10
SHORTEST_SUB_STEP_S = 10.0
ALERT_STEP_S, SLOW_PHASE_ENDS_S = 40.0, -400.0
REQUESTS_PER_USER_MINUTE = 6.0
WAVE_PERIOD_S = 1800.0
_NEVER_LATE = 50.0
_DAMPING = 0.5  # what callers let through answers to latency with a delay; without it both would swing


@compiled
def apply_rows(services: Floats, releases: Floats, rows: Floats, clock: Floats, dt: float) -> None:
    now = clock[at.NOW_S]
    for r in range(rows.shape[0]):
        if rows[r, at.ROW_MODE] == at.MODE_DONE or rows[r, at.ROW_FROM] >= now + dt:
            continue
        s, column = int(rows[r, at.ROW_SERVICE]), int(rows[r, at.ROW_COLUMN])
        if rows[r, at.ROW_MODE] == at.MODE_RATE:
            services[s, column] += rows[r, at.ROW_VALUE] * max(
                0.0, min(now + dt, rows[r, at.ROW_UNTIL]) - max(now, rows[r, at.ROW_FROM])
            )
            continue
        if rows[r, at.ROW_MODE] == at.MODE_QUOTA:
            clock[at.QUOTA_MB] = rows[r, at.ROW_VALUE]
        elif rows[r, at.ROW_MODE] == at.MODE_RELEASE:
            releases[s, int(services[s, at.RELEASE]), column] = rows[r, at.ROW_VALUE]
        elif rows[r, at.ROW_MODE] == at.MODE_EVERY_RELEASE:
            releases[s, :, column] = rows[r, at.ROW_VALUE]
        else:
            services[s, column] = rows[r, at.ROW_VALUE]
        rows[r, at.ROW_MODE] = at.MODE_DONE


@compiled
def offer_load(services: Floats, calls: Floats, order: Ints, clock: Floats) -> None:
    """Arrival rates, callers first: what a caller lets through, times its calls, times its retries."""
    for s in range(services.shape[0]):
        services[s, at.OFFERED] = 0.0
    wave = 1.0 + clock[at.WAVE_AMPLITUDE] * math.sin(
        2.0 * math.pi * clock[at.NOW_S] / WAVE_PERIOD_S + clock[at.WAVE_PHASE]
    )
    services[int(clock[at.ENTRY]), at.OFFERED] = clock[at.BASE_RPS] * clock[at.SURGE] * wave
    for i in range(order.shape[0]):
        s = order[i]
        through = min(services[s, at.OFFERED], services[s, at.CAPACITY])
        for c in range(services.shape[0]):
            if calls[s, c] > 0.0:
                services[c, at.OFFERED] += (
                    through * calls[s, c] * attempts(services[c, at.FAIL], services[s, at.RETRIES])
                )


@compiled
def attempts(failing: float, retries: float) -> float:
    """How often a call is made on average: again while it fails, `retries` times at most."""
    if retries <= 0.0 or failing <= 0.0:
        return 1.0
    return 1.0 + retries if failing >= 1.0 else (1.0 - failing ** (1.0 + retries)) / (1.0 - failing)


@compiled
def held_connections(services: Floats, database: int) -> float:
    """Connections of the database that do no work: leaked ones and the idle minimum of every client pod."""
    held = 0.0
    for s in range(services.shape[0]):
        held += services[s, at.LEAKED_CONN]
        if s != database:
            held += services[s, at.POOL_MIN] * services[s, at.READY]
    return held


@compiled
def downstream(services: Floats, calls: Floats, s: int) -> tuple[float, float, float]:
    """(mean ms, variance, share that succeeds) of the calls that one request of `s` makes, one after the other."""
    mean, variance, good = 0.0, 0.0, 1.0
    for c in range(services.shape[0]):
        n = calls[s, c]
        if n <= 0.0:
            continue
        part = n - math.floor(n)
        mean += n * services[c, at.MEAN_MS]
        variance += n * services[c, at.VAR_MS2] + part * (1.0 - part) * services[c, at.MEAN_MS] ** 2
        if services[c, at.FAIL] > 0.0:
            failed = services[c, at.FAIL] ** (1.0 + services[s, at.RETRIES])
            good *= (1.0 - min(n, 1.0) * failed) * (1.0 - failed) ** max(n - 1.0, 0.0)
    return mean, variance, good


@compiled
def slots(services: Floats, s: int, held: float) -> float:
    """How many requests a service can have in work: its threads, or the connections that a database has left."""
    if services[s, at.POOL_MAX] > 0.0:
        return max(services[s, at.POOL_MAX] - held, 0.0)
    return services[s, at.READY] * services[s, at.WORKERS]


@compiled
def drain(services: Floats, s: int, capacity: float, dt: float) -> tuple[float, float]:
    """Advances the backlog; returns (share of arrivals refused because the queue is full, mean wait in it, seconds)."""
    before = services[s, at.BACKLOG]
    grown = max(0.0, before + (services[s, at.OFFERED] - capacity) * dt)
    room = services[s, at.QUEUE_LIMIT] * max(services[s, at.READY], 1.0)
    services[s, at.BACKLOG] = min(grown, room)
    refused = (grown - services[s, at.BACKLOG]) / max(services[s, at.OFFERED] * dt, 1e-9)
    return min(refused, 1.0), 0.5 * (before + services[s, at.BACKLOG]) / max(capacity, 1e-9)


@compiled
def serve(services: Floats, releases: Floats, calls: Floats, s: int, held: float, none_ready: float, dt: float) -> None:
    """Latency and failures of one service, its callees known."""
    child_mean, child_variance, child_good = downstream(services, calls, s)
    work = services[s, at.WORK_MS] / (1.0 - services[s, at.GC_SHARE])
    cores = services[s, at.READY] * services[s, at.CPU_CORES]
    by_cpu = 1000.0 * cores / work
    servers = max(1, round(cores))
    arrival = services[s, at.OFFERED]
    probability, cpu_wait = waiting(servers, max(by_cpu, 1e-6), arrival)
    hold = work + child_mean + services[s, at.POOL_HOLD_MS] + min(1000.0 * cpu_wait, services[s, at.TIMEOUT_MS])
    by_slots = 1000.0 * slots(services, s, held) / hold
    services[s, at.SLOT_CAPACITY] += (1.0 - _DAMPING) * (by_slots - services[s, at.SLOT_CAPACITY])
    capacity = services[s, at.CAPACITY] = min(by_cpu, services[s, at.SLOT_CAPACITY])
    refused, queued = drain(services, s, capacity, dt)
    late = overdue(services[s, at.TIMEOUT_MS] / 1000.0, queued, probability, max(by_cpu - arrival, 0.02 * by_cpu))
    broken = min(services[s, at.EXTRA_ERRORS] + releases[s, int(services[s, at.RELEASE]), at.ERROR_SHARE], 1.0)
    services[s, at.OWN_FAIL] = 1.0 - (1.0 - none_ready) * (1.0 - refused) * (1.0 - late) * (1.0 - broken)
    services[s, at.FAIL] = 1.0 - (1.0 - services[s, at.OWN_FAIL]) * child_good
    wait = min(1000.0 * (cpu_wait + queued), services[s, at.TIMEOUT_MS])
    services[s, at.MEAN_MS] = wait + work + child_mean
    services[s, at.VAR_MS2] = wait * wait + work * work + child_variance
    busy = min(arrival, capacity) / max(by_cpu, 1e-6)
    services[s, at.CPU_PERCENT] = 100.0 * min(1.0, busy) if services[s, at.READY] > 0.0 else 0.0
    services[s, at.CONNS] = (
        held + min(arrival, capacity) * hold / 1000.0 if services[s, at.POOL_MAX] > 0.0 else services[s, at.CONNS]
    )


@compiled
def overdue(timeout: float, queued: float, probability: float, slack: float) -> float:
    """The share that waits longer than its timeout: the tail of M/M/c behind a backlog."""
    left = timeout - queued
    if left <= 0.0:
        return 1.0
    return probability * math.exp(-slack * left) if slack * left < _NEVER_LATE else 0.0


@compiled
def client_connections(
    services: Floats, pods: Floats, releases: Floats, calls: Floats, database: int, dt: float
) -> None:
    """What each client holds of the database's connections; a leaking release keeps some for good."""
    left = services[database, at.POOL_MAX] - held_connections(services, database)
    hold = (services[database, at.WORK_MS] + services[database, at.POOL_HOLD_MS]) / 1000.0
    for s in range(services.shape[0]):
        if calls[s, database] <= 0.0:
            continue
        load = services[s, at.OFFERED] / (services[s, at.NOMINAL_RPS] * max(services[s, at.READY], 1.0))
        leaked = releases[s, int(services[s, at.RELEASE]), at.CONN_LEAK_PER_S] * min(load, 2.0) * dt
        leaked = max(0.0, min(leaked, left))
        left -= leaked
        leak_connections(services, pods, s, leaked)
        through = min(services[s, at.OFFERED], services[s, at.CAPACITY]) * calls[s, database]
        through *= 1.0 - services[database, at.OWN_FAIL]
        services[s, at.CONNS] = (
            services[s, at.LEAKED_CONN] + services[s, at.POOL_MIN] * services[s, at.READY] + through * hold
        )


@compiled
def leak_connections(services: Floats, pods: Floats, s: int, leaked: float) -> None:
    services[s, at.LEAKED_CONN] += leaked
    for p in range(int(services[s, at.PODS])):
        pods[s, p, at.POD_LEAKED_CONN] += leaked / services[s, at.PODS]


@compiled
def count_loss(services: Floats, clock: Floats, latency_objective: float, dt: float) -> None:
    """User minutes: the requests of `dt` that failed or were late, at 6 requests a user and minute."""
    e = int(clock[at.ENTRY])
    late = share_over(latency_objective, services[e, at.MEAN_MS], services[e, at.VAR_MS2])
    lost = (
        services[e, at.OFFERED]
        * dt
        * (services[e, at.FAIL] + (1.0 - services[e, at.FAIL]) * (late if late > 0.01 else 0.0))
    )
    clock[at.USER_MINUTES] += lost / REQUESTS_PER_USER_MINUTE


@compiled
def watch_slo(services: Floats, clock: Floats, availability: float, latency_objective: float, dt: float) -> None:
    """Seconds that the entry's objectives have been broken without a break, and the worst values since asked."""
    e = int(clock[at.ENTRY])
    p99 = percentile_99(services[e, at.MEAN_MS], services[e, at.VAR_MS2])
    broken = services[e, at.FAIL] > 1.0 - availability or p99 > latency_objective
    clock[at.SLO_BROKEN_S] = clock[at.SLO_BROKEN_S] + dt if broken else 0.0
    clock[at.WORST_FAIL] = max(clock[at.WORST_FAIL], services[e, at.FAIL])
    clock[at.WORST_P99] = max(clock[at.WORST_P99], p99)


@compiled
def remember(services: Floats, clock: Floats, history: NDArray[np.float32], times: Floats) -> None:
    now = clock[at.NOW_S]
    if now - clock[at.LAST_HISTORY_S] < at.HISTORY_SPACING_S - 1e-6:
        return
    clock[at.LAST_HISTORY_S] = now
    slot = int(clock[at.HISTORY_COUNT]) % at.HISTORY_SLOTS
    clock[at.HISTORY_COUNT] += 1.0
    times[slot] = now
    for s in range(services.shape[0]):
        history[slot, s, at.H_CPU] = services[s, at.CPU_PERCENT]
        history[slot, s, at.H_MEMORY] = services[s, at.MEM_MB]
        history[slot, s, at.H_MEAN] = services[s, at.MEAN_MS]
        history[slot, s, at.H_VARIANCE] = services[s, at.VAR_MS2]
        history[slot, s, at.H_FAIL] = services[s, at.FAIL]
        history[slot, s, at.H_CONNS] = services[s, at.CONNS]
        history[slot, s, at.H_RPS] = services[s, at.OFFERED] * (1.0 - services[s, at.OWN_FAIL])
        history[slot, s, at.H_READY] = services[s, at.READY]


@compiled
def sub_step(
    services: Floats, pods: Floats, releases: Floats, rows: Floats, clock: Floats, history: NDArray[np.float32],
    times: Floats, calls: Floats, order: Ints, slo: Floats, none_ready: Floats, dt: float,
) -> None:  # fmt: skip
    apply_rows(services, releases, rows, clock, dt)
    lose_pods(services, pods, clock[at.NOW_S])
    for s in range(services.shape[0]):
        autoscale(services, s, clock[at.NOW_S])
    reconcile_pods(services, pods, clock)
    for s in range(services.shape[0]):
        none_ready[s] = run_pods(services, pods, releases, s, clock, dt)
    offer_load(services, calls, order, clock)
    database = int(clock[at.DATABASE])
    held = held_connections(services, database)
    for i in range(order.shape[0] - 1, -1, -1):
        serve(services, releases, calls, order[i], held, none_ready[order[i]], dt)
    client_connections(services, pods, releases, calls, database, dt)
    count_loss(services, clock, slo[1], dt)
    watch_slo(services, clock, slo[0], slo[1], dt)
    clock[at.NOW_S] += dt
    remember(services, clock, history, times)


@compiled
def advance(
    services: Floats, pods: Floats, releases: Floats, rows: Floats, clock: Floats, history: NDArray[np.float32],
    times: Floats, calls: Floats, order: Ints, slo: Floats, seconds: float,
) -> None:  # fmt: skip
    """Advances the world by `seconds` in at most ten sub-steps. `slo` is (availability, p99 in ms) of the entry."""
    count = min(MAX_SUB_STEPS, max(1, math.ceil(seconds / SHORTEST_SUB_STEP_S - 1e-9)))
    none_ready = np.zeros(services.shape[0])
    for _ in range(count):
        sub_step(services, pods, releases, rows, clock, history, times, calls, order, slo, none_ready, seconds / count)
    assess(services, pods, clock[at.NOW_S])


@compiled
def advance_to_alert(
    services: Floats, pods: Floats, releases: Floats, rows: Floats, clock: Floats, history: NDArray[np.float32],
    times: Floats, calls: Floats, order: Ints, slo: Floats, patience: float, at_most: float,
) -> None:  # fmt: skip
    """Advances until the entry's objectives have been broken for `patience` seconds, but by no more than `at_most`.

    What grows for long grows slowly: until `SLOW_PHASE_ENDS_S` the sub-steps are twice as long.
    """
    none_ready = np.zeros(services.shape[0])
    end = clock[at.NOW_S] + at_most
    while clock[at.NOW_S] < end and clock[at.SLO_BROKEN_S] < patience:
        dt = ALERT_STEP_S if clock[at.NOW_S] >= SLOW_PHASE_ENDS_S else 2.0 * ALERT_STEP_S
        sub_step(services, pods, releases, rows, clock, history, times, calls, order, slo, none_ready, dt)
    assess(services, pods, clock[at.NOW_S])


drop_stale_cache(advance)
