"""One service at work: capacity, queue, latency and failures, its callees known."""

import math

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.conditions import database_cores, stolen_cpu
from simcore.kernel.flow import downstream
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.memory import probe_failures, probe_pods
from simcore.kernel.queueing import admitted_by_bucket, waiting

_NEVER_LATE = 50.0
_AMPLE = 3.0  # times what arrives: slots that nobody fills
_GENTLEST, _BOLDEST, _CAREFUL, _BOLDER = 0.03, 0.7, 0.5, 1.25
_BURST_S = 2.0
LOCK_SHARE = 0.3  # of a database's queries need the row that is fought for
_LOCK_TIMEOUT_MS = 1500.0
_LOCK_QUEUE = 0.95


@inlined
def limit_rate(services: Floats, clock: Floats, s: int, entry: int, dt: float) -> float:
    """The share of arrivals that is turned away at the door: by load shedding, and by a token bucket per replica."""
    shed = clock[at.SHED] if s == entry else 0.0
    limit = services[s, at.RATE_LIMIT_RPS] * max(services[s, at.READY], 1.0)
    services[s, at.LIMITED] = 0.0
    if limit > 0.0:
        arrival = services[s, at.OFFERED] * (1.0 - shed)
        admitted, left = admitted_by_bucket(services[s, at.TOKENS], limit, _BURST_S * limit, arrival, dt)
        services[s, at.TOKENS], services[s, at.LIMITED] = left, 1.0 - admitted
    return 1.0 - (1.0 - shed) * (1.0 - services[s, at.LIMITED])


@inlined
def drain(services: Floats, s: int, arrival: float, capacity: float, dt: float) -> tuple[float, float]:
    """Advances the backlog; returns (share of arrivals refused because the queue is full, mean wait in it, seconds).
    Where a queue has come to hold more than it has room for, as pods are fewer, all who come are refused."""
    before = services[s, at.BACKLOG]
    grown = max(0.0, before + (arrival - capacity) * dt)
    room = services[s, at.QUEUE_LIMIT] * max(services[s, at.READY], 1.0)
    services[s, at.BACKLOG] = max(min(grown, room), grown - arrival * dt)
    refused = (grown - services[s, at.BACKLOG]) / max(arrival * dt, 1e-9)
    return min(refused, 1.0), 0.5 * (before + services[s, at.BACKLOG]) / max(capacity, 1e-9)


@inlined
def consume(services: Floats, s: int, capacity: float, dt: float) -> None:
    """A consumer's topic: what is not consumed stays, what does not fit is refused to those who publish."""
    if services[s, at.DEAD_LETTER] <= 0.0:
        capacity *= 1.0 - services[s, at.POISON]
    arrival = services[s, at.OFFERED]
    grown = max(0.0, services[s, at.LAG] + (arrival - capacity) * dt)
    services[s, at.LAG] = min(grown, services[s, at.TOPIC_LIMIT])
    services[s, at.LAG_REFUSED] = min((grown - services[s, at.LAG]) / max(arrival * dt, 1e-9), 1.0)


@inlined
def overdue(timeout_s: float, queued_s: float, probability: float, slack: float) -> float:
    """The share that waits longer than its timeout: the tail of M/M/c behind a backlog."""
    left = timeout_s - queued_s
    if left <= 0.0:
        return 1.0
    return probability * math.exp(-slack * left) if slack * left < _NEVER_LATE else 0.0


@inlined
def locked(services: Floats, s: int) -> tuple[float, float, float]:
    """(mean ms, variance, share that fails) of waiting for the contended row, an M/M/1 queue with a timeout."""
    busy = services[s, at.LOCK_BUSY]
    if busy <= 0.0:
        return 0.0, 0.0, 0.0
    wait = _LOCK_TIMEOUT_MS
    if busy < _LOCK_QUEUE:
        wait = min(busy / (1.0 - busy) * services[s, at.LOCK_HOLD_MS], _LOCK_TIMEOUT_MS)
    return LOCK_SHARE * wait, LOCK_SHARE * (2.0 - LOCK_SHARE) * wait * wait, LOCK_SHARE * max(1.0 - 1.0 / busy, 0.0)


