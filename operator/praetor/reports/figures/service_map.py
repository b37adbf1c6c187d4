"""Who calls whom, and how each was when the alert came in: callers left, callees right."""

from collections.abc import Iterator, Mapping, Sequence

from praetor.reports.escape import one_line
from praetor.reports.figures.shapes import Area, Box, Curve, Dot, Figure, Shape, Words
from praetor.reports.palette import ACCENT, BAD, BAD_SOFT, FAINT, GOOD, GOOD_SOFT, INK, PAPER, QUIET, WARN, WARN_SOFT
from praetor.reports.story import Story

WIDTH = 515.0
MOST_SERVICES = 40
_ROW, _NODE_HEIGHT, _TOP, _LEGEND = 32.0, 23.0, 8.0, 24.0
_MOST_NODE_WIDTH, _GAP = 104.0, 19.0
_COLORS = {"healthy": (GOOD, GOOD_SOFT), "degraded": (WARN, WARN_SOFT), "restarting": (WARN, WARN_SOFT)}
_SICK = (BAD, BAD_SOFT)

Call = tuple[str, str]


def service_map(story: Story) -> Figure | None:
    """None when nobody knows who calls whom."""
    calls = [(caller, callee) for caller, callee in story.calls if caller != callee]
    if not calls:
        return None
    columns = _columns(calls)
    places = _Places(columns)
    shapes = [*_edges(calls, places, _health(story)), *_nodes(places, story), *_legend(places.height)]
    return Figure(_in_words(story), WIDTH, places.height + _LEGEND, tuple(shapes))


def _health(story: Story) -> dict[str, str]:
    return {one["name"]: one["health"] for one in story.first_snapshot.get("services", ())}


def _columns(calls: Sequence[Call]) -> list[list[str]]:
    """By the longest way from whoever is called by nobody; within a column near those who call."""
    names = list(dict.fromkeys(name for call in calls for name in call))[:MOST_SERVICES]
    depth = dict.fromkeys(names, 0)
    for _ in names:  # as many rounds as the longest way has steps; a circle ends with the rounds
        for caller, callee in calls:
            if caller in depth and callee in depth:
                depth[callee] = min(max(depth[callee], depth[caller] + 1), 7)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in names:
        columns[depth[name]].append(name)
    return _untangled([column for column in columns if column], calls)


def _untangled(columns: list[list[str]], calls: Sequence[Call]) -> list[list[str]]:
    place: dict[str, float] = {}
    for column in columns:
        column.sort(key=lambda name: (_mean(place[a] for a, b in calls if b == name and a in place), name))
        place |= {name: (number + 0.5) / len(column) for number, name in enumerate(column)}
    return columns


def _mean(values: Iterator[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.5


class _Places:
    """Where each service stands."""

    def __init__(self, columns: list[list[str]]) -> None:
        pitch = WIDTH / len(columns)
        self.node_width = min(_MOST_NODE_WIDTH, pitch - _GAP)
        self.height = _TOP + _ROW * max(map(len, columns))
        step = (WIDTH - self.node_width - 2) / max(len(columns) - 1, 1)
        self.corner = {
            name: (1 + step * number, _TOP + (self.height - _TOP) * (row + 0.5) / len(column) - _NODE_HEIGHT / 2)
            for number, column in enumerate(columns)
            for row, name in enumerate(column)
        }


def _edges(calls: Sequence[Call], places: _Places, health: Mapping[str, str]) -> Iterator[Shape]:
    """The way of the trouble stands out: where both ends are unwell."""
    known = [call for call in dict.fromkeys(calls) if call[0] in places.corner and call[1] in places.corner]
    for caller, callee in sorted(known, key=lambda call: _is_sick(call, health)):
        (x1, y1), (x2, y2) = places.corner[caller], places.corner[callee]
        begin, end = (x1 + places.node_width, y1 + _NODE_HEIGHT / 2), (x2 - 3, y2 + _NODE_HEIGHT / 2)
        bend = max((end[0] - begin[0]) / 2, 12)
        color, width = (BAD, 1.5) if _is_sick((caller, callee), health) else (FAINT, 0.6)
        out, back = min(begin[0] + bend, WIDTH), max(end[0] - bend, 0.0)
        yield Curve((begin, (out, begin[1]), (back, end[1]), end), color, width)
        tip = (end[0] + 3, end[1])
        yield Area((tip, (end[0] - 2.5, end[1] - 2.4), (end[0] - 2.5, end[1] + 2.4)), color)


def _is_sick(call: Call, health: Mapping[str, str]) -> bool:
    return all(health.get(name, "healthy") != "healthy" for name in call)


def _nodes(places: _Places, story: Story) -> Iterator[Shape]:
    health, causes = _health(story), {cause["service"] for cause in story.causes or ()}
    changed = {(step.action or {}).get("target_service") for step in story.changes}
    size = 7.2 if places.node_width > 60 else 6.4
    letters = int((places.node_width - 9) / (0.5 * size))
    for name, (x, y) in places.corner.items():
        ink, paper = _COLORS.get(health[name], _SICK) if name in health else (QUIET, PAPER)
        if name in causes:
            yield Box(x - 2.5, y - 2.5, places.node_width + 5, _NODE_HEIGHT + 5, PAPER, ACCENT, 1.6, 7)
        yield Box(x, y, places.node_width, _NODE_HEIGHT, paper, ink, 0.8, 5)
        yield Words(x + 7, y + 10, _short(name, letters), size, INK, strong=name in causes)
        yield Words(x + 7, y + 18.5, health.get(name, "not seen"), 5.8, ink)
        if name in changed:
            yield Dot(x + places.node_width - 1, y + 1, 3.2, ACCENT)


def _short(name: str, letters: int) -> str:
    return one_line(name if len(name) <= letters else name.replace("-service", "-svc"), letters)


def _legend(top: float) -> Iterator[Shape]:
    y, x = top + 15, 2.0
    for text, (ink, paper) in (
        ("healthy", _COLORS["healthy"]),
        ("degraded", _COLORS["degraded"]),
        ("unhealthy", _SICK),
    ):
        yield Box(x, y - 6, 8, 7, paper, ink, 0.7, 2)
        yield Words(x + 12, y, text, 6.5, QUIET)
        x += 58
    yield Box(x, y - 6, 8, 7, PAPER, ACCENT, 1.4, 2)
    yield Words(x + 12, y, "named as the cause", 6.5, QUIET)
    yield Dot(x + 88, y - 2.4, 2.6, ACCENT)
    yield Words(x + 95, y, "changed in this run", 6.5, QUIET)
    yield Words(WIDTH, y, "health when the alert came in; red: both ends unwell", 6.5, FAINT, "end")


def _in_words(story: Story) -> str:
    sick = [name for name, health in _health(story).items() if health != "healthy"]
    return f"Service map: unwell when the alert came in: {', '.join(sick) or 'nobody'}"
