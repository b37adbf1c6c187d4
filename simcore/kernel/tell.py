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
