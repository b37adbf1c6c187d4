"""One action of an episode, from its numbers to what it changed, showed and earned."""

from simcore.kernel import changes, grade, observe
from simcore.kernel import layout as at
from simcore.kernel.advance import advance
from simcore.kernel.compiled import compiled
from simcore.kernel.diagnose import show_diagnostic
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.logs import show_logs

(
    LIST, DESCRIBE, LOGS, METRICS, DIAGNOSTIC, RESTART, SCALE, ROLLBACK, CONFIG, RESOLVE, MALFORMED,
) = range(11)  # fmt: skip
COST_SECONDS = (10.0, 10.0, 15.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0, 0.0, 10.0)
"""How long an action takes, in simulated seconds: about what a practised person needs."""


@compiled
def change(
    clock: Floats, services: Floats, releases: Floats, pods: Floats, kind: int, s: int, a: float, b: float, entry: int
) -> int:
    """Carries a change out; returns a code of `changes`."""
    services[s, at.SPECIAL] = 1.0
    now = clock[at.NOW_S]
    clock[at.SUB_STEP_S] = 0.0
    if kind == RESTART:
        if a > 0.0:
            services[s, at.MEM_LIMIT_MB] = a
        changes.restart(services, pods, s, now)
        return changes.ACCEPTED
    if kind == SCALE:
        return changes.scale(services, s, a, now)
    if kind == ROLLBACK:
        return changes.roll_back(services, pods, releases, s, a, now)
    return changes.configure(services, pods, clock, s, int(a), b, entry)


@compiled
def declare(ledger: Floats, count: float, a: float, b: float, c: float) -> None:
    """Writes the declared causes down: each is `64 x class + service`, -1 where the service does not exist."""
    ledger[at.DECLARED] = count
    for k in range(3):
        code = a if k == 0 else b if k == 1 else c
        ledger[at.DECLARED_SERVICE + k] = code % 64 if code >= 0.0 else -1.0
        ledger[at.DECLARED_CLASS + k] = code // 64 if code >= 0.0 else -1.0


@compiled
def step(
    world: Floats, graph: Ints, seed: int, kind: int, s: int, a: float, b: float, c: float, count: float, out: Floats
) -> None:
    """One step. `s` is the target's number or -1; `a`, `b`, `c` are the parameters, `count` of declared causes.

    After the end nothing changes and nothing is paid.
    """
    clock, ledger, facts, _, parts, times, services, releases, pods, edges, history = at.views(world, graph)
    first, callees = at.calls_of(graph)
    entry = graph[at.ENTRY]
    out[: observe.OUT_PAYLOAD] = 0.0
    if ledger[at.ENDED] > 0.0:
        out[observe.OUT_ENDED], out[observe.OUT_NOW] = ledger[at.ENDED], clock[at.NOW_S] - clock[at.ALERT_S]
        return
    if kind == LIST:
        s = -1  # it is of the whole, whatever service it was asked of
    ledger[at.STEPS] += 1.0
    paid, refusal = out[observe.OUT_PAID : observe.OUT_PAID + 6], changes.ACCEPTED
    if kind == RESOLVE:
        declare(ledger, count, a, b, c)
        grade.pay(ledger, paid, grade.FORMAT, grade.FORMED)
        out[observe.OUT_NOW] = clock[at.NOW_S] - clock[at.ALERT_S]
        grade.finish(world, graph, paid, True)
        out[observe.OUT_ENDED] = ledger[at.ENDED]
        return
    if kind == MALFORMED or (s < 0 and kind != LIST):
        refusal = changes.MALFORMED if kind == MALFORMED else changes.UNKNOWN_SERVICE
        advance(world, graph, COST_SECONDS[kind])
    elif kind >= RESTART:
        before, ill = grade.mark_parts(clock, services, releases, pods, parts), grade.sick(services)
        refusal = change(clock, services, releases, pods, kind, s, a, b, entry)
        advance(world, graph, COST_SECONDS[kind])
        if refusal == changes.ACCEPTED:
            after = grade.mark_parts(clock, services, releases, pods, parts)
            earned = 0.0
            if facts[at.KIND] == at.FAULT:
                earned = grade.grade_parts(facts, parts, before, after)
            grade.pay(ledger, paid, grade.CORRECT_OP, earned)
            if not grade.has_bit(ill, s):
                harmed = int(grade.sick(services)) & ~int(ill)
                for other in range(services.shape[0]):
                    if (harmed >> other) & 1:
                        grade.pay(ledger, paid, grade.PENALTY, grade.HARMED)
                if earned <= 0.0:
                    grade.pay(ledger, paid, grade.PENALTY, grade.HARMFUL)
    else:
        advance(world, graph, COST_SECONDS[kind])
        grade.grade_read(ledger, facts, services, paid, kind, s)
        number = int(ledger[at.STEPS])
        if kind == LIST:
            observe.show_list(services, releases, out)
        elif kind == DESCRIBE:
            observe.show_detail(clock, services, releases, pods, s, entry, out)
        elif kind == LOGS:
            show_logs(clock, facts, services, releases, edges, first, callees, s, seed, out)
        elif kind == METRICS:
            observe.show_metrics(clock, facts, times, services, history, s, a, seed, number, out)
        else:
            show_diagnostic(clock, services, releases, pods, edges, first, callees, s, int(a), out)
    if grade.earns_format(refusal):
        grade.pay(ledger, paid, grade.FORMAT, grade.FORMED)
    grade.pay(ledger, paid, grade.PENALTY, grade.refusal_cost(refusal))
    if kind != MALFORMED and grade.is_redundant(ledger, kind, s):
        grade.pay(ledger, paid, grade.PENALTY, grade.REDUNDANT)
    grade.note_past(ledger, kind, s)
    out[observe.OUT_REFUSAL], out[observe.OUT_NOW] = refusal, clock[at.NOW_S] - clock[at.ALERT_S]
    out[observe.OUT_FIRING] = 1.0 if observe.firing(clock) else 0.0
    if ledger[at.STEPS] >= ledger[at.MAX_STEPS]:
        grade.finish(world, graph, paid, False)
        out[observe.OUT_ENDED] = ledger[at.ENDED]


@compiled
def step_many(
    worlds: Floats, world_at: Ints, graphs: Ints, graph_at: Ints, seeds: Ints, actions: Floats, outs: Floats
) -> None:
    """`step` of every episode i on `worlds[world_at[i]:world_at[i + 1]]` and the graph that begins at `graph_at[i]`;
    `actions[i]` is (kind, service, a, b, c, count)."""
    for i in range(seeds.shape[0]):
        world, graph = worlds[world_at[i] : world_at[i + 1]], graphs[graph_at[i] :]
        step(
            world, graph, seeds[i], int(actions[i, 0]), int(actions[i, 1]), actions[i, 2], actions[i, 3], actions[i, 4],
            actions[i, 5], outs[i],
        )  # fmt: skip
