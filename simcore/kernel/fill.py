"""Templates filled in: `simcore.world.programs` makes a program of small steps of each, which is carried out here.

A program is rows of `code`, (operation, four operands), up to its `END`. It reads *slots*, numbers of `told` (see
`simcore.kernel.told`), and writes bytes into a `page`. `letters` are of words that all worlds share; names are of a
topology, whose `labels` say where they stand in its own letters.
"""

import math

from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.figures import put_fixed, put_short, put_signed, put_version
from simcore.kernel.layout import Bytes, Floats, Ints

(
    END, LITERAL, WHOLE, TENTHS, SIGNED, SHORT, MILLI, PERCENT, VERSION, AGO, WORD, CHOICE, LABEL, SAY, MARK, PAD,
    UNLESS, JUMP, EACH, BETWEEN,
) = range(20)  # fmt: skip
"""Operands: LITERAL first, length; numbers the slot; AGO, WORD, CHOICE the slot and the row of the first of their
words, which are rows (-, first, length); LABEL the slot and the kind; SAY the slot and the row of the first of its
programs, which are rows (-, program); PAD the width since MARK; UNLESS the slot that may be missing and how many rows
are skipped then; JUMP how many are; EACH the slot of a list (first slot, rows, columns), the program of a row, and
first, length of what stands for none; BETWEEN first, length of what stands before every row but the first."""
CODE_COLUMNS = 5
LONGEST = 320
"""Bytes: no single step writes more."""
OUT_OF_PAGE = -1

NAME, RUNTIME, OUTSIDE = range(3)
LABELLED, LINES_AT = 0, 1
"""`labels`: how many services; for each the row of `code` where the table of its log lines begins; for each kind of
label and each service (first, length)."""
_SPACE = 32


@inlined
def copy(letters: Bytes, first: int, length: int, page: Bytes, at: int) -> int:
    for k in range(length):
        page[at + k] = letters[first + k]
    return at + length


@inlined
def pad(page: Bytes, at: int, until: int) -> int:
    for k in range(at, until):
        page[k] = _SPACE
    return max(at, until)


def ago(seconds: float) -> tuple[int, float]:
    """A time in the unit that it is told in: (0 for seconds, 1 minutes, 2 hours, 3 days; how many)."""
    if seconds < 120.0:
        return 0, seconds
    if seconds < 7200.0:
        return 1, seconds / 60.0
    return (2, seconds / 3600.0) if seconds < 172_800.0 else (3, seconds / 86_400.0)


_ago = compiled(ago)


@compiled
def put_number(page: Bytes, at: int, op: int, value: float) -> int:
    if op == WHOLE:
        return put_fixed(page, at, value, False)
    if op == TENTHS:
        return put_fixed(page, at, value, True)
    if op == PERCENT:
        return put_fixed(page, at, 100.0 * value, False)
    if op == MILLI:
        return put_fixed(page, at, value * 1000.0, False)
    if op == VERSION:
        return put_version(page, at, int(value))
    return put_signed(page, at, value) if op == SIGNED else put_short(page, at, value)


@compiled
def fill(
    code: Ints, letters: Bytes, labels: Ints, names: Bytes, told: Floats, program: int, page: Bytes, at: int
) -> int:
    """Carries a program out on a page from `at` on; returns where it ended, or `OUT_OF_PAGE` where the page is too
    short or a number too large."""
    slots, mark, back, row, left, columns, after, fresh = 0, at, -1, -1, 0, 0, -1, True
    while 0 <= at <= page.shape[0] - LONGEST:
        op, a, b, c, d = code[program, 0], code[program, 1], code[program, 2], code[program, 3], code[program, 4]
        program += 1
        if op == LITERAL:
            at = copy(letters, a, b, page, at)
        elif op <= VERSION and op != END:
            at = put_number(page, at, op, told[slots + a])
        elif op == LABEL:
            n = labels[LABELLED]
            label = LINES_AT + n + 2 * (b * n + int(told[slots + a]))
            at = copy(names, labels[label], labels[label + 1], page, at)
        elif op == WORD:
            word = b + int(told[slots + a])
            at = copy(letters, code[word, 1], code[word, 2], page, at)
        elif op == CHOICE:
            word = b + (1 if told[slots + a] > 0.0 else 0)
            at = copy(letters, code[word, 1], code[word, 2], page, at)
        elif op == AGO:
            unit, amount = _ago(told[slots + a])
            at = put_fixed(page, at, amount, False)
            if at >= 0:
                at = copy(letters, code[b + unit, 1], code[b + unit, 2], page, at)
        elif op == SAY:
            back, program = program, code[b + int(told[slots + a]), 1]
        elif op == MARK:
            mark = at
        elif op == PAD:
            at = pad(page, at, mark + a)
        elif op == UNLESS:
            program += b if math.isnan(told[slots + a]) else 0
        elif op == JUMP:
            program += a
        elif op == EACH:
            first, left, columns = int(told[a]), int(told[a + 1]), int(told[a + 2])
            if left > 0:
                slots, row, after, program, fresh = first, b, program, b, True
            else:
                at = copy(letters, c, d, page, at)
        elif op == BETWEEN:
            if not fresh:
                at = copy(letters, a, b, page, at)
        elif back >= 0:
            back, program = -1, back
        elif left > 1:
            left, slots, program, fresh = left - 1, slots + columns, row, False
        elif left == 1:
            left, slots, program = 0, 0, after
        else:
            return at
    return OUT_OF_PAGE
