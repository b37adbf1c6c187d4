"""Templates and bindings as the programs that `simcore.kernel.fill` carries out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from simcore.kernel import fill, step
from simcore.kernel.layout import Bytes, Ints
from simcore.words.formats import AGO, NO_DATA
from simcore.words.log_lines import LINES, LOG_FORMATS, RUNTIMES, line_text
from simcore.words.template import Each, Maybe, Template, pieces
from simcore.world.bindings import LINE_FIELDS, READS, As, Binding, Bindings, Label, LogLine, Rows, Said, Word
from simcore.world.encode import SEVERITIES

Step = tuple[int, ...]
_NUMBERS: dict[str, tuple[int, str]] = {
    "": (fill.WHOLE, ""), ".0f": (fill.WHOLE, ""), ".1f": (fill.TENTHS, ""), "+.0f": (fill.SIGNED, ""),
    "short": (fill.SHORT, ""), "percent": (fill.PERCENT, " %"), "Mi": (fill.WHOLE, "Mi"), "m": (fill.MILLI, "m"),
    "version": (fill.VERSION, ""),
}  # fmt: skip
"""The operation of a format, and the text that follows it."""


@dataclass(frozen=True, slots=True)
class Programs:
    """`code` and `letters` as the kernel takes them; `lines[log format, runtime]` is the row of its table of lines, and
    `texts` has the text of every line of every table by its row."""

    code: Ints
    letters: Bytes
    lines: Mapping[tuple[str, str], int]
    texts: Mapping[int, str]


class Writer:
    """Collects programs; the first rows lead to those of the reads, by the numbers of their actions."""

    def __init__(self) -> None:
        self.rows: list[Step] = [(0,)] * step.MALFORMED
        self.letters = bytearray()
        self._known: dict[Any, Any] = {}

    def span(self, text: str) -> tuple[int, int]:
        """(first, length) of a text among the letters."""
        found = self._known.get(text)
        if found is None:
            written = text.encode("ascii")
            if len(written) > fill.LONGEST:
                raise ValueError(f"{text!r} is longer than the {fill.LONGEST} letters that one step may write")
            found = self._known[text] = (len(self.letters), len(written))
            self.letters += written
        return found

    def words(self, words: Sequence[str]) -> int:
        return self._add(tuple((0, *self.span(word)) for word in words))

    def table(self, programs: Sequence[int], beside: Sequence[int] | None = None) -> int:
        return self._add(tuple((0, *pair) for pair in zip(programs, beside or [0] * len(programs), strict=True)))

    def program(self, template: Template, fields: Bindings) -> int:
        return self._add((*self._steps(template, fields), (fill.END,)))

    def _add(self, rows: tuple[Step, ...]) -> int:
        """The same rows are kept once."""
        if rows not in self._known:
            self._known[rows] = len(self.rows)
            self.rows += rows
        begin: int = self._known[rows]
        return begin

    def _steps(self, template: Template, fields: Bindings) -> list[Step]:
        steps: list[Step] = []
        for part in template:
            if isinstance(part, str):
                steps += self._text(part, fields)
            elif isinstance(part, Maybe):
                there, missing = self._text(part.text, fields), self._text(part.otherwise, fields)
                steps += _either(_slot(fields[part.field]), there, missing)
            else:
                steps.append(self._each(part, fields))
        return steps

    def _each(self, part: Each, fields: Bindings) -> Step:
        rows = fields[part.field]
        assert isinstance(rows, Rows)
        between = [(fill.BETWEEN, *self.span(part.between))] if part.between else []
        begin = self._add((*between, *self._steps(part.row, rows.fields), (fill.END,)))
        return fill.EACH, rows.slot, begin, *self.span(part.none)

    def _text(self, text: str, fields: Bindings) -> list[Step]:
        steps: list[Step] = []
        for literal, field, form in pieces(text):
            if literal:
                steps.append((fill.LITERAL, *self.span(literal)))
            if field is not None:
                steps += self._field(fields[field], form)
        return steps

    def _field(self, bound: Binding, form: str) -> list[Step]:
        if form.startswith("<"):
            return [(fill.MARK,), *self._field(bound, ""), (fill.PAD, int(form[1:]))]
        if isinstance(bound, str):
            return [(fill.LITERAL, *self.span(bound))]
        if isinstance(bound, Label):
            return [(fill.LABEL, bound.slot, bound.kind)]
        if isinstance(bound, Word):
            return [(fill.WORD, bound.slot, self.words(bound.words))]
        if isinstance(bound, Said):
            return [(fill.SAY, bound.slot, self.table([self.program((one,), bound.fields) for one in bound.texts]))]
        if isinstance(bound, LogLine):
            return [(fill.SAY, bound.slot, 0)]
        if isinstance(bound, Rows):
            assert form == "count"
            return [(fill.WHOLE, bound.slot + 1)]
        slot, form = (bound.slot, bound.form) if isinstance(bound, As) else (bound, form)
        return self._number(slot, form)

    def _number(self, slot: int, form: str) -> list[Step]:
        if form == "ago":
            return [(fill.AGO, slot, self.words(AGO))]
        if "|" in form:
            return [(fill.CHOICE, slot, self.words(form.split("|")))]
        if form.startswith("data"):
            there = [(fill.TENTHS, slot), *self._text(form.removeprefix("data"), {})]
            return _either(slot, there, self._text(NO_DATA, {}))
        operation, after = _NUMBERS[form]
        return [(operation, slot), *self._text(after, {})]


def _slot(bound: Binding) -> int:
    assert not isinstance(bound, str)
    return bound if isinstance(bound, int) else bound.slot


def _either(slot: int, there: list[Step], missing: list[Step]) -> list[Step]:
    """One or the other."""
    return [(fill.UNLESS, slot, len(there) + 1), *there, (fill.JUMP, len(missing)), *missing]


@lru_cache(maxsize=1)
def programs() -> Programs:
    writer, lines, texts = Writer(), {}, {}
    severities = [SEVERITIES.index(LINES[code].severity) for code in range(len(LINES))]
    for log_format in LOG_FORMATS:
        for runtime in RUNTIMES:
            written = [line_text(code, runtime, log_format) for code in range(len(LINES))]
            begin = writer.table([writer.program((text,), LINE_FIELDS) for text in written], severities)
            lines[log_format, runtime] = begin
            texts.update({begin + code: text for code, text in enumerate(written)})
    for kind, (template, fields) in READS.items():
        writer.rows[kind] = (0, writer.program(template, fields))
    code = np.zeros((len(writer.rows), fill.CODE_COLUMNS), dtype=np.int64)
    for number, row in enumerate(writer.rows):
        code[number, : len(row)] = row
    return Programs(code, np.frombuffer(writer.letters, dtype=np.uint8), lines, texts)
