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
from simcore.kernel.random import uniform
from simcore.kernel.refer import evaluated, reference

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
def write_rows(
    world_rows: Floats, services: Floats, usual: Floats, edges: Floats, clock: Floats, first: Ints, callees: Ints,
    templates: Floats, variant: Floats, parameters: Floats, places: Ints, begin: float, row: int, undo_at: float,
) -> int:  # fmt: skip
    """The rows of a mechanism, or with `undo_at` those that take them back then; returns the next free row."""
    t0 = int(variant[plan.V_TEMPLATES])
    for t in range(t0, t0 + int(variant[plan.N_TEMPLATES])):
        template = templates[t]
        s = places[int(template[plan.T_AT])]
        if s < 0:
            continue
        column, mode = int(template[plan.T_COLUMN]), template[plan.T_MODE]
        start = begin + template[plan.T_DELAY]
        if template[plan.T_DELAY_PARAMETER] >= 0.0:
            start += parameters[int(template[plan.T_DELAY_PARAMETER])]
        value = evaluated(usual, edges, clock, first, callees, template, parameters, places, begin)
        until = at.NEVER
        if template[plan.T_RAMP_PARAMETER] >= 0.0:
            ramp = parameters[int(template[plan.T_RAMP_PARAMETER])]
            until = start + ramp
            value = (value - usual[s, column]) / ramp
            mode = at.RATE
        if undo_at < at.NEVER:
            start, until, value = undo_at, at.NEVER, usual[s, column]
            mode = at.SET if mode == at.RATE else mode
        services[s, at.SPECIAL] = 1.0
        world_rows[row, at.ROW_FROM] = start
        world_rows[row, at.ROW_UNTIL] = until
        world_rows[row, at.ROW_SERVICE] = s
        world_rows[row, at.ROW_COLUMN] = column
        world_rows[row, at.ROW_MODE] = mode
        world_rows[row, at.ROW_VALUE] = value
        row += 1
    return row


@compiled
def write_part(parts: Floats, part: int, cause: int, wish: Floats, s: int, limit: float) -> None:
    parts[part, at.PART_CAUSE] = cause
    parts[part, at.PART_ALTERNATIVE] = wish[plan.W_ALTERNATIVE]
    parts[part, at.PART_PREDICATE] = wish[plan.W_PREDICATE]
    parts[part, at.PART_SERVICE] = s
    parts[part, at.PART_COLUMN] = wish[plan.W_COLUMN]
    parts[part, at.PART_LIMIT] = limit
    parts[part, at.PART_PAID] = 0.0


@compiled
def write_parts(
    parts: Floats, usual: Floats, edges: Floats, clock: Floats, first: Ints, callees: Ints, templates: Floats,
    wanted: Floats, variant: Floats, parameters: Floats, places: Ints, begin: float, cause: int, part: int,
) -> int:  # fmt: skip
    """What the accepted remedies of a cause must make true; returns the next free part."""
    w0 = int(variant[plan.V_WANTED])
    for w in range(w0, w0 + int(variant[plan.N_WANTED])):
        wish = wanted[w]
        limit, where = wish[plan.W_FACTOR], int(wish[plan.W_AT])
        s = places[at.AT_VICTIM_1 if where == at.AT_VICTIMS else where]
        if wish[plan.W_OF_TEMPLATE] >= 0.0:
            template = templates[int(variant[plan.V_TEMPLATES] + wish[plan.W_OF_TEMPLATE])]
            limit *= evaluated(usual, edges, clock, first, callees, template, parameters, places, begin)
        elif wish[plan.W_OF] >= 0.0:
            limit *= reference(usual, edges, clock, first, callees, int(wish[plan.W_OF]), s, begin)
        write_part(parts, part, cause, wish, s, limit)
        part += 1
        if where == at.AT_VICTIMS and places[at.AT_VICTIM_2] >= 0:
            write_part(parts, part, cause, wish, places[at.AT_VICTIM_2], limit)
            part += 1
    return part