@inlined
def hot_pod(services: Floats, s: int, by_cpu: float, arrival: float) -> tuple[float, float, float]:
    """(mean ms, variance, share that fails) that one pod adds which answers for the hottest key alone."""
    ready = max(services[s, at.READY], 1.0)
    share = services[s, at.HOT_SHARE] / max(services[s, at.HOT_COPIES], 1.0)
    load = arrival * (share + (1.0 - services[s, at.HOT_SHARE]) / ready)
    over = max(1.0 - by_cpu / ready / max(load, 1e-9), 0.0)
    if over <= 0.0:
        return 0.0, 0.0, 0.0
    wait = min(1000.0 * services[s, at.QUEUE_LIMIT] * ready / by_cpu, services[s, at.DEADLINE_MS])
    return share * wait, share * (1.0 - share) * wait * wait, share * over


@inlined
def damp_slots(services: Floats, s: int, by_slots: float, arrival: float) -> None:
    """What callers let through answers to the latency of their callees a sub-step late, and both would swing: steps
    towards the new value are made smaller whenever it is on the other side of the old one, and larger else. The sign
    of `SLOT_STEP` is the side of the last one."""
    before = services[s, at.SLOT_CAPACITY]
    change = by_slots - before
    if min(by_slots, before) > _AMPLE * arrival:
        services[s, at.SLOT_CAPACITY] = by_slots
        return
    swings = change * services[s, at.SLOT_STEP] < 0.0
    step = min(max(abs(services[s, at.SLOT_STEP]) * (_CAREFUL if swings else _BOLDER), _GENTLEST), _BOLDEST)
    services[s, at.SLOT_STEP] = step if change > 0.0 else -step
    if before > 0.0 and by_slots > 0.0:
        services[s, at.SLOT_CAPACITY] = before * (by_slots / before) ** step
    else:
        services[s, at.SLOT_CAPACITY] = before + step * change


@inlined
def slots(services: Floats, s: int, held: float) -> float:
    """How many requests a service can have in work: its threads, or the connections that a database has left."""
    if services[s, at.POOL_MAX] > 0.0:
        return max(services[s, at.POOL_MAX] - held, 0.0)
    return max(services[s, at.READY] * services[s, at.WORKERS] - services[s, at.STUCK], 0.0)


@inlined
def cpu_percent(services: Floats, clock: Floats, s: int, busy: float) -> float:
    """Of the limit: what requests use, and what burns beside them in the same containers. Time in which a neighbour has
    the node's cores is nobody's CPU time here."""
    used = min(1.0, busy)
    if services[s, at.SPECIAL] > 0.0:
        stolen = stolen_cpu(services, clock, s)
        used /= 1.0 + services[s, at.ON_HOG_NODE] * stolen / (1.0 - stolen)
        bursts = services[s, at.BURST_MS] / (1000.0 * services[s, at.BURST_EVERY_S] * services[s, at.CPU_CORES])
        used = min(services[s, at.HOGGED] + (1.0 - services[s, at.HOGGED]) * used + bursts, 1.0)
    return 100.0 * used


