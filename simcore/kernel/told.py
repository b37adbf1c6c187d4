"""What the numbers of a read say, line by line, ready to be put in words: rounded, judged, what is missing left out.

What is told is slots, float64: some of the whole, and for each list the slots of its first row, its rows and columns,
where the rows stand. NaN stands for what is not there. `simcore.words` has the words for both readers, the one that
makes structures and the one that writes text.
"""

import math

from simcore.kernel import keys
from simcore.kernel import layout as at
from simcore.kernel import observe as o
from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.figures import nearest, rounded
from simcore.kernel.layout import Floats, Ints

TOLD_SLOTS = 2048

LIST_ROWS, LIST_AT = 0, 3
L_SERVICE, L_HEALTH, L_UP, L_DESIRED, L_VERSION, L_RESTARTS = range(6)
LIST_COLUMNS = 6

METRICS_SERVICE = o.M_REPLICA_LAG + 1

(
    D_SERVICE, D_HEALTH, D_VERSION, D_UP, D_DESIRED, D_RESTARTS, D_MEMORY, D_CPU, D_CANARY_VERSION, D_CANARY, D_SICK,
    D_OLDEST, D_KILLED, D_KILLED_AGO, D_CALLEES, D_CALLERS, D_ROLLOUTS, D_CONFIG, D_CHANGES, D_EVENTS,
) = (*range(15), 17, 20, 23, 26, 29)  # fmt: skip
DETAIL_AT = 32
CHANGE_KEY, CHANGE_OLD, CHANGE_NEW, CHANGE_AGO = range(4)
E_OOM_KILLED, E_UNHEALTHY, E_BACK_OFF, E_FORBIDDEN, E_UNSCHEDULABLE, E_RESCALED, E_AT_MAXIMUM = range(7)
EVENT_COLUMNS = 4
KILLED_BY, EXIT_CODE = ("Error", "OOMKilled"), 137
_EVENTS_KEPT_S = 900.0


@inlined
def begin(told: Floats, listed: int, first: int, columns: int) -> None:
    """An empty list."""
    told[listed], told[listed + 1], told[listed + 2] = first, 0.0, columns


@inlined
def add(told: Floats, listed: int) -> int:
    """The first slot of a new row; rows of two lists do not mix."""
    first = int(told[listed]) + int(told[listed + 1]) * int(told[listed + 2])
    told[listed + 1] += 1.0
    return first


@inlined
def end_of(told: Floats, listed: int) -> int:
    return int(told[listed]) + int(told[listed + 1]) * int(told[listed + 2])


@compiled
def tell_list(out: Floats, told: Floats) -> None:
    begin(told, LIST_ROWS, LIST_AT, LIST_COLUMNS)
    for s in range(int(out[o.OUT_COUNT])):
        row, seen = add(told, LIST_ROWS), o.OUT_PAYLOAD + o.LIST_COLUMNS * s
        told[row] = s
        for k in range(o.LIST_COLUMNS):
            told[row + 1 + k] = out[seen + k]


@compiled
def tell_metrics(out: Floats, s: int, told: Floats) -> None:
    told[METRICS_SERVICE] = s
    for k in range(o.M_REPLICA_LAG + 1):
        told[k] = rounded(out[o.OUT_PAYLOAD + k], 10.0 if k == o.M_AGE or k == o.M_WINDOW else 1000.0)


@compiled
def tell_neighbours(graph: Ints, s: int, told: Floats) -> None:
    first, callees = at.calls_of(graph)
    begin(told, D_CALLEES, DETAIL_AT, 1)
    for e in range(first[s], first[s + 1]):
        told[add(told, D_CALLEES)] = callees[e]
    first, _, callers = at.callers_of(graph)
    begin(told, D_CALLERS, end_of(told, D_CALLEES), 1)
    for e in range(first[s], first[s + 1]):
        told[add(told, D_CALLERS)] = callers[e]


@compiled
def tell_releases(n: Floats, told: Floats) -> None:
    begin(told, D_ROLLOUTS, end_of(told, D_CALLERS), 2)
    for r in range(at.MAX_RELEASES):
        row = add(told, D_ROLLOUTS)
        told[row], told[row + 1] = n[o.O_VERSION + r], nearest(n[o.O_ROLLED_OUT + r], 1.0)
    told[D_VERSION] = n[o.O_VERSION + int(n[o.O_RELEASE])]
    told[D_CANARY_VERSION], told[D_CANARY] = math.nan, math.nan
    if n[o.O_CANARY] > 0.0:
        told[D_CANARY_VERSION] = n[o.O_VERSION + at.MAX_RELEASES - 1]
        told[D_CANARY] = rounded(100.0 * n[o.O_CANARY], 10.0)