@compiled
def note_config(
    services: Floats, usual: Floats, rows: Floats, variant: Floats, places: Ints, begin: float, row0: int, row: int
) -> None:
    """The audit trail of a mechanism that is a change of configuration."""
    if variant[plan.V_CONFIG_KEY] < 0.0:
        return
    s, column = places[int(variant[plan.V_CONFIG_AT])], int(variant[plan.V_CONFIG_COLUMN])
    services[s, at.CONFIG_KEY], services[s, at.CONFIG_AT] = variant[plan.V_CONFIG_KEY], begin
    services[s, at.CONFIG_OLD] = services[s, at.CONFIG_NEW] = usual[s, column]
    for r in range(row0, row):
        if rows[r, at.ROW_SERVICE] == s and rows[r, at.ROW_COLUMN] == column and rows[r, at.ROW_MODE] == at.SET:
            services[s, at.CONFIG_NEW] = rows[r, at.ROW_VALUE]


@compiled
def named_mask(variant: Floats, places: Ints) -> float:
    """The services that a right declaration may name, as bits."""
    where = int(variant[plan.V_NAMED])
    if where != at.AT_VICTIMS:
        return 2.0 ** places[where]
    second = 2.0 ** places[at.AT_VICTIM_2] if places[at.AT_VICTIM_2] >= 0 else 0.0
    return 2.0 ** places[at.AT_VICTIM_1] + second


@compiled
def draw_kind(settings: Floats, unit: float) -> float:
    if unit < settings[plan.D_NO_FAULT]:
        return at.NO_FAULT
    return at.SELF_HEALING if unit < settings[plan.D_NO_FAULT] + settings[plan.D_SELF_HEALING] else at.FAULT


