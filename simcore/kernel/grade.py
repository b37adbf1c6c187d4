"""The six components of the reward over the packed arrays. Amounts and caps are the table of the reference.

A step is paid what is left of a component's cap, so that an unresolved episode ends at 0.24 at most and a resolved
one at 0.25 at least.
"""

from simcore.kernel import changes
from simcore.kernel import layout as at
from simcore.kernel.advance import advance
from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.predicates import holds

DIAGNOSTIC, CORRECT_OP, RESOLUTION, FORMAT, EFFICIENCY, PENALTY = range(6)
CAPS = (0.10, 0.10, 0.45, 0.04, 0.10, -0.20)
RELEVANT_READ, NEAR_READ, FORMED = 0.05, 0.02, 0.01
REDUNDANT, HARMFUL, HARMED, WRONG_DECLARATION = -0.03, -0.05, -0.03, -0.10
_REFUSED = (0.0, 0.0, 0.0, -0.05, -0.03, -0.05, -0.03, 0.0, 0.0, 0.0)  # by the codes of `changes`


@compiled
def pay(ledger: Floats, paid: Floats, component: int, amount: float) -> None:
    """Adds what is left of the component's cap; a tenth of a billionth is a rounding error, not a reward."""
    left = CAPS[component] - ledger[at.SUM_DIAGNOSTIC + component]
    amount = max(amount, left) if CAPS[component] < 0.0 else min(amount, left)
    if abs(amount) > 1e-10:
        ledger[at.SUM_DIAGNOSTIC + component] += amount
        paid[component] += amount


@compiled
def is_redundant(ledger: Floats, kind: int, s: int) -> bool:
    """The same action on the same target within three steps, whatever its parameters."""
    for k in range(at.PAST_STEPS):
        if ledger[at.PAST_ACTION + k] == kind and ledger[at.PAST_SERVICE + k] == s:
            return True
    return False


@compiled
def note_past(ledger: Floats, kind: int, s: int) -> None:
    for k in range(at.PAST_STEPS - 1):
        ledger[at.PAST_ACTION + k] = ledger[at.PAST_ACTION + k + 1]
        ledger[at.PAST_SERVICE + k] = ledger[at.PAST_SERVICE + k + 1]
    ledger[at.PAST_ACTION + at.PAST_STEPS - 1] = kind
    ledger[at.PAST_SERVICE + at.PAST_STEPS - 1] = s


@inlined
def has_bit(mask: float, s: int) -> bool:
    return (int(mask) >> s) & 1 == 1


@compiled
def grade_read(ledger: Floats, facts: Floats, services: Floats, paid: Floats, kind: int, s: int) -> None:
    """The first read of its kind on a service that is part of it (or of the whole), or next to one that is."""
    if s < 0:
        if ledger[at.SEEN_LIST] <= 0.0:
            pay(ledger, paid, DIAGNOSTIC, NEAR_READ)
        ledger[at.SEEN_LIST] = 1.0
        return
    worth = RELEVANT_READ if has_bit(facts[at.RELEVANT], s) else NEAR_READ if has_bit(facts[at.NEAR], s) else 0.0
    ledger[at.READ_EVIDENCE] = max(ledger[at.READ_EVIDENCE], 1.0 if worth > 0.0 else 0.0)
    if not has_bit(services[s, at.SEEN_READS], kind):
        services[s, at.SEEN_READS] += 2.0**kind
        pay(ledger, paid, DIAGNOSTIC, worth)


@compiled
def sick(services: Floats) -> float:
    """The services that are not healthy, as bits."""
    mask = 0.0
    for s in range(services.shape[0]):
        if services[s, at.HEALTH] != at.HEALTHY:
            mask += 2.0**s
    return mask


@compiled
def mark_parts(clock: Floats, services: Floats, releases: Floats, pods: Floats, parts: Floats) -> float:
    """The parts of remedies that hold, as bits."""
    mask = 0.0
    for p in range(parts.shape[0]):
        if parts[p, at.PART_CAUSE] >= 0.0 and holds(clock, services, releases, pods, parts[p]):
            mask += 2.0**p
    return mask


@compiled
def share_of(parts: Floats, part: int, causes: float) -> float:
    """What a part is worth: its share of its remedy, and its remedy's of the causes."""
    together = 0.0
    for p in range(parts.shape[0]):
        if parts[p, at.PART_CAUSE] == parts[part, at.PART_CAUSE]:
            if parts[p, at.PART_ALTERNATIVE] == parts[part, at.PART_ALTERNATIVE]:
                together += 1.0
    return CAPS[CORRECT_OP] / (together * causes)


