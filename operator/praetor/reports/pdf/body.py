"""All pages after the first."""

from collections.abc import Callable, Iterator, Sequence

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, Spacer, Table

from praetor.reports import findings, hypotheses, summary, timeline, worth
from praetor.reports.figures.charts import charts
from praetor.reports.figures.path import resolution_path
from praetor.reports.figures.service_map import service_map
from praetor.reports.figures.shapes import Figure
from praetor.reports.pdf import markdown, styles
from praetor.reports.pdf.drawing import FigureFlowable
from praetor.reports.pdf.steps import steps
from praetor.reports.story import Story
from praetor.reports.tier2 import tier2
from praetor.resources.run import IncidentRun

_ROOM = 110.0
Section = Callable[[IncidentRun, Story], list[str]]
_BEFORE: tuple[tuple[str, Section], ...] = (
    ("Alert", summary.alert),
    ("Root cause", summary.root_cause),
)
_AFTER: tuple[tuple[str, Section], ...] = (
    ("Hypotheses", hypotheses.hypotheses),
    ("Reward decomposition", findings.reward_decomposition),
    ("Rubric", findings.rubric),
    ("Tier 2: code change", tier2),
    ("What went well", findings.went_well),
    ("What did not", findings.went_badly),
    ("Action items", findings.follow_ups),
    ("Evidence", timeline.evidence),
)


def body(run: IncidentRun, story: Story) -> list[Flowable]:
    return [
        *_section("Resolution path", [FigureFlowable(resolution_path(story), styles.WIDTH)]),
        *_markdown("What was changed", worth.by_change(story) or summary.changed(story)),
        *(part for title, section in _BEFORE for part in _markdown(title, section(run, story))),
        *_figures(story),
        *_section("Every step and its why", steps(story), first=0),
        *(part for title, section in _AFTER for part in _markdown(title, section(run, story))),
    ]


def _markdown(title: str, lines: Sequence[str]) -> list[Flowable]:
    return _section(title, markdown.flowables(lines)) if lines else []


def _section(title: str, parts: Sequence[Flowable], *, first: int = 1) -> list[Flowable]:
    """A heading never stands alone at the foot of a page: the first parts, or if none a little room, go with it."""
    heading = Paragraph(title, styles.HEADING)
    if not first:
        return [CondPageBreak(_ROOM), heading, *parts]
    return [KeepTogether([heading, *parts[:first]]), *parts[first:]]


def _figures(story: Story) -> Iterator[Flowable]:
    if drawn := charts(story):
        rows = _rows(drawn)
        told = Paragraph("Dotted lines are changes, with the number of their step.", styles.SMALL)
        yield from _section("The course in figures", [told, Spacer(1, 5), *rows], first=3)
    if found := service_map(story):
        yield from _section("Service map", [FigureFlowable(found, styles.WIDTH)])


def _rows(figures: Sequence[Figure]) -> list[Flowable]:
    """Two beside each other."""
    half = styles.WIDTH / 2
    pairs = [figures[at : at + 2] for at in range(0, len(figures), 2)]
    rows = [[FigureFlowable(one, half - 6) for one in pair] + [Spacer(0, 0)] * (2 - len(pair)) for pair in pairs]
    tables: list[Flowable] = []
    for row in rows:
        table = Table([row], colWidths=[half, half])
        table.setStyle(styles.look([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]))
        tables += [table, Spacer(1, 4)]
    return tables