@compiled
def tell_settings(n: Floats, told: Floats) -> None:
    begin(told, D_CONFIG, end_of(told, D_ROLLOUTS), 2)
    for key in range(keys.KEY_COUNT):
        if not math.isnan(n[o.O_KEYS + key]):
            row = add(told, D_CONFIG)
            told[row], told[row + 1] = key, n[o.O_KEYS + key]
    begin(told, D_CHANGES, end_of(told, D_CONFIG), 4)
    if n[o.O_CONFIG_KEY] >= 0.0:
        row, renewal = add(told, D_CHANGES), n[o.O_CONFIG_KEY] == keys.RENEWAL
        old, new = n[o.O_CONFIG_OLD], n[o.O_CONFIG_NEW]
        told[row + CHANGE_KEY], told[row + CHANGE_AGO] = n[o.O_CONFIG_KEY], nearest(n[o.O_CONFIG_AT], 1.0)
        told[row + CHANGE_OLD] = 1.0 - old if renewal else old
        told[row + CHANGE_NEW] = 1.0 - new if renewal else new


@inlined
def event(told: Floats, code: int, first: float, second: float, third: float) -> None:
    row = add(told, D_EVENTS)
    told[row], told[row + 1], told[row + 2], told[row + 3] = code, first, second, third


@compiled
def tell_events(n: Floats, told: Floats) -> None:
    begin(told, D_EVENTS, end_of(told, D_CHANGES), EVENT_COLUMNS)
    if n[o.O_OOM_AT] < _EVENTS_KEPT_S:
        event(told, E_OOM_KILLED, n[o.O_MEMORY], 0.0, 0.0)
    if n[o.O_KILLED_AT] < _EVENTS_KEPT_S:
        event(told, E_UNHEALTHY, 0.0, 0.0, 0.0)
    if n[o.O_BACK_OFF] > 0.0:
        event(told, E_BACK_OFF, 0.0, 0.0, 0.0)
    if n[o.O_REFUSED_AT] < _EVENTS_KEPT_S:
        event(told, E_FORBIDDEN, n[o.O_MEMORY], n[o.O_QUOTA_USED], n[o.O_QUOTA])
    if n[o.O_UNSCHEDULABLE_AT] < _EVENTS_KEPT_S:
        event(told, E_UNSCHEDULABLE, 0.0, 0.0, 0.0)
    if n[o.O_HPA_MAX] > 0.0 and n[o.O_DESIRED] > n[o.O_USUAL_REPLICAS]:
        event(told, E_RESCALED, n[o.O_DESIRED], n[o.O_HPA_TARGET], abs(n[o.O_HPA_TARGET]))
    if n[o.O_AT_HPA_MAX] > 0.0:
        event(told, E_AT_MAXIMUM, n[o.O_HPA_MAX], 0.0, 0.0)


@compiled
def tell_detail(out: Floats, graph: Ints, s: int, told: Floats) -> None:
    n = out[o.OUT_PAYLOAD :]
    told[D_SERVICE], told[D_HEALTH], told[D_RESTARTS] = s, n[o.O_HEALTH], n[o.O_RESTARTS]
    told[D_UP], told[D_DESIRED], told[D_MEMORY], told[D_CPU] = n[o.O_UP], n[o.O_DESIRED], n[o.O_MEMORY], n[o.O_CPU]
    told[D_SICK] = nearest(n[o.O_SICK_SINCE], 1.0) if n[o.O_SICK_SINCE] > -at.NEVER / 2.0 else math.nan
    told[D_OLDEST] = nearest(n[o.O_OLDEST_POD], 1.0)
    oom, killed = n[o.O_OOM_AT], n[o.O_KILLED_AT]
    told[D_KILLED], told[D_KILLED_AGO] = math.nan, math.nan
    if min(oom, killed) <= at.NEVER / 2.0:
        told[D_KILLED], told[D_KILLED_AGO] = 1.0 if oom <= killed else 0.0, nearest(min(oom, killed), 1.0)
    tell_neighbours(graph, s, told)
    tell_releases(n, told)
    tell_settings(n, told)
    tell_events(n, told)
