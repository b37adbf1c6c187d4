"""Figures as SVG: presentation attributes only, so that a strict content security policy lets them be seen."""

from xml.sax.saxutils import escape, quoteattr

from praetor.reports.figures.shapes import Area, Box, Curve, Dot, Figure, Line, Shape, Words

_FONTS = "Roboto, system-ui, sans-serif"


def svg(figure: Figure) -> str:
    size = f'viewBox="0 0 {figure.width:g} {figure.height:g}" width="{figure.width:g}" height="{figure.height:g}"'
    title = f"<title>{escape(figure.title)}</title>"
    body = "".join(map(_drawn, figure.shapes))
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>{title}{body}</svg>'


def _drawn(shape: Shape) -> str:
    match shape:
        case Line():
            dash = f' stroke-dasharray="{" ".join(f"{part:g}" for part in shape.dash)}"' if shape.dash else ""
            stroke = f'stroke="{shape.color}" stroke-width="{shape.width:g}"{dash}'
            return f'<polyline points="{_points(shape.points)}" fill="none" {stroke}/>'
        case Curve():
            (x, y), *rest = shape.points
            way = f"M{x:.1f},{y:.1f} C{_points(tuple(rest))}"
            return f'<path d="{way}" fill="none" stroke="{shape.color}" stroke-width="{shape.width:g}"/>'
        case Area():
            return f'<polygon points="{_points(shape.points)}" fill="{shape.fill}"/>'
        case Box():
            stroke = f' stroke="{shape.stroke}" stroke-width="{shape.stroke_width:g}"' if shape.stroke else ""
            place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}"'
            return f'<rect {place} rx="{shape.radius:g}" fill="{shape.fill}"{stroke}/>'
        case Dot():
            return f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:g}" fill="{shape.fill}"/>'
        case Words():
            weight = ' font-weight="600"' if shape.strong else ""
            look = f'font-family={quoteattr(_FONTS)} font-size="{shape.size:g}" fill="{shape.color}"{weight}'
            where = f'x="{shape.x:.1f}" y="{shape.y:.1f}" text-anchor="{shape.anchor}"'
            return f"<text {where} {look}>{escape(shape.text)}</text>"


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
