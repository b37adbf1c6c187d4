"""Sections of the post-mortem's Markdown as paragraphs and tables, so that nothing is told twice in code."""

from collections.abc import Iterator, Sequence

from markdown_it.token import Token
from reportlab.platypus import Flowable, LongTable, Paragraph

from praetor.reports.html import parser
from praetor.reports.pdf import styles
from praetor.reports.pdf.fonts import CODE, STRONG, markup

_LONG_CELL, _CHARACTER, _PADDING = 84, 4.9, 16.0
_CODE_SIZE = 7.6


def flowables(lines: Sequence[str]) -> list[Flowable]:
    """Of paragraphs, lists, quotes and tables; whatever else there may be is read as text."""
    return list(_blocks(parser().parse("\n".join(lines))))


def _blocks(tokens: Sequence[Token]) -> Iterator[Flowable]:
    level, quoted, new_item = -1, 0, False
    rows: list[list[Token]] = []
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                level += 1
            case "bullet_list_close" | "ordered_list_close":
                level -= 1
            case "list_item_open":
                new_item = True
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
            case "tr_open":
                rows.append([])
            case "table_close":
                yield _table(rows)
                rows = []
            case "inline" if rows:
                rows[-1].append(token)
            case "inline" | "code_block" | "fence":
                style = styles.bullet(level) if level >= 0 else styles.QUOTE if quoted else styles.BODY
                yield Paragraph(inline(token), style, bulletText="•" if new_item and level >= 0 else None)
                new_item = False


def inline(token: Token) -> str:
    """A line of Markdown as reportlab's markup."""
    font, parts = "", []
    for child in token.children or [token]:
        match child.type:
            case "strong_open":
                font = STRONG
            case "strong_close":
                font = ""
            case "code_inline":
                parts.append(code(child.content))
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case _:
                parts.append(strong(child.content) if font else markup(child.content))
    return "".join(parts)


def code(text: str) -> str:
    return f'<font name="{CODE}" size="{_CODE_SIZE}">{markup(text, CODE)}</font>'


def strong(text: str) -> str:
    return f'<font name="{STRONG}">{markup(text, STRONG)}</font>'


def _table(rows: Sequence[Sequence[Token]]) -> LongTable:
    head, *body = rows
    cells = [[Paragraph(inline(token), styles.CELL_HEAD) for token in head]]
    cells += [[Paragraph(inline(token), styles.CELL) for token in row] for row in body]
    table = LongTable(cells, colWidths=_widths(rows), repeatRows=1, spaceBefore=3, spaceAfter=6)
    table.setStyle(styles.look(styles.HEADED_TABLE))
    return table


def _widths(rows: Sequence[Sequence[Token]]) -> list[float]:
    """By the longest text of each column, within bounds; what is to spare goes to the last."""
    longest = [max(len(row[column].content) for row in rows if column < len(row)) for column in range(len(rows[0]))]
    natural = [_CHARACTER * min(max(length, 5), _LONG_CELL) + _PADDING for length in longest]
    spare = styles.WIDTH - sum(natural)
    if spare >= 0:
        return [*natural[:-1], natural[-1] + spare]
    weights = [wide**0.8 for wide in natural]
    return [styles.WIDTH * weight / sum(weights) for weight in weights]