@inlined
def serve(
    services: Floats, pods: Floats, edges: Floats, clock: Floats, first: Ints, callees: Ints,
    s: int, entry: int, held: float, none_ready: float, dt: float,
) -> None:  # fmt: skip
    """Latency and failures of one service in this sub-step."""
    child_mean, child_variance, child_good = downstream(services, edges, first, callees, s)
    special = services[s, at.SPECIAL] > 0.0
    early = limit_rate(services, clock, s, entry, dt) if special else 0.0
    arrival = services[s, at.OFFERED] * (1.0 - early)
    work = services[s, at.EFF_WORK_MS] / (1.0 - services[s, at.GC_SHARE])
    cores = services[s, at.READY] * (database_cores(services, s) if special else services[s, at.CPU_CORES])
    by_cpu = max(1000.0 * cores / work, 1e-6)
    probability, cpu_wait = 0.0, 0.0
    if cores > 0.0:  # else connections are refused at once: nobody waits
        probability, cpu_wait = waiting(max(1, round(cores)), by_cpu, arrival)
    extra_ms, extra_variance, extra_good = (
        services[s, at.EFF_MS],
        services[s, at.EFF_VAR_MS2],
        1.0 - services[s, at.EFF_FAIL],
    )
    if special:
        lock_ms, lock_variance, lock_fail = locked(services, s)
        hot_ms, hot_variance, hot_fail = hot_pod(services, s, by_cpu, arrival)
        extra_ms += lock_ms + hot_ms
        extra_variance += lock_variance + hot_variance
        extra_good *= (1.0 - lock_fail) * (1.0 - hot_fail)
    deadline = services[s, at.DEADLINE_MS]
    # asymptotic bounds of a closed system (Denning and Buzen, 1978): what waits for the CPU does not lower throughput
    hold, free = work + child_mean + extra_ms + services[s, at.POOL_HOLD_MS], slots(services, s, held)
    by_slots = 1000.0 * free / hold
    damp_slots(services, s, by_slots, arrival)
    capacity = services[s, at.CAPACITY] = min(by_cpu, services[s, at.SLOT_CAPACITY])
    if services[s, at.IS_CONSUMER] > 0.0:
        consume(services, s, capacity, dt)
        arrival = min(arrival, capacity) if services[s, at.LAG] <= 0.0 else capacity
    worked = min(arrival + services[s, at.BACKLOG] / dt, capacity)
    refused, queued = drain(services, s, arrival * (1.0 - none_ready), capacity, dt)
    slack = max(by_cpu - arrival, 0.02 * by_cpu)
    late = overdue(deadline / 1000.0, queued, probability, slack)
    own_good = (1.0 - early) * (1.0 - none_ready) * (1.0 - refused) * (1.0 - late) * extra_good
    services[s, at.EARLY_FAIL] = 1.0 - (1.0 - early) * (1.0 - none_ready)
    services[s, at.OWN_FAIL] = 1.0 - own_good
    fail_before, mean_before = services[s, at.FAIL], services[s, at.MEAN_MS]
    services[s, at.FAIL] = 1.0 - own_good * child_good
    wait = min(1000.0 * (cpu_wait + queued), deadline)
    wait_variance = min(probability * (2.0 - probability) / (slack * slack) * 1e6, deadline * deadline)
    services[s, at.MEAN_MS] = wait + work + extra_ms + child_mean
    services[s, at.VAR_MS2] = wait_variance + work * work + extra_variance + child_variance
    moved = max(abs(services[s, at.FAIL] - fail_before), abs(services[s, at.MEAN_MS] / mean_before - 1.0))
    clock[at.MOVED] = max(clock[at.MOVED], moved)
    services[s, at.CPU_PERCENT] = (
        cpu_percent(services, clock, s, worked / by_cpu) if services[s, at.READY] > 0.0 else 0.0
    )
    in_work = min(worked * (hold + min(1000.0 * (cpu_wait + queued), deadline)) / 1000.0, free)
    threads = max(services[s, at.READY] * services[s, at.WORKERS], 1.0)
    services[s, at.THREADS_BUSY] = min((services[s, at.STUCK] + in_work) / threads, 1.0)
    if services[s, at.POOL_MAX] > 0.0:
        services[s, at.CONNS] = held + in_work
    if special:
        failing = probe_failures(services, s, wait)
        if failing > 0.0:
            probe_pods(services, pods, s, failing, clock[at.NOW_S], dt)
