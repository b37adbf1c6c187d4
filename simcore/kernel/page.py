"""The page that opens an incident: whose pager rings, and which services the cause has to do with."""

from simcore.kernel import layout as at
from simcore.kernel.compiled import compiled, inlined
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


@inlined
def is_cause(facts: Floats, s: int) -> bool:
    """Whether a right declaration may name it."""
    named = int(facts[at.CAUSE_0 + at.NAMED])
    if facts[at.CAUSES] > 1.0:
        named |= int(facts[at.CAUSE_0 + at.CAUSE_COLUMNS + at.NAMED])
    return (named >> s) & 1 == 1


@inlined
def chance(facts: Floats, services: Floats, s: int) -> float:
    """How likely it is that this one's pager rings: of those who suffer; a cause itself less, unless it is easy."""
    if not suffers(services, s):
        return 0.0
    return 0.8 - 0.4 * facts[at.DIFFICULTY] if is_cause(facts, s) else 1.0


@compiled
def draw_paged(facts: Floats, services: Floats, graph: Ints, draw: float) -> int:
    """Somebody who suffers; where nobody does, the target or one of its callers."""
    total = 0.0
    for s in range(services.shape[0]):
        total += chance(facts, services, s)
    if total <= 0.0:
        target = int(facts[at.CAUSE_0 + at.TARGET])
        first, _, callers = at.callers_of(graph)
        several = first[target + 1] - first[target] + 1
        chosen = int(draw * several)
        return target if chosen == several - 1 else callers[first[target] + chosen]
    left, found = draw * total, 0
    for s in range(services.shape[0]):
        share = chance(facts, services, s)
        if share > 0.0:
            found = s
            left -= share
            if left < 0.0:
                return s
    return found


@compiled
def draw_page(world: Floats, graph: Ints, seed: int) -> None:
    clock, _, facts, _, _, _, services, _, _, _, _ = at.views(world, graph)
    facts[at.PAGED] = draw_paged(facts, services, graph, uniform(seed, _STREAM))
    facts[at.TITLE_DRAW] = uniform(seed, _STREAM + 1)
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
