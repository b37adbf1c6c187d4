"""Every step with its why."""

from collections.abc import Iterator

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, LongTable, Paragraph

from praetor.reports import palette
from praetor.reports.digest import in_words
from praetor.reports.escape import one_line
from praetor.reports.format import minutes, reward
from praetor.reports.pdf import styles
from praetor.reports.pdf.fonts import STRONG, markup
from praetor.reports.pdf.markdown import strong
from praetor.reports.story import Json, Step, Story
from praetor.reports.timeline import news

SHOWN = 200
_REASON, _SEEN, _EVIDENCE = 400, 200, 160
_SHOWN_NEWS = 3
_WIDTHS = (30.0, 36.0, styles.WIDTH - 30 - 36 - 46, 46.0)


def steps(story: Story) -> list[Flowable]:
    if not story.steps:
        return [Paragraph("No step was taken.", styles.BODY)]
    head = [Paragraph(markup(title, STRONG), styles.CELL_HEAD) for title in ("step", "time", "what and why", "reward")]
    before: list[Step | None] = [None, *story.steps]
    shown = list(zip(story.steps, before, strict=False))[:SHOWN]
    table = LongTable([head, *(_row(step, last) for step, last in shown)], colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(styles.look([*styles.HEADED_TABLE, *_bands(shown)]))
    return [table]


def _bands(shown: list[tuple[Step, Step | None]]) -> Iterator[tuple[object, ...]]:
    """Changes stand out by a bar at the left."""
    for row, (step, _) in enumerate(shown, start=1):
        if step.is_change and not step.error:
            yield ("BACKGROUND", (0, row), (-1, row), HexColor(palette.ACCENT_SOFT))
            yield ("LINEBEFORE", (0, row), (0, row), 2.2, HexColor(palette.ACCENT))


def _row(step: Step, last: Step | None) -> list[Paragraph]:
    return [
        Paragraph(str(step.number), styles.CELL),
        Paragraph(minutes(step.began_seconds), styles.CELL),
        [Paragraph(line, styles.CELL) for line in _told(step, last)],
        Paragraph(_colored(step.reward), styles.CELL_RIGHT),
    ]


def _told(step: Step, last: Step | None) -> Iterator[str]:
    decision, known = step.decision, last.decision if last else {}
    yield strong(in_words(step.action))
    if decision.get("reason"):
        yield markup(one_line(decision["reason"], _REASON))
    for seen in news("evidence", decision, known)[:_SHOWN_NEWS]:
        yield _labelled("Evidence", one_line(seen, _EVIDENCE))
    hypothesis = decision.get("hypothesis")
    if hypothesis and hypothesis != known.get("hypothesis"):
        yield _labelled("Hypothesis", cause(hypothesis))
    for excluded in news("ruled_out", decision, known)[:_SHOWN_NEWS]:
        yield _labelled("Ruled out", f"{cause(excluded)}: {one_line(excluded['ruled_out_by'], _EVIDENCE)}")
    if step.error:
        yield _labelled("Refused", one_line(step.error, _SEEN))
    elif step.seen:
        yield _labelled("Saw", one_line(step.seen, _SEEN))


def cause(named: Json) -> str:
    return f"{one_line(named['mechanism'], 63).replace('_', ' ')} at {one_line(named['service'], 63)}"


def _labelled(label: str, text: str) -> str:
    return f'<font color="{palette.QUIET}">{label}: {markup(text)}</font>'


def _colored(earned: float) -> str:
    color = palette.BAD if earned < 0 else palette.GOOD if earned > 0.011 else palette.FAINT
    return f'<font color="{color}">{reward(earned)}</font>'
