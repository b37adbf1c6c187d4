"""What a step showed, told and written: from the numbers of a read to slots, and from slots to bytes."""

import numpy as np

from simcore.kernel import diagnose, step
from simcore.kernel.compiled import compiled
from simcore.kernel.drawn_lines import tell_logs
from simcore.kernel.fill import OUT_OF_PAGE, fill
from simcore.kernel.found import begin_checks
from simcore.kernel.found_health import find_health
from simcore.kernel.found_resources import find_resources
from simcore.kernel.found_ways import find_callees, find_names
from simcore.kernel.layout import Bytes, Floats, Ints
from simcore.kernel.observe import OUT_REFUSAL
from simcore.kernel.told import TOLD_SLOTS, tell_detail, tell_list, tell_metrics


@compiled
def tell_checks(out: Floats, s: int, command: int, told: Floats) -> None:
    begin_checks(told, s, command)
    if command == diagnose.CONNECTIVITY:
        find_callees(out, told)
    elif command == diagnose.HEALTH:
        find_health(out, told)
    elif command == diagnose.RESOURCES:
        find_resources(out, told)
    else:
        find_names(out, told)


@compiled
def tell(
    out: Floats, code: Ints, labels: Ints, graph: Ints, kind: int, s: int, a: float, b: float, c: float, number: int,
    seed: int, own: Ints, told: Floats,
) -> None:  # fmt: skip
    """`out` is what step `number` showed for the action (kind, s, a, b, c), which is a read."""
    if kind == step.LIST:
        tell_list(out, told)
    elif kind == step.DESCRIBE:
        tell_detail(out, graph, s, told)
    elif kind == step.METRICS:
        tell_metrics(out, s, told)
    elif kind == step.DIAGNOSTIC:
        tell_checks(out, s, int(a), told)
    else:
        tell_logs(out, code, labels, s, int(a), int(b), c, number, seed, own, told)


@compiled
def write(
    out: Floats, code: Ints, letters: Bytes, labels: Ints, names: Bytes, graph: Ints, kind: int, s: int, a: float,
    b: float, c: float, number: int, seed: int, page: Bytes,
) -> int:  # fmt: skip
    """Tells a read and writes it; returns how many bytes, or `OUT_OF_PAGE`. The programs stand first in `code`: of kind
    k, row k leads to it."""
    told = np.empty(TOLD_SLOTS)
    tell(out, code, labels, graph, kind, s, a, b, c, number, seed, np.empty(0, np.int64), told)
    return fill(code, letters, labels, names, told, code[kind, 1], page, 0)


@compiled
def write_many(
    outs: Floats, told_of: Ints, code: Ints, letters: Bytes, labels: Ints, labels_at: Ints, names: Bytes,
    names_at: Ints, graphs: Ints, graph_at: Ints, actions: Floats, numbers: Ints, seeds: Ints, page: Bytes, spans: Ints,
) -> None:  # fmt: skip
    """`write` of the last step of every episode i that `told_of[i]` is set for and that was a read, one after the other
    on the page; `spans[i]` is (first, length), (0, `OUT_OF_PAGE`) where nothing was written."""
    first = 0
    for i in range(told_of.shape[0]):
        kind, length = int(actions[i, 0]), OUT_OF_PAGE
        if told_of[i] != 0 and kind <= step.DIAGNOSTIC and outs[i, OUT_REFUSAL] == 0.0:
            length = write(
                outs[i], code, letters, labels[labels_at[i] :], names[names_at[i] :], graphs[graph_at[i] :], kind,
                int(actions[i, 1]), actions[i, 2], actions[i, 3], actions[i, 4], numbers[i], seeds[i], page[first:],
            )  # fmt: skip
        spans[i, 0], spans[i, 1] = first, length
        first += max(length, 0)
