"""The first page: what happened, how it ended, what it cost."""

from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from praetor.reports import palette, summary
from praetor.reports.digest import Digest, Stat, run_id
from praetor.reports.escape import one_line
from praetor.reports.pdf import markdown, styles
from praetor.reports.pdf.fonts import STRONG, drawable, markup
from praetor.reports.story import Story
from praetor.resources.run import IncidentRun

_PAIRS_A_ROW = 3
_SHARES = (0.3, 0.4, 0.3)
_CHIP_CHARACTERS = 60


def cover(run: IncidentRun, story: Story, glance: Digest) -> list[Flowable]:
    parts: list[Flowable] = [_banner(run, glance), Spacer(1, 7), _first_line(glance), Spacer(1, 8)]
    if glance.stats:
        parts += [_stats(glance.stats), Spacer(1, 8)]
    parts += [_chips(label, texts) for label, texts in glance.chips]
    parts += [Spacer(1, 2), Paragraph("Summary", styles.HEADING), *_summary(run, story)]
    return [*parts, Paragraph("Run", styles.SUBHEADING), _metadata(glance)]


def _banner(run: IncidentRun, glance: Digest) -> Flowable:
    words = [
        Paragraph("INCIDENT POST-MORTEM", styles.KICKER),
        Spacer(1, 5),
        Paragraph(markup(glance.title, STRONG), styles.TITLE),
        Spacer(1, 5),
        Paragraph(markup(run_id(run)), styles.UNDER_TITLE),
    ]
    table = Table([[words, Badge(glance.status, glance.tone)]], colWidths=[styles.WIDTH - 112, 112])
    table.setStyle(
        styles.look(
            [
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(palette.NIGHT)),
                ("ROUNDEDCORNERS", [8, 8, 8, 8]),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, 0), 16),
                ("RIGHTPADDING", (-1, 0), (-1, 0), 14),
                ("TOPPADDING", (0, 0), (-1, -1), 15),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 16),
            ]
        )
    )
    return table


class Badge(Flowable):  # type: ignore[misc] # reportlab has no types
    """A word in a pill, at the right."""

    def __init__(self, text: str, tone: str) -> None:
        super().__init__()
        self._text, (self._ink, self._paper) = drawable(text, STRONG), palette.TONES[tone]
        self.height = 18.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width = available_width
        return self.width, self.height

    def draw(self) -> None:
        canvas, wide = self.canv, stringWidth(self._text, STRONG, 9) + 18
        canvas.setFillColor(HexColor(self._paper))
        canvas.roundRect(self.width - wide, 0, wide, self.height, 9, stroke=0, fill=1)
        canvas.setFillColor(HexColor(self._ink))
        canvas.setFont(STRONG, 9)
        canvas.drawCentredString(self.width - wide / 2, 5.8, self._text)


def _first_line(glance: Digest) -> Flowable:
    table = Table([[Paragraph(markup(glance.first_line, STRONG), styles.VALUE)]], colWidths=[styles.WIDTH])
    look = [("BACKGROUND", (0, 0), (-1, -1), HexColor(palette.ACCENT_SOFT)), ("LEFTPADDING", (0, 0), (-1, -1), 12)]
    look.append(("VALIGN", (0, 0), (-1, -1), "MIDDLE"))
    table.setStyle(styles.look([*look, ("ROUNDEDCORNERS", [5, 5, 5, 5]), ("BOTTOMPADDING", (0, 0), (-1, -1), 5)]))
    return table


def _stats(stats: Sequence[Stat]) -> Flowable:
    cells = [
        [
            Paragraph(markup(stat.label, STRONG), styles.LABEL),
            Paragraph(markup(stat.value, STRONG), styles.FIGURE),
            Paragraph(markup(stat.note), styles.SMALL),
        ]
        for stat in stats
    ]
    table = Table([cells], colWidths=[styles.WIDTH / len(stats)] * len(stats))
    table.setStyle(
        styles.look(
            [
                ("BOX", (0, 0), (-1, -1), 0.7, HexColor(palette.RULE)),
                ("LINEBEFORE", (1, 0), (-1, -1), 0.7, HexColor(palette.RULE)),
                ("ROUNDEDCORNERS", [6, 6, 6, 6]),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 11),
                ("TOPPADDING", (0, 0), (-1, -1), 8),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 9),
            ]
        )
    )
    return table


def _chips(label: str, texts: Sequence[str]) -> Flowable:
    pills = Chips([one_line(text, _CHIP_CHARACTERS) for text in texts], styles.WIDTH - 56)
    table = Table([[Paragraph(label, styles.LABEL), pills]], colWidths=[56, styles.WIDTH - 56])
    table.setStyle(styles.look([("VALIGN", (0, 0), (-1, -1), "TOP"), ("PADDING", (0, 0), (-1, -1), 3)]))
    return table


class Chips(Flowable):  # type: ignore[misc] # reportlab has no types
    """Words in pills, from left to right, as many rows as they need."""

    _HEIGHT, _GAP = 16.0, 5.0

    def __init__(self, texts: Sequence[str], width: float) -> None:
        super().__init__()
        self.width = width
        self._placed = self._places([drawable(text, STRONG) for text in texts])
        self.height = (1 + max(row for _, row, _, _ in self._placed)) * (self._HEIGHT + 4) - 4

    def _places(self, texts: Sequence[str]) -> list[tuple[float, int, float, str]]:
        placed, x, row = [], 0.0, 0
        for text in texts:
            wide = stringWidth(text, STRONG, 8) + 16
            if x and x + wide > self.width:
                x, row = 0.0, row + 1
            placed.append((x, row, wide, text))
            x += wide + self._GAP
        return placed

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for x, row, wide, text in self._placed:
            y = self.height - self._HEIGHT - row * (self._HEIGHT + 4)
            self.canv.setFillColor(HexColor(palette.ACCENT_SOFT))
            self.canv.roundRect(x, y, wide, self._HEIGHT, 8, stroke=0, fill=1)
            self.canv.setFillColor(HexColor(palette.ACCENT))
            self.canv.setFont(STRONG, 8)
            self.canv.drawString(x + 8, y + 5.1, text)


def _summary(run: IncidentRun, story: Story) -> list[Flowable]:
    told = markdown.flowables(summary.summary(run, story)[:1])
    return told + (markdown.flowables(summary.impact(run, story)) if story.was_played else [])


def _metadata(glance: Digest) -> Flowable:
    cells = [
        [Paragraph(markup(label, STRONG), styles.LABEL), Paragraph(markup(value), styles.VALUE)]
        for label, value in glance.metadata
    ]
    rows = [cells[at : at + _PAIRS_A_ROW] for at in range(0, len(cells), _PAIRS_A_ROW)]
    rows[-1] += [Spacer(0, 0)] * (_PAIRS_A_ROW - len(rows[-1]))
    table = Table(rows, colWidths=[styles.WIDTH * share for share in _SHARES])
    table.setStyle(styles.look([*styles.PLAIN_TABLE, ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return table
