"""The page that opens an incident: whose pager rings, and which services the cause has to do with."""

from simcore.kernel import layout as at
from simcore.kernel.compiled import compiled
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.queueing import p99_exceeds, percentile_99
from simcore.kernel.random import uniform

_STREAM = 9000
_SUFFERS_FROM_SHARE, _SUFFERS_FROM_FACTOR, _SUFFERS_FROM_MS = 0.01, 2.0, 150.0


@compiled
def suffers(services: Floats, s: int) -> bool:
    limit = max(_SUFFERS_FROM_FACTOR * services[s, at.USUAL_P99_MS], _SUFFERS_FROM_MS)
    return services[s, at.FAIL] > _SUFFERS_FROM_SHARE or p99_exceeds(
        limit, services[s, at.MEAN_MS], services[s, at.VAR_MS2]
    )


@compiled
def draw_page(world: Floats, graph: Ints, seed: int) -> None:
    """Somebody who suffers is paged, and the cause itself a little more often when it is easy."""
    clock, _, facts, _, _, _, services, _, _, _, _ = at.views(world, graph)
    target, honest = int(facts[at.CAUSE_0 + at.TARGET]), 0.2 * (1.0 - facts[at.DIFFICULTY])
    draw, count = uniform(seed, _STREAM), 0
    for s in range(services.shape[0]):
        count += 1 if suffers(services, s) else 0
    facts[at.PAGED], facts[at.TITLE_DRAW] = target, uniform(seed, _STREAM + 1)
    if count == 0:
        first, _, callers = at.callers_of(graph)
        several = first[target + 1] - first[target] + 1
        chosen = int(draw * several)
        facts[at.PAGED] = target if chosen == several - 1 else callers[first[target] + chosen]
    elif draw >= honest or not suffers(services, target):
        chosen = int((draw - honest) / (1.0 - honest) * count) if draw >= honest else 0
        for s in range(services.shape[0]):
            if suffers(services, s):
                if chosen == 0:
                    facts[at.PAGED] = s
                    break
                chosen -= 1
    write_page(clock, facts, services)
    mark_relevant(facts, graph)


@compiled
def write_page(clock: Floats, facts: Floats, services: Floats) -> None:
    """What the page says of the service that it is about."""
    s = int(facts[at.PAGED])
    facts[at.PAGE_FAIL] = services[s, at.FAIL]
    facts[at.PAGE_P99_MS] = percentile_99(services[s, at.MEAN_MS], services[s, at.VAR_MS2])
    facts[at.PAGE_FIRES] = 1.0 if clock[at.SLO_BROKEN_S] > 0.0 else 0.0


@compiled
def mark_relevant(facts: Floats, graph: Ints) -> None:
    """As bits: the services where evidence of a cause is to be found, and those next to them."""
    n = graph[at.N_SERVICES]
    relevant, near = 0, 0
    first, callees = at.calls_of(graph)
    for c in range(int(facts[at.CAUSES])):
        block = at.CAUSE_0 + c * at.CAUSE_COLUMNS
        for k in (at.TARGET, at.VICTIM_1, at.VICTIM_2):
            if facts[block + k] >= 0.0:
                relevant |= 1 << int(facts[block + k])
        relevant |= int(facts[block + at.NAMED])
    for s in range(n):
        for e in range(first[s], first[s + 1]):
            if (relevant >> s) & 1:
                near |= 1 << callees[e]
            if (relevant >> callees[e]) & 1:
                near |= 1 << s
    facts[at.RELEVANT], facts[at.NEAR] = relevant, near & ~relevant
