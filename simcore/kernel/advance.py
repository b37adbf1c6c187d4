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
from simcore.kernel.layout import Floats, Ints, Singles
from simcore.kernel.memory import run_pods
from simcore.kernel.pods import lose_pods, reconcile_pods
from simcore.kernel.serve import serve

MAX_SUB_STEPS = 10
SHORTEST_SUB_STEP_S = 10.0
ALERT_STEP_S, SLOW_PHASE_ENDS_S = 40.0, -400.0


@inlined
def apply_rows(services: Floats, pods: Floats, releases: Floats, rows: Floats, clock: Floats, dt: float) -> None:
    """What mechanisms do to causes in `[now, now + dt)`."""
    now = clock[at.NOW_S]
    for r in range(rows.shape[0]):
        mode = rows[r, at.ROW_MODE]
        if mode == at.DONE or rows[r, at.ROW_FROM] >= now + dt:
            continue
        s, column, value = int(rows[r, at.ROW_SERVICE]), int(rows[r, at.ROW_COLUMN]), rows[r, at.ROW_VALUE]
        if mode == at.RATE:
            until = rows[r, at.ROW_UNTIL]
            services[s, column] += value * max(0.0, min(now + dt, until) - max(now, rows[r, at.ROW_FROM]))
            if until <= now + dt:
                rows[r, at.ROW_MODE] = at.DONE
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
def sub_step(
    clock: Floats, rows: Floats, times: Floats, services: Floats, releases: Floats, pods: Floats, edges: Floats,
    history: Singles, order: Ints, first: Ints, callees: Ints, entry: int, none_ready: Floats, dt: float,
) -> None:  # fmt: skip
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
    offer_load(services, edges, clock, order, first, callees, entry)
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


@compiled
def advance(world: Floats, graph: Ints, seconds: float) -> None:
    """Advances a world by `seconds` in at most ten sub-steps."""
    clock, _, _, rows, _, times, services, releases, pods, edges, history = at.views(world, graph)
    order, (first, callees), none_ready = at.order_of(graph), at.calls_of(graph), np.zeros(services.shape[0])
    count = min(MAX_SUB_STEPS, max(1, math.ceil(seconds / SHORTEST_SUB_STEP_S - 1e-9)))
    for _ in range(count):
        sub_step(
            clock, rows, times, services, releases, pods, edges, history, order, first, callees, graph[at.ENTRY],
            none_ready, seconds / count,
        )  # fmt: skip


@compiled
def advance_to_alert(world: Floats, graph: Ints, patience: float, not_before: float, at_most: float) -> None:
    """Advances until the entry's objectives have been broken for `patience` seconds and it is `not_before`, but by no
    more than `at_most`.

    What grows for long grows slowly: until `SLOW_PHASE_ENDS_S` the sub-steps are twice as long.
    """
    clock, _, _, rows, _, times, services, releases, pods, edges, history = at.views(world, graph)
    order, (first, callees), none_ready = at.order_of(graph), at.calls_of(graph), np.zeros(services.shape[0])
    end = clock[at.NOW_S] + at_most
    while clock[at.NOW_S] < end and (clock[at.SLO_BROKEN_S] < patience or clock[at.NOW_S] < not_before):
        dt = ALERT_STEP_S if clock[at.NOW_S] >= SLOW_PHASE_ENDS_S else 2.0 * ALERT_STEP_S
        sub_step(
            clock, rows, times, services, releases, pods, edges, history, order, first, callees, graph[at.ENTRY],
            none_ready, dt,
        )  # fmt: skip


drop_stale_cache(advance)
