"""A drawn fault on paper: the rows that will change causes, the parts of its remedies, its trail in the audit log."""

from simcore.kernel import layout as at
from simcore.kernel import plan
from simcore.kernel.compiled import compiled
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.refer import evaluated, reference


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
        if s < 0:
            continue
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
def write_blip(rows: Floats, services: Floats, s: int) -> None:
    """A short burst of errors that was over before anybody looked."""
    services[s, at.SPECIAL] = 1.0
    for r in range(2):
        rows[r, at.ROW_FROM] = -110.0 + 70.0 * r
        rows[r, at.ROW_UNTIL] = at.NEVER
        rows[r, at.ROW_SERVICE] = s
        rows[r, at.ROW_COLUMN] = at.EXTRA_ERRORS
        rows[r, at.ROW_MODE] = at.SET
        rows[r, at.ROW_VALUE] = 0.25 * (1.0 - r)
