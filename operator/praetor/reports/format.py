"""How values look in a report. What comes out is Markdown already, safe to put into a line or a cell."""

from collections.abc import Iterable, Sequence
from typing import Any

from praetor.reports.escape import name, text
from praetor.reports.story import Json

UNKNOWN = "-"
_FREE_TEXT = ("root_cause", "resolution")


def minutes(seconds: float | None) -> str:
    """`2:05` for 125 seconds."""
    if seconds is None:
        return UNKNOWN
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def number(value: float | None) -> str:
    """Four decimals below 1 (shares, rewards), one above (milliseconds, minutes), without trailing zeros."""
    if value is None:
        return UNKNOWN
    digits = f"{value:.4f}" if abs(value) < 1 else f"{value:.1f}"
    return "0" if float(digits) == 0 else digits.rstrip("0").rstrip(".")


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def reward(value: float) -> str:
    return f"{value:+.3f}"


def truth(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"


def action(wire: Json | None) -> str:
    """`restart_service` on `order-service` (`memory_limit` = 1024Mi)."""
    if wire is None:
        return "a malformed action"
    target = f" on {name(wire['target_service'])}" if wire.get("target_service") else ""
    plain = {key: value for key, value in wire["parameters"].items() if isinstance(value, str | int | float)}
    given = ", ".join(f"{name(key)} = {text(plain[key], 80)}" for key in plain if key not in _FREE_TEXT)
    return f"{name(wire['action_type'])}{target}" + (f" ({given})" if given else "")


def causes(named: Sequence[Json] | None, when_none: str) -> str:
    if named is None:
        return when_none
    told = [f"{name(c['service'])} {name(c['mechanism'])} ({text(c['mechanism_class'], 60)})" for c in named]
    return "; ".join(told) or "nothing is broken"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; none without rows."""
    body = [_row(row) for row in rows]
    return [_row(titles), _row(["---"] * len(titles)), *body] if body else []


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def bullets(lines: Iterable[str], when_empty: str) -> list[str]:
    return [f"- {line}" for line in lines] or [when_empty]


def parameter(wire: Json | None, key: str) -> Any:
    return wire["parameters"].get(key) if wire else None
