"""The PDF of a run: a pure function of the run and its trace, the same bytes every time.

It is made when it is asked for. reportlab keeps state that is global to a process, so that one report at a time is
made; whoever serves several callers bounds how many wait.
"""

from io import BytesIO
from threading import Lock

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from praetor.reports import palette
from praetor.reports.digest import Digest, digest, run_id
from praetor.reports.escape import one_line
from praetor.reports.pdf import styles
from praetor.reports.pdf.body import body
from praetor.reports.pdf.cover import cover
from praetor.reports.pdf.fonts import STRONG, TEXT, drawable, register
from praetor.reports.story import read_story
from praetor.resources.run import IncidentRun

_FOOT = 26.0
_ONE_AT_A_TIME = Lock()


def render_pdf(run: IncidentRun, trace_jsonl: bytes) -> bytes:
    """An empty trace is a run that ended without an episode."""
    story = read_story(trace_jsonl)
    glance = digest(run, story)
    with _ONE_AT_A_TIME:
        register()
        written = BytesIO()
        document = _document(written, run, glance)
        document.build([*cover(run, story, glance), *body(run, story)], canvasmaker=_paged(run_id(run)))
        return written.getvalue()


def _document(written: BytesIO, run: IncidentRun, glance: Digest) -> BaseDocTemplate:
    document = BaseDocTemplate(
        written,
        pagesize=styles.PAGE,
        title=f"Post-mortem: {glance.title}",
        subject=f"{run_id(run)} {one_line(run.metadata.uid, 63)}".strip(),
        author="Praetor",
        creator="Praetor",
        lang="en",
        invariant=1,
        leftMargin=styles.MARGIN,
        rightMargin=styles.MARGIN,
    )
    width, height = styles.PAGE
    foot, no_padding = styles.MARGIN + _FOOT - 8, (0, 0, 0, 0)
    frame = Frame(styles.MARGIN, foot, width - 2 * styles.MARGIN, height - styles.MARGIN - foot, *no_padding)
    document.addPageTemplates([PageTemplate("page", [frame])])
    return document


def _paged(run: str) -> type[Canvas]:
    """A canvas that knows how many pages there are before it writes their feet."""

    class Paged(Canvas):  # type: ignore[misc] # reportlab has no types
        def __init__(self, *args: object, **more: object) -> None:
            super().__init__(*args, **{**more, "initialFontName": TEXT})
            self._kept: list[dict[str, object]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._kept, start=1):
                self.__dict__.update(page)
                _foot(self, run, number, len(self._kept))
                super().showPage()
            super().save()

    return Paged


def _foot(canvas: Canvas, run: str, number: int, count: int) -> None:
    left, right, y = styles.MARGIN, styles.PAGE[0] - styles.MARGIN, styles.MARGIN
    canvas.setStrokeColor(HexColor(palette.RULE))
    canvas.setLineWidth(0.6)
    canvas.setDash()
    canvas.line(left, y + 10, right, y + 10)
    canvas.setFillColor(HexColor(palette.QUIET))
    canvas.setFont(STRONG, 7.2)
    canvas.drawString(left, y, "Praetor")
    canvas.setFont(TEXT, 7.2)
    canvas.drawString(left + 32, y, drawable(f"Post-mortem of {run}", TEXT))
    canvas.drawRightString(right, y, f"{number} of {count}")