@compiled
def write_blip(rows: Floats, s: int) -> None:
    """A short burst of errors that was over before anybody looked."""
    for r in range(2):
        rows[r, at.ROW_FROM] = -110.0 + 70.0 * r
        rows[r, at.ROW_UNTIL] = at.NEVER
        rows[r, at.ROW_SERVICE] = s
        rows[r, at.ROW_COLUMN] = at.EXTRA_ERRORS
        rows[r, at.ROW_MODE] = at.SET
        rows[r, at.ROW_VALUE] = 0.25 * (1.0 - r)


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
    first_caller, calls, callers = at.callers_of(graph)
    own_calls = np.arange(edges.shape[0])
    difficulty = settings[plan.D_DIFFICULTY]
    kind = facts[at.KIND] = draw_kind(settings, uniform(seed, 0))
    facts[at.DIFFICULTY] = difficulty
    clock[at.AVAILABILITY], clock[at.LATENCY_MS] = settings[plan.D_AVAILABILITY], settings[plan.D_LATENCY_MS]
    clock[at.STABILIZATION_S] = settings[plan.D_STABILIZATION_S]
    clock[at.BASE_RPS] *= between(seed, 1, 0.85, 0.95) + 0.15 * difficulty
    clock[at.WAVE_AMPLITUDE], clock[at.WAVE_PHASE] = between(seed, 2, 0.02, 0.06), between(seed, 3, 0.0, 6.283)
    ledger[at.MAX_STEPS] = settings[plan.D_MAX_STEPS]
    facts[at.HEALS_AFTER_S] = between(seed, 4, 30.0, 150.0)
    two = kind == at.FAULT and variants.shape[0] > 2 and uniform(seed, 5) < settings[plan.D_MULTI_FAULT]
    facts[at.CAUSES] = 2.0 if two else 1.0
    earliest, latest, row, part = 0.0, -at.NEVER, 0, 0
    taken, taken_database, variant_before = -1, -2, -1
    parameters, places = np.zeros(MAX_PARAMETERS), np.zeros(8, dtype=np.int64)
    for c in range(2 if two else 1):
        if c >= facts[at.CAUSES]:
            break
        base = _STREAM_OF_CAUSE * (c + 1)
        v = draw_variant(variants, kind, uniform(seed, base), variant_before)
        variant = variants[v]
        if two and variant[plan.V_VICTIMS] > 0.0:
            if c == 1:
                facts[at.CAUSES] = 1.0
                break
            two, facts[at.CAUSES] = False, 1.0
        places[:] = -1
        t0, count = int(variant[plan.V_TARGETS]), int(variant[plan.N_TARGETS])
        target = targets[t0 + int(uniform(seed, base + 1) * count)]
        if target == taken:
            target = targets[t0 + (int(uniform(seed, base + 1) * count) + 1) % count]
        database = int(services[target, at.DATABASE])
        if c == 1 and (target == taken or target == taken_database or database == taken):
            facts[at.CAUSES] = 1.0
            break
        places[at.AT_TARGET], places[at.AT_ENTRY], places[at.AT_WORLD] = target, graph[at.ENTRY], 0
        places[at.AT_DATABASE] = database
        places[at.AT_CALLER] = draw_neighbour(edges, first_caller, calls, callers, target, -2, uniform(seed, base + 2))
        places[at.AT_CALLEE] = draw_neighbour(
            edges, first, own_calls, callees, target, database, uniform(seed, base + 3)
        )
        if variant[plan.V_VICTIMS] > 0.0:
            draw_victims(services, callees, first, graph[at.ENTRY], places, seed, base + 4)
        for p in range(int(variant[plan.N_RANGES])):
            low, high = ranges[int(variant[plan.V_RANGES]) + p]
            parameters[p] = between(seed, base + 10 + p, low, high)
        begin = -parameters[0]
        earliest, latest = min(earliest, begin), max(latest, begin)
        block = at.CAUSE_0 + c * at.CAUSE_COLUMNS
        facts[block + at.VARIANT], facts[block + at.CLASS] = v, variant[plan.V_CLASS]
        facts[block + at.TARGET] = target
        facts[block + at.VICTIM_1], facts[block + at.VICTIM_2] = places[at.AT_VICTIM_1], places[at.AT_VICTIM_2]
        facts[block + at.CALLER], facts[block + at.CALLEE] = places[at.AT_CALLER], places[at.AT_CALLEE]
        facts[block + at.NAMED] = named_mask(variant, places)
        taken, taken_database, variant_before = target, database, v
        if kind == at.NO_FAULT:
            write_blip(rows, target)
            services[target, at.SPECIAL] = 1.0
            earliest = -BLIP_S
            continue
        row0 = row
        row = write_rows(
            rows, services, usual, edges, clock, first, callees, templates, variant, parameters, places, begin, row,
            at.NEVER,
        )  # fmt: skip
        note_config(services, usual, rows, variant, places, begin, row0, row)
        if kind == at.FAULT:
            part = write_parts(
                parts, usual, edges, clock, first, callees, templates, wanted, variant, parameters, places, begin, c,
                part,
            )  # fmt: skip
        if variant[plan.V_NEW_RELEASE] > 0.0:
            releases[target, at.MAX_RELEASES - 1, at.ROLLED_OUT_S] = begin
    draw_releases(services, releases, facts, seed, settings[plan.D_DISTRACTORS])
    draw_herrings(services, facts, clock, seed, settings[plan.D_DISTRACTORS], earliest)
    clock[at.NOW_S] = earliest - SETTLING_S
    remember_rest(services, clock, times, history, clock[at.NOW_S])
    patience = 30.0 + 60.0 * difficulty
    if kind == at.NO_FAULT:
        advance_to_alert(world, graph, at.NEVER, at.NEVER, BLIP_S + SETTLING_S)
    else:
        advance_to_alert(world, graph, patience, latest + patience, LONGEST_WAIT_FOR_ALERT_S)
    clock[at.ALERT_S] = clock[at.NOW_S]
    if kind == at.SELF_HEALING:
        write_rows(
            rows, services, usual, edges, clock, first, callees, templates, variants[variant_before], parameters,
            places, begin, row, clock[at.NOW_S] + facts[at.HEALS_AFTER_S],
        )  # fmt: skip
    draw_page(world, graph, seed)
