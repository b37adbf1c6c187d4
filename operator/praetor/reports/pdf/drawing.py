"""Figures as vector graphics of a page."""

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from praetor.reports.figures.shapes import Area, Box, Curve, Dot, Figure, Line, Shape, Words
from praetor.reports.pdf.fonts import STRONG, TEXT, drawable


class FigureFlowable(Flowable):  # type: ignore[misc] # reportlab has no types
    """A figure, scaled to `width`."""

    def __init__(self, figure: Figure, width: float | None = None) -> None:
        super().__init__()
        self._figure = figure
        self._scale = (width or figure.width) / figure.width
        self.width, self.height = figure.width * self._scale, figure.height * self._scale

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.scale(self._scale, self._scale)
        canvas.translate(0, self._figure.height)
        for shape in self._figure.shapes:
            _draw(canvas, shape)
        canvas.restoreState()


def _draw(canvas: Canvas, shape: Shape) -> None:
    match shape:
        case Line():
            _pen(canvas, shape.color, shape.width, shape.dash)
            _way(canvas, shape.points, closed=False)
        case Curve():
            _pen(canvas, shape.color, shape.width)
            path = canvas.beginPath()
            (x, y), *rest = shape.points
            path.moveTo(x, -y)
            path.curveTo(*(part for point in rest for part in (point[0], -point[1])))
            canvas.drawPath(path, stroke=1, fill=0)
        case Area():
            canvas.setFillColor(HexColor(shape.fill))
            _way(canvas, shape.points, closed=True)
        case Box():
            canvas.setFillColor(HexColor(shape.fill))
            _pen(canvas, shape.stroke or shape.fill, shape.stroke_width)
            place = shape.x, -shape.y - shape.height, shape.width, shape.height
            canvas.roundRect(*place, shape.radius, stroke=int(bool(shape.stroke)), fill=1)
        case Dot():
            canvas.setFillColor(HexColor(shape.fill))
            canvas.circle(shape.x, -shape.y, shape.radius, stroke=0, fill=1)
        case Words():
            _write(canvas, shape)


def _write(canvas: Canvas, words: Words) -> None:
    font = STRONG if words.strong else TEXT
    canvas.setFont(font, words.size)
    canvas.setFillColor(HexColor(words.color))
    put = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
    put[words.anchor](words.x, -words.y, drawable(words.text, font))


def _pen(canvas: Canvas, color: str, width: float, dash: tuple[float, ...] = ()) -> None:
    canvas.setStrokeColor(HexColor(color))
    canvas.setLineWidth(width)
    canvas.setLineJoin(1)
    canvas.setDash(*((list(dash),) if dash else ()))


def _way(canvas: Canvas, points: tuple[tuple[float, float], ...], *, closed: bool) -> None:
    path = canvas.beginPath()
    path.moveTo(points[0][0], -points[0][1])
    for x, y in points[1:]:
        path.lineTo(x, -y)
    if closed:
        path.close()
    canvas.drawPath(path, stroke=int(not closed), fill=int(closed))