@compiled
def grade_parts(facts: Floats, parts: Floats, before: float, after: float) -> float:
    """What a change earns that made parts true for the first time; 0 if it made none."""
    best = 0.0
    for p in range(parts.shape[0]):
        if has_bit(after, p) and not has_bit(before, p) and parts[p, at.PART_PAID] <= 0.0:
            parts[p, at.PART_PAID] = 1.0
            best = max(best, share_of(parts, p, facts[at.CAUSES]))
    return best


@compiled
def causes_gone(facts: Floats, parts: Floats, held: float) -> bool:
    """Of every cause one of the alternative remedies holds whole."""
    if facts[at.KIND] != at.FAULT:
        return True
    for c in range(int(facts[at.CAUSES])):
        gone = False
        for alternative in range(4):
            whole, there = True, False
            for p in range(parts.shape[0]):
                if parts[p, at.PART_CAUSE] == c and parts[p, at.PART_ALTERNATIVE] == alternative:
                    there = True
                    whole = whole and has_bit(held, p)
            gone = gone or (there and whole)
        if not gone:
            return False
    return True


@compiled
def fits(ledger: Floats, facts: Floats, d: int, c: int) -> bool:
    """Whether declaration `d` is about cause `c`: its class, and a service that may be named."""
    s, block = int(ledger[at.DECLARED_SERVICE + d]), at.CAUSE_0 + c * at.CAUSE_COLUMNS
    return s >= 0 and ledger[at.DECLARED_CLASS + d] == facts[block + at.CLASS] and has_bit(facts[block + at.NAMED], s)


@compiled
def any_cause_fits(ledger: Floats, facts: Floats, d: int) -> bool:
    for c in range(int(facts[at.CAUSES])):
        if fits(ledger, facts, d, c):
            return True
    return False


@compiled
def is_diagnosed(ledger: Floats, facts: Floats) -> bool:
    """Whether the set of services with classes matches. What healed by itself may be named or left out."""
    declared = int(ledger[at.DECLARED])
    if declared == 0 or facts[at.KIND] == at.NO_FAULT:
        return declared == 0 and facts[at.KIND] != at.FAULT
    causes = int(facts[at.CAUSES])
    for d in range(declared):
        if not any_cause_fits(ledger, facts, d):
            return False
    for c in range(causes):
        named = False
        for d in range(declared):
            named = named or fits(ledger, facts, d, c)
        if not named:
            return False
    return True


@compiled
def left_broken(services: Floats) -> float:
    """Services that are not well, or that were left with less than half of their replicas, as bits."""
    mask = 0.0
    for s in range(services.shape[0]):
        if services[s, at.HEALTH] != at.HEALTHY or 2.0 * services[s, at.DESIRED] < services[s, at.USUAL_REPLICAS]:
            mask += 2.0**s
    return mask


@compiled
def finish(world: Floats, graph: Ints, paid: Floats, declared: bool) -> None:
    """Lets the world run through its stabilisation window, looks at what it did, and pays for the end."""
    clock, ledger, facts, _, parts, _, services, releases, pods, _, _ = at.views(world, graph)
    clock[at.WORST_FAIL] = clock[at.WORST_P99] = 0.0
    advance(world, graph, clock[at.STABILIZATION_S])
    held = clock[at.WORST_FAIL] <= 1.0 - clock[at.AVAILABILITY] and clock[at.WORST_P99] <= clock[at.LATENCY_MS]
    gone = causes_gone(facts, parts, mark_parts(clock, services, releases, pods, parts))
    broken = left_broken(services)
    diagnosed = declared and is_diagnosed(ledger, facts)
    ledger[at.SLOS_HELD], ledger[at.CAUSES_GONE] = 1.0 if held else 0.0, 1.0 if gone else 0.0
    ledger[at.LEFT_BROKEN], ledger[at.IS_DIAGNOSED] = broken, 1.0 if diagnosed else 0.0
    ledger[at.ENDED] = at.TERMINATED if declared else at.TRUNCATED
    if diagnosed and held and gone and broken == 0.0:
        pay(ledger, paid, RESOLUTION, CAPS[RESOLUTION])
        if 2.0 * ledger[at.STEPS] <= ledger[at.MAX_STEPS]:
            pay(ledger, paid, EFFICIENCY, CAPS[EFFICIENCY])
    if declared and not diagnosed:
        pay(ledger, paid, PENALTY, WRONG_DECLARATION)
    if diagnosed and facts[at.KIND] != at.FAULT and ledger[at.READ_EVIDENCE] > 0.0:
        pay(ledger, paid, CORRECT_OP, CAPS[CORRECT_OP])


@compiled
def refusal_cost(refusal: int) -> float:
    return _REFUSED[refusal]


@compiled
def earns_format(refusal: int) -> bool:
    return refusal != changes.MALFORMED and refusal != changes.UNKNOWN_SERVICE
