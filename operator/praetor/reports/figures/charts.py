"""What users felt and what the suspect did, over the time of the run: one small chart for each series."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from praetor.reports.escape import one_line
from praetor.reports.figures.shapes import Anchor, Area, Dot, Figure, Line, Point, Shape, Words
from praetor.reports.format import minutes, number
from praetor.reports.palette import ACCENT, ACCENT_SOFT, BAD, FAINT, INK, QUIET, RULE, WARN
from praetor.reports.story import Json, Story

WIDTH, HEIGHT = 252.0, 128.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 36.0, 8.0, 26.0, 18.0
_TICKS = 5
_NAME_CHARACTERS = 34
MOST = 6


@dataclass(frozen=True, slots=True)
class Series:
    """`points` are (seconds, value); `limit` is an objective or a limit to compare with."""

    title: str
    unit: str
    points: tuple[Point, ...]
    limit: tuple[Point, ...] = ()
    limit_name: str = ""


def charts(story: Story) -> list[Figure]:
    """Of the first series that have at least two points."""
    marks = [(step.ended_seconds, str(step.number)) for step in story.changes]
    found = [_chart(series, marks) for series in _series(story) if len(series.points) > 1]
    return found[:MOST]


def _series(story: Story) -> Iterator[Series]:
    for slo in story.first_snapshot.get("slos", ()):
        yield _objective(story, slo)
    lost = _points(story, lambda snapshot: snapshot.get("user_minutes_lost"))
    yield Series("User minutes lost so far", "", lost)
    causes = {cause["service"]: cause["mechanism_class"] for cause in story.causes or ()}
    for service in causes:
        yield _errors(story, service)
    for service, mechanism_class in causes.items():
        yield _memory(story, service) if mechanism_class == "memory" else _latency(story, service)


def _objective(story: Story, slo: Json) -> Series:
    share = slo["sli"] in ("availability", "readiness")
    scale, unit = (100.0, "%") if share else (1.0, "ms")
    points = _points(story, lambda snapshot: _value(snapshot, slo, scale))
    what = {"availability": "Requests served", "latency_p99_ms": "p99 latency", "readiness": "Pods ready"}
    title = f"{what.get(slo['sli'], slo['sli'])}, {slo['service']}"
    return Series(title, unit, points, _level(points, scale * slo["objective"]), "objective")


def _value(snapshot: Json, wanted: Json, scale: float) -> float | None:
    key = wanted["service"], wanted["sli"]
    return next((scale * slo["value"] for slo in snapshot.get("slos", ()) if (slo["service"], slo["sli"]) == key), None)


def _errors(story: Story, service: str) -> Series:
    points = _points(story, lambda snapshot: _of_service(snapshot, service, "error_ratio", 100.0))
    return Series(f"Requests failed, {service}", "%", points)


def _latency(story: Story, service: str) -> Series:
    points = _points(story, lambda snapshot: _of_service(snapshot, service, "latency_p99_ms"))
    return Series(f"p99 latency, {service}", "ms", points)


def _memory(story: Story, service: str) -> Series:
    points = _points(story, lambda snapshot: _of_service(snapshot, service, "memory_mb"))
    limit = _points(story, lambda snapshot: _of_service(snapshot, service, "memory_limit_mb"))
    return Series(f"Memory of a pod, {service}", "MB", points, limit, "limit")


def _of_service(snapshot: Json, service: str, key: str, scale: float = 1.0) -> float | None:
    found = (scale * one[key] for one in snapshot.get("services", ()) if one["name"] == service)
    return next(found, None)


def _points(story: Story, value: Callable[[Json], float | None]) -> tuple[Point, ...]:
    known = ((seconds, value(snapshot)) for seconds, snapshot in story.moments)
    return tuple((seconds, float(found)) for seconds, found in known if found is not None)


def _level(points: tuple[Point, ...], value: float) -> tuple[Point, ...]:
    return ((points[0][0], value), (points[-1][0], value)) if points else ()


def _chart(series: Series, marks: Sequence[tuple[float, str]]) -> Figure:
    scale = _Scale(series)
    title = one_line(series.title, _NAME_CHARACTERS)
    shapes: list[Shape] = [
        Words(0, 10, title, 8.5, INK, strong=True),
        *_grid(scale, series.unit),
        *_marks(scale, marks),
    ]
    line = tuple(scale.at(point) for point in series.points)
    base = scale.y(0.0)
    shapes.append(Area((*line, (line[-1][0], base), (line[0][0], base)), ACCENT_SOFT))
    if series.limit:
        shapes.append(Line(tuple(scale.at(point) for point in series.limit), BAD, 0.8, (3, 2)))
    shapes += [Line(line, ACCENT, 1.4), Dot(*line[-1], 2.2, ACCENT)]
    return Figure(_in_words(series), WIDTH, HEIGHT, tuple(shapes + _legend(series)))


def _legend(series: Series) -> list[Shape]:
    if not series.limit:
        return []
    right = WIDTH - _RIGHT
    begin = right - 3.5 * len(series.limit_name) - 3
    return [
        Line(((begin - 12, 7), (begin, 7)), BAD, 0.8, (3, 2)),
        Words(right, 9.5, series.limit_name, 6.5, QUIET, "end"),
    ]


def _grid(scale: "_Scale", unit: str) -> Iterator[Shape]:
    for value in scale.ticks:
        y = scale.y(value)
        yield Line(((_LEFT, y), (WIDTH - _RIGHT, y)), RULE, 0.6)
        yield Words(_LEFT - 4, y + 2.3, f"{number(value)}{' ' if unit else ''}{unit}", 6.5, QUIET, "end")
    for seconds in (scale.first, scale.last):
        anchor: Anchor = "start" if seconds == scale.first else "end"
        yield Words(scale.x(seconds), HEIGHT - 6, minutes(seconds), 6.5, FAINT, anchor)


def _marks(scale: "_Scale", marks: Sequence[tuple[float, str]]) -> Iterator[Shape]:
    """A line for each change, with the number of its step."""
    for seconds, label in marks:
        x = scale.x(seconds)
        yield Line(((x, _TOP - 3), (x, HEIGHT - _BOTTOM)), WARN, 0.8, (1.5, 1.5))
        yield Words(x, _TOP - 5, label, 6.5, WARN, "middle", strong=True)


def _in_words(series: Series) -> str:
    first, last = series.points[0][1], series.points[-1][1]
    return f"{series.title}: {number(first)} {series.unit} at first, {number(last)} {series.unit} at last"


class _Scale:
    """From seconds and values to points of the page; values begin at 0."""

    def __init__(self, series: Series) -> None:
        both = (*series.points, *series.limit)
        self.first, self.last = series.points[0][0], series.points[-1][0]
        step = _round_up(max((value for _, value in both), default=0.0) / (_TICKS - 1))
        self.ticks = [step * n for n in range(_TICKS)]

    def x(self, seconds: float) -> float:
        span = (self.last - self.first) or 1.0
        share = min(max((seconds - self.first) / span, 0.0), 1.0)
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * share

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(max(value, 0.0) / self.ticks[-1], 1.0)

    def at(self, point: Point) -> Point:
        return self.x(point[0]), self.y(point[1])


def _round_up(value: float) -> float:
    """To 1, 2, 2.5 or 5 times a power of ten; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power > value:
        power /= 10
    while 10 * power < value:
        power *= 10
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * (1 - 1e-9))
