"""Drawing an episode: from a plan, a seed and a difficulty to a world in which the alert has just fired."""

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel import plan
from simcore.kernel.advance import advance_to_alert
from simcore.kernel.books import remember_rest
from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.herrings import draw_herrings, draw_releases
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.page import draw_page
from simcore.kernel.places import draw_places, draw_target
from simcore.kernel.random import uniform
from simcore.kernel.writing import named_mask, note_config, write_blip, write_parts, write_rows

SETTLING_S = 10.0
BLIP_S, LONGEST_WAIT_FOR_ALERT_S = 120.0, 2400.0
_STREAM_OF_CAUSE = 1000
MAX_PARAMETERS = 6


@inlined
def between(seed: int, counter: int, low: float, high: float) -> float:
    return low + (high - low) * uniform(seed, counter)


@compiled
def draw_variant(variants: Floats, kind: float, unit: float, avoid: int) -> int:
    """By weight; what heals by itself is of those that can, and the last variant is kept for when none can."""
    count = variants.shape[0] - 1
    total = 0.0
    for v in range(count):
        if v != avoid and (kind != at.SELF_HEALING or variants[v, plan.V_HEALS] > 0.0):
            total += variants[v, plan.V_WEIGHT]
    left, found = unit * total, count
    for v in range(count):
        if v != avoid and (kind != at.SELF_HEALING or variants[v, plan.V_HEALS] > 0.0):
            found = v
            left -= variants[v, plan.V_WEIGHT]
            if left < 0.0:
                return v
    return found


@compiled
def draw_kind(settings: Floats, unit: float) -> float:
    if unit < settings[plan.D_NO_FAULT]:
        return at.NO_FAULT
    return at.SELF_HEALING if unit < settings[plan.D_NO_FAULT] + settings[plan.D_SELF_HEALING] else at.FAULT


@compiled
def draw_world(clock: Floats, ledger: Floats, facts: Floats, settings: Floats, seed: int) -> None:
    """What holds whatever breaks: load, objectives, budget. Difficulty brings traffic closer to saturation."""
    facts[at.DIFFICULTY] = settings[plan.D_DIFFICULTY]
    clock[at.AVAILABILITY], clock[at.LATENCY_MS] = settings[plan.D_AVAILABILITY], settings[plan.D_LATENCY_MS]
    clock[at.STABILIZATION_S] = settings[plan.D_STABILIZATION_S]
    clock[at.BASE_RPS] *= between(seed, 1, 0.85, 0.95) + 0.15 * settings[plan.D_DIFFICULTY]
    clock[at.WAVE_AMPLITUDE], clock[at.WAVE_PHASE] = between(seed, 2, 0.02, 0.06), between(seed, 3, 0.0, 6.283)
    ledger[at.MAX_STEPS] = settings[plan.D_MAX_STEPS]
    facts[at.HEALS_AFTER_S] = between(seed, 4, 30.0, 150.0)


@compiled
def draw_parameters(ranges: Floats, variant: Floats, parameters: Floats, seed: int, base: int) -> None:
    for p in range(int(variant[plan.N_RANGES])):
        low, high = ranges[int(variant[plan.V_RANGES]) + p]
        parameters[p] = between(seed, base + p, low, high)


@compiled
def note_cause(facts: Floats, c: int, v: int, variant: Floats, places: Ints) -> None:
    block = at.CAUSE_0 + c * at.CAUSE_COLUMNS
    facts[block + at.VARIANT], facts[block + at.CLASS] = v, variant[plan.V_CLASS]
    facts[block + at.TARGET] = places[at.AT_TARGET]
    facts[block + at.VICTIM_1], facts[block + at.VICTIM_2] = places[at.AT_VICTIM_1], places[at.AT_VICTIM_2]
    facts[block + at.CALLER], facts[block + at.CALLEE] = places[at.AT_CALLER], places[at.AT_CALLEE]
    facts[block + at.NAMED] = named_mask(variant, places)


@compiled
def are_too_close(services: Floats, one: int, other: int) -> bool:
    """Whether two faults there could not be told apart: one service, one database, or a database and its client."""
    database, others = services[one, at.DATABASE], services[other, at.DATABASE]
    return one == other or one == others or database == other


