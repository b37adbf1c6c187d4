"""What figures are made of: plain shapes, y downwards, in points. Two hands draw them: PDF and SVG."""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Line:
    points: tuple[Point, ...]
    color: str
    width: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """A cubic Bézier curve: begin, two control points, end."""

    points: tuple[Point, Point, Point, Point]
    color: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: str


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = ""
    stroke_width: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `y` is its base line."""

    x: float
    y: float
    text: str
    size: float
    color: str
    anchor: Anchor = "start"
    strong: bool = False


Shape = Line | Curve | Area | Box | Dot | Words


@dataclass(frozen=True, slots=True)
class Figure:
    """`title` says in words what it shows."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]
