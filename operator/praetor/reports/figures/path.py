"""The way from the alert to the end in at most seven stations."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from praetor.reports.digest import in_words
from praetor.reports.escape import one_line
from praetor.reports.figures.shapes import Area, Box, Figure, Line, Shape, Words
from praetor.reports.format import counted, minutes
from praetor.reports.palette import FAINT, INK, PAPER, QUIET, TONES
from praetor.reports.story import Story

WIDTH, HEIGHT = 515.0, 74.0
_GAP, _LINES, _MOST_CHANGES = 12.0, 4, 3
_ACCENT = ("#4338ca", "#eef0ff")


@dataclass(frozen=True, slots=True)
class Station:
    title: str
    text: str
    seconds: float
    tone: str = "quiet"


def resolution_path(story: Story) -> Figure:
    stations = sorted(_stations(story), key=lambda station: station.seconds)
    width = (WIDTH - _GAP * (len(stations) - 1)) / max(len(stations), 1)
    width = min(width, 132.0)
    shapes = [shape for number, one in enumerate(stations) for shape in _drawn(one, number, width, len(stations))]
    told = "; ".join(f"{minutes(one.seconds)} {one.title}: {one.text}" for one in stations)
    return Figure(f"Resolution path: {told}", WIDTH, HEIGHT, tuple(shapes))


def _stations(story: Story) -> Iterator[Station]:
    yield Station("Alert", str(story.alert.get("service") or story.alert.get("title") or "-"), 0.0, "bad")
    if not story.steps:
        return
    first_change = story.changes[0].number if story.changes else len(story.steps) + 1
    looks = [step for step in story.steps if step.number < first_change and step.is_read]
    if looks:
        places = {(step.action or {}).get("target_service") for step in looks} - {None}
        of = f", {counted(len(places), 'service')}" if places else ""
        yield Station("Looked", f"{counted(len(looks), 'read')}{of}", looks[0].began_seconds)
    yield from _suspicion(story)
    for step in story.changes[:_MOST_CHANGES]:
        yield Station(f"Step {step.number}", in_words(step.action), step.began_seconds, "accent")
    if story.well_again_seconds is not None:
        yield Station("Well again", "objectives hold", story.well_again_seconds, "good")
    yield _ending(story)


def _suspicion(story: Story) -> Iterator[Station]:
    if story.changes and (believed := story.changes[0].decision.get("hypothesis")):
        text = f"{str(believed['mechanism']).replace('_', ' ')} at {believed['service']}"
        yield Station("Suspected", text, story.changes[0].began_seconds)


def _ending(story: Story) -> Station:
    last, verdict = story.steps[-1], story.verdict
    declared = verdict.get("declared")
    if declared is None:
        return Station("Ended", "no cause declared", last.ended_seconds, "bad")
    named = ", ".join(str(cause["mechanism"]).replace("_", " ") for cause in declared) or "nothing is broken"
    tone = {True: "good", False: "bad", None: "quiet"}[verdict["diagnosed"]]
    return Station("Declared", named, last.began_seconds, tone)


def _drawn(station: Station, number: int, width: float, count: int) -> Iterator[Shape]:
    ink, paper = _ACCENT if station.tone == "accent" else TONES[station.tone]
    x, top = number * (width + _GAP), 13.0
    yield Words(x, 8, minutes(station.seconds), 6.8, FAINT)
    yield Box(x, top, width, HEIGHT - top - 2, paper if station.tone != "quiet" else PAPER, ink, 0.8, 5)
    letters = max(int((width - 8) / 3.9), 8)
    yield Words(x + 6, top + 12, one_line(station.title, letters), 7.6, ink, strong=True)
    text = one_line(station.text, 120)
    lines = textwrap.wrap(text, letters, max_lines=_LINES - 1, placeholder="…") or ["-"]
    for row, line in enumerate(lines):
        yield Words(x + 6, top + 23 + 9 * row, line, 7, INK if station.tone != "quiet" else QUIET)
    if number + 1 < count:
        end, y = x + width + _GAP, top + (HEIGHT - top) / 2
        yield Line(((x + width + 1.5, y), (end - 4, y)), FAINT, 0.9)
        yield Area(((end - 1.5, y), (end - 5.5, y - 2.6), (end - 5.5, y + 2.6)), FAINT)