@inlined
def last_loss(rows: Floats, row0: int, row: int) -> float:
    """When services lose their pods for the last time: before that it has not all happened."""
    last = -at.NEVER
    for r in range(row0, row):
        if rows[r, at.ROW_MODE] == at.LOSE_PODS:
            last = max(last, rows[r, at.ROW_FROM])
    return last


@compiled
def wait_for_alert(world: Floats, graph: Ints, kind: float, difficulty: float, latest: float, lost: float) -> None:
    """Lets the fault work until the objectives have been missed for a while, as an alert rule waits: all of it, since
    its last part (`latest`) began and the last pods were `lost`."""
    if kind == at.NO_FAULT:
        advance_to_alert(world, graph, at.NEVER, at.NEVER, BLIP_S + SETTLING_S)
    else:
        patience = 30.0 + 60.0 * difficulty
        advance_to_alert(world, graph, patience, max(latest + patience, lost), LONGEST_WAIT_FOR_ALERT_S)


@compiled
def draw(
    world: Floats, graph: Ints, usual_world: Floats, variants: Floats, ranges: Floats, templates: Floats,
    wanted: Floats, targets: Ints, settings: Floats, seed: int,
) -> None:  # fmt: skip
    """Writes a whole episode into `world`, a pure function of the other arguments."""
    world[:] = usual_world
    clock, ledger, facts, rows, parts, times, services, releases, _, edges, history = at.views(world, graph)
    usual = at.views(usual_world, graph)[6]
    first, callees = at.calls_of(graph)
    draw_world(clock, ledger, facts, settings, seed)
    kind = facts[at.KIND] = draw_kind(settings, uniform(seed, 0))
    two = kind == at.FAULT and variants.shape[0] > 2 and uniform(seed, 5) < settings[plan.D_MULTI_FAULT]
    parameters, places = np.zeros(MAX_PARAMETERS), np.zeros(8, dtype=np.int64)
    earliest, latest, lost, begin, row, part = 0.0, -at.NEVER, -at.NEVER, 0.0, 0, 0
    target, v, causes = -1, -1, 0
    for c in range(2 if two else 1):
        base = _STREAM_OF_CAUSE * (c + 1)
        v = draw_variant(variants, kind, uniform(seed, base), v)
        variant = variants[v]
        stands_alone = two and variant[plan.V_VICTIMS] > 0.0
        before, target = target, draw_target(targets, variant, uniform(seed, base + 1), target)
        if c > 0 and (stands_alone or are_too_close(services, target, before)):
            break
        draw_places(services, edges, graph, variant, places, target, seed, base)
        draw_parameters(ranges, variant, parameters, seed, base + 10)
        note_cause(facts, c, v, variant, places)
        causes += 1
        begin = -parameters[0]
        earliest, latest = min(earliest, begin), max(latest, begin)
        if kind == at.NO_FAULT:
            break
        row0 = row
        row = write_rows(
            rows, services, usual, edges, clock, first, callees, templates, variant, parameters, places, begin, row,
            at.NEVER,
        )  # fmt: skip
        lost = max(lost, last_loss(rows, row0, row))
        note_config(services, usual, rows, variant, places, begin, row0, row)
        if kind == at.FAULT:
            part = write_parts(
                parts, usual, edges, clock, first, callees, templates, wanted, variant, parameters, places, begin, c,
                part,
            )  # fmt: skip
        if variant[plan.V_NEW_RELEASE] > 0.0:
            releases[target, at.MAX_RELEASES - 1, at.ROLLED_OUT_S] = begin
        if stands_alone:
            break
    facts[at.CAUSES] = causes
    if kind == at.NO_FAULT:
        write_blip(rows, services, target)
        earliest = -BLIP_S
    draw_releases(services, releases, facts, seed, settings[plan.D_DISTRACTORS], earliest)
    draw_herrings(services, facts, clock, seed, settings[plan.D_DISTRACTORS], earliest)
    clock[at.NOW_S] = earliest - SETTLING_S
    remember_rest(services, clock, times, history, clock[at.NOW_S])
    wait_for_alert(world, graph, kind, settings[plan.D_DIFFICULTY], latest, lost)
    clock[at.ALERT_S] = clock[at.NOW_S]
    if kind == at.SELF_HEALING:
        write_rows(
            rows, services, usual, edges, clock, first, callees, templates, variants[v], parameters, places, begin,
            row, clock[at.NOW_S] + facts[at.HEALS_AFTER_S],
        )  # fmt: skip
    draw_page(world, graph, seed)
