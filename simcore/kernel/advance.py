"""The kernel: advances the world of one episode. It knows causes, never mechanisms.

Within a sub-step arrival rates go down the call graph, waiting times and failures come up again; a caller sees what
its callees did in the same sub-step, callees see what callers let through in the one before.
"""

import math

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel.autoscale import autoscale
from simcore.kernel.books import count_loss, remember, watch_slo
from simcore.kernel.clients import held_connections, use_database
from simcore.kernel.compiled import compiled, drop_stale_cache, inlined
from simcore.kernel.conditions import fold
from simcore.kernel.flow import offer_load
from simcore.kernel.health import assess
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.memory import run_pods
from simcore.kernel.pods import lose_pods, reconcile_pods
from simcore.kernel.serve import serve

MAX_SUB_STEPS = 10
SHORTEST_SUB_STEP_S, LONGEST_SUB_STEP_S = 10.0, 100.0
_STILL = 0.02  # by so much failures and (relatively) latencies may change in a sub-step in which nothing moves
_PODS_MOVE_S = 20.0
ALERT_STEP_S, SLOW_PHASE_ENDS_S = 40.0, -400.0


@inlined
def apply_rows(services: Floats, pods: Floats, releases: Floats, rows: Floats, clock: Floats, dt: float) -> None:
    """What mechanisms do to causes in `[now, now + dt)`."""
    now = clock[at.NOW_S]
    clock[at.NEXT_ROW_S] = at.NEVER
    for r in range(rows.shape[0]):
        mode = rows[r, at.ROW_MODE]
        if mode == at.DONE:
            continue
        if rows[r, at.ROW_FROM] >= now + dt:
            clock[at.NEXT_ROW_S] = min(clock[at.NEXT_ROW_S], rows[r, at.ROW_FROM])
            continue
        s, column, value = int(rows[r, at.ROW_SERVICE]), int(rows[r, at.ROW_COLUMN]), rows[r, at.ROW_VALUE]
        if mode == at.RATE:
            until = rows[r, at.ROW_UNTIL]
            services[s, column] += value * max(0.0, min(now + dt, until) - max(now, rows[r, at.ROW_FROM]))
            if until <= now + dt:
                rows[r, at.ROW_MODE] = at.DONE
            else:
                clock[at.NEXT_ROW_S] = now + dt
            continue
        rows[r, at.ROW_MODE] = at.DONE
        if mode == at.SET_CLOCK:
            clock[column] = value
        elif mode == at.SET_RELEASE:
            releases[s, at.MAX_RELEASES - 1, column] = value
        elif mode == at.SET_EVERY_RELEASE:
            releases[s, :, column] = value
        elif mode == at.SET_PODS:
            pods[s, :, column] = value
            services[s, at.SETTLED_PODS] = -1.0
        elif mode == at.LOSE_PODS:
            lose_pods(services, pods, s, now)
        else:
            services[s, column] = value


@compiled
def sub_step(world: Floats, graph: Ints, none_ready: Floats, dt: float) -> None:
    """`none_ready` is room for a number per service. Views are opened here: so their row lengths are constants."""
    clock, _, _, rows, _, times, services, releases, pods, edges, history = at.views(world, graph)
    order, (first, callees), entry = at.order_of(graph), at.calls_of(graph), graph[at.ENTRY]
    clock[at.MOVED] = 0.0
    clock[at.SUB_STEPS] += 1.0
    apply_rows(services, pods, releases, rows, clock, dt)
    now, n = clock[at.NOW_S], services.shape[0]
    for s in range(n):
        if services[s, at.HPA_MAX] > 0.0:
            autoscale(services, s, now, dt)
    reconcile_pods(services, pods, clock)
    for s in range(n):
        none_ready[s] = run_pods(services, pods, releases, clock, s, dt)
        if services[s, at.SPECIAL] > 0.0:
            fold(services, pods, releases, clock, s, dt)
    offer_load(services, edges, clock, order, first, callees, entry, dt)
    for i in range(n - 1, -1, -1):
        s = order[i]
        held = held_connections(services, s) if services[s, at.POOL_MAX] > 0.0 else 0.0
        serve(services, pods, edges, clock, first, callees, s, entry, held, none_ready[s], dt)
    for s in range(n):
        if services[s, at.POOL_MAX] > 0.0:
            use_database(services, pods, releases, edges, first, callees, s, dt)
    count_loss(services, clock, entry, dt)
    watch_slo(services, clock, entry, dt)
    clock[at.NOW_S] += dt
    remember(services, clock, times, history)
    assess(services, pods, clock[at.NOW_S])


@inlined
def next_sub_step(clock: Floats, services: Floats, taken: float) -> float:
    """How long the next sub-step may be: twice as long as long as nothing moves, short again when something does."""
    if clock[at.MOVED] > _STILL:
        return SHORTEST_SUB_STEP_S
    longest = LONGEST_SUB_STEP_S
    for s in range(services.shape[0]):
        if services[s, at.SETTLED_PODS] < 0.0:
            longest = _PODS_MOVE_S
    until_row = clock[at.NEXT_ROW_S] - clock[at.NOW_S]
    return max(min(2.0 * taken, longest, until_row), SHORTEST_SUB_STEP_S)


@compiled
def advance(world: Floats, graph: Ints, seconds: float) -> None:
    """Advances a world by `seconds` in at most ten sub-steps: of 10 s, and longer ones where nothing moves."""
    views = at.views(world, graph)
    clock, services = views[0], views[6]
    none_ready = np.zeros(services.shape[0])
    end, left = clock[at.NOW_S] + seconds, MAX_SUB_STEPS
    while left > 0 and clock[at.NOW_S] < end - 1e-9:
        remaining = end - clock[at.NOW_S]
        parts = min(math.ceil(remaining / max(clock[at.SUB_STEP_S], SHORTEST_SUB_STEP_S) - 1e-9), left)
        dt = remaining / parts
        sub_step(world, graph, none_ready, dt)
        clock[at.SUB_STEP_S] = next_sub_step(clock, services, dt)
        left -= 1


@compiled
def advance_to_alert(world: Floats, graph: Ints, patience: float, not_before: float, at_most: float) -> None:
    """Advances until the entry's objectives have been broken for `patience` seconds and it is `not_before`, but by no
    more than `at_most`.

    What grows for long grows slowly: until `SLOW_PHASE_ENDS_S` the sub-steps are twice as long.
    """
    clock = at.views(world, graph)[0]
    none_ready = np.zeros(graph[at.N_SERVICES])
    end = clock[at.NOW_S] + at_most
    while clock[at.NOW_S] < end and (clock[at.SLO_BROKEN_S] < patience or clock[at.NOW_S] < not_before):
        dt = ALERT_STEP_S if clock[at.NOW_S] >= SLOW_PHASE_ENDS_S else 2.0 * ALERT_STEP_S
        sub_step(world, graph, none_ready, dt)


drop_stale_cache(advance)
