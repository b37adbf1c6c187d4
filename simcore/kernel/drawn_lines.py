"""Lines of a log, drawn from the sources that a read found; the same step and service give the same lines."""

import numpy as np

from simcore.kernel import logs
from simcore.kernel.compiled import compiled
from simcore.kernel.figures import nearest, rounded
from simcore.kernel.fill import LINES_AT
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.observe import OUT_COUNT, OUT_PAYLOAD
from simcore.kernel.random import uniform

LOGS_SERVICE, LOGS_ROWS, LOGS_AT = 0, 1, 4
G_AGO, G_LINE, G_SEVERITY, G_SERVICE, G_FIRST, G_SECOND = range(6)
LOG_COLUMNS = 6
OWN = -1.0
"""Lines that a scenario adds are `OWN`, `OWN - 1` and so on instead of rows of the table of lines."""

_LONGEST_LOOK_BACK = 2048
_TROUBLED_WEIGHT = 8.0  # a service in trouble writes twice as much
_OWN_WEIGHT = 3.0
_LOG_STREAM = 2
_WEIGHT, _LINE, _SEVERITY, _FIRST, _SECOND = range(5)


@compiled
def sources_of(out: Floats, code: Ints, lines_at: int, own: Ints) -> tuple[Floats, int]:
    """(weight, line, severity, number, number) of all that writes lines, and how many they are."""
    sources, count = np.empty((logs.MAX_SOURCES + own.shape[0], 5)), 0
    for k in range(int(out[OUT_COUNT])):
        row = out[OUT_PAYLOAD + logs.SOURCE_COLUMNS * k :]
        if row[0] != logs.NOTHING:
            source, line = sources[count], lines_at + int(row[0])
            source[_WEIGHT], source[_LINE], source[_SEVERITY] = row[1], line, code[line, 2]
            source[_FIRST], source[_SECOND] = row[2], row[3]
            count += 1
    for k in range(own.shape[0]):
        sources[count, _WEIGHT], sources[count, _LINE], sources[count, _SEVERITY] = _OWN_WEIGHT, OWN - k, own[k]
        count += 1
    return sources, count


@compiled
def chosen(limits: Floats, count: int, draw: float) -> int:
    """The first whose limit is above the draw."""
    for k in range(count - 1):
        if limits[k] > draw:
            return k
    return count - 1


@compiled
def tell_logs(
    out: Floats, code: Ints, labels: Ints, s: int, lines: int, lowest: int, since: float, step: int, seed: int,
    own: Ints, told: Floats,
) -> None:  # fmt: skip
    """The newest `lines` that are as bad as was asked for, newest last; one line about every few seconds. `own` are the
    severities of lines that a scenario adds."""
    sources, count = sources_of(out, code, labels[LINES_AT + s], own)
    limits, total, wanted = np.empty(count), 0.0, 0.0
    for k in range(count):
        total += sources[k, _WEIGHT]
        limits[k] = total
        wanted += sources[k, _WEIGHT] if sources[k, _SEVERITY] >= lowest else 0.0
    look_back = lines
    if lowest > 0:
        look_back = min(_LONGEST_LOOK_BACK, int(nearest(2.0 * lines * total / max(wanted, 0.01), 1.0)) + 20)
    spacing, stream = 3.0 if total > _TROUBLED_WEIGHT else 6.0, seed + _LOG_STREAM
    counter, found, kept, end = (step * 64 + s) * 2 * _LONGEST_LOOK_BACK, 0, 0, LOGS_AT + LOG_COLUMNS * lines
    for number in range(look_back):
        if found == lines:
            break
        source = sources[chosen(limits, count, uniform(stream, counter + 2 * number + 1) * total)]
        if source[_SEVERITY] < lowest:
            continue
        found += 1
        ago = rounded(spacing * (number + uniform(stream, counter + 2 * number)), 10.0)
        if ago <= since:
            kept += 1
            row = told[end - LOG_COLUMNS * kept :]
            row[G_AGO], row[G_LINE], row[G_SEVERITY], row[G_SERVICE] = ago, source[_LINE], source[_SEVERITY], s
            row[G_FIRST], row[G_SECOND] = source[_FIRST], source[_SECOND]
    told[LOGS_SERVICE], told[LOGS_ROWS] = s, end - LOG_COLUMNS * kept
    told[LOGS_ROWS + 1], told[LOGS_ROWS + 2] = kept, LOG_COLUMNS
