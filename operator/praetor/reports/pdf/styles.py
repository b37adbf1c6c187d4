"""How paragraphs and tables of the PDF look."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import TableStyle

from praetor.reports import palette
from praetor.reports.pdf.fonts import CODE, STRONG, TEXT

PAGE = A4
MARGIN = 14 * mm
WIDTH = PAGE[0] - 2 * MARGIN
Command = tuple[Any, ...]
Commands = list[Command]


def _style(name: str, size: float, color: str = palette.INK, font: str = TEXT, **more: Any) -> ParagraphStyle:
    leading = more.pop("leading", 1.4 * size)
    return ParagraphStyle(
        name, fontName=font, bulletFontName=font, fontSize=size, leading=leading, textColor=HexColor(color), **more
    )


BODY = _style("body", 9.2, spaceAfter=3)
SMALL = _style("small", 8, palette.QUIET)
LEAD = _style("lead", 10.4, spaceAfter=4, leading=15.5)
HEADING = _style("heading", 13, font=STRONG, spaceBefore=13, spaceAfter=5)
SUBHEADING = _style("subheading", 9.6, font=STRONG, spaceBefore=7, spaceAfter=3)
TITLE = _style("title", 19, palette.PAPER, STRONG, leading=24)
KICKER = _style("kicker", 8.5, "#c7d2fe", STRONG)
UNDER_TITLE = _style("under-title", 9, "#c7d2fe")
LABEL = _style("label", 7.2, palette.QUIET, STRONG)
VALUE = _style("value", 8.8)
FIGURE = _style("figure", 17, font=STRONG, leading=21)
CELL = _style("cell", 8.2)
CELL_RIGHT = _style("cell-right", 8.2, alignment=TA_RIGHT)
CELL_HEAD = _style("cell-head", 7.4, palette.QUIET, STRONG)
CODE_STYLE = _style("code", 8, font=CODE)
BADGE = _style("badge", 9, palette.PAPER, STRONG, alignment=TA_CENTER)
QUOTE = _style("quote", 9, palette.QUIET, leftIndent=9, borderPadding=0, spaceAfter=4)


def bullet(level: int) -> ParagraphStyle:
    indent = 10 + 12 * level
    return _style(f"bullet-{level}", 9.2, leftIndent=indent, bulletIndent=indent - 8, spaceAfter=1.5)


def look(commands: Sequence[Command]) -> TableStyle:
    """Of a table; no cell of it may fall back to a font that is not embedded."""
    return TableStyle([("FONT", (0, 0), (-1, -1), TEXT, 8), *commands])


PLAIN_TABLE: Commands = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 6),
    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
    ("TOPPADDING", (0, 0), (-1, -1), 3.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(palette.RULE)),
]
HEADED_TABLE: Commands = [
    *PLAIN_TABLE,
    ("BACKGROUND", (0, 0), (-1, 0), HexColor(palette.SOFT)),
    ("LINEABOVE", (0, 0), (-1, 0), 0.5, HexColor(palette.RULE)),
]
