"""Where a fault stands: its target, the neighbours that it is about, and the innocent whom it hurts."""

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel import plan
from simcore.kernel.compiled import compiled
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.random import uniform


@compiled
def draw_neighbour(edges: Floats, first: Ints, calls: Ints, others: Ints, s: int, database: int, unit: float) -> int:
    """One of the services that `s` is joined to by a call that waits, other than its database; itself if none is."""
    count = 0
    for k in range(first[s], first[s + 1]):
        if edges[calls[k], at.IS_ASYNC] <= 0.0 and others[k] != database:
            count += 1
    chosen = int(unit * count)
    for k in range(first[s], first[s + 1]):
        if edges[calls[k], at.IS_ASYNC] <= 0.0 and others[k] != database:
            if chosen == 0:
                return others[k]
            chosen -= 1
    return s


@compiled
def draw_victims(services: Floats, callees: Ints, first: Ints, entry: int, places: Ints, seed: int, base: int) -> None:
    """One or two innocent services: not the target, the entry, what the entry calls (unless nobody else is there), a
    database or a consumer."""
    n, count = services.shape[0], 0
    fit = np.zeros(n)
    for s in range(n):
        if s != places[at.AT_TARGET] and s != entry and services[s, at.POOL_MAX] + services[s, at.IS_CONSUMER] <= 0.0:
            fit[s] = 1.0
            count += 1
    for e in range(first[entry], first[entry + 1]):
        if count > 1 and fit[callees[e]] > 0.0:
            fit[callees[e]] = 0.0
            count -= 1
    wanted = 2 if uniform(seed, base + 2) < 0.5 and count > 1 else 1
    for v in range(wanted):
        chosen = int(uniform(seed, base + v) * (count - v))
        for s in range(n):
            if fit[s] > 0.0:
                if chosen == 0:
                    places[at.AT_VICTIM_1 + v] = s
                    fit[s] = 0.0
                    break
                chosen -= 1


@compiled
def draw_target(targets: Ints, variant: Floats, unit: float, avoid: int) -> int:
    """One of the services where the variant may stand; the next of them where another fault is there already."""
    first, count = int(variant[plan.V_TARGETS]), int(variant[plan.N_TARGETS])
    chosen = int(unit * count)
    if targets[first + chosen] == avoid:
        chosen = (chosen + 1) % count
    return targets[first + chosen]


@compiled
def draw_places(
    services: Floats, edges: Floats, graph: Ints, variant: Floats, places: Ints, target: int, seed: int, base: int
) -> None:
    """Fills `places` by what mechanisms and remedies call them; -1 for what is not there."""
    first, callees = at.calls_of(graph)
    first_caller, calls, callers = at.callers_of(graph)
    database = int(services[target, at.DATABASE])
    places[:] = -1
    places[at.AT_TARGET], places[at.AT_ENTRY], places[at.AT_WORLD] = target, graph[at.ENTRY], 0
    places[at.AT_DATABASE] = database
    places[at.AT_CALLER] = draw_neighbour(edges, first_caller, calls, callers, target, -2, uniform(seed, base + 2))
    own_calls = np.arange(edges.shape[0])
    places[at.AT_CALLEE] = draw_neighbour(edges, first, own_calls, callees, target, database, uniform(seed, base + 3))
    if variant[plan.V_VICTIMS] > 0.0:
        draw_victims(services, callees, first, graph[at.ENTRY], places, seed, base + 4)
