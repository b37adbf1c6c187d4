"""Evaluations as Markdown: `python -m simcore.evaluation.tables ROWS.json...` prints the table of all families.

ROWS.json is what `praetor evaluate -o json` printed, one file for each difficulty. With `--summary` only the rows over
all open and all held-out families.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from simcore.evaluation.counts import wilson_interval
from simcore.scenarios.library import library_scenario

Row = dict[str, Any]
_ORDER = ("oracle", "playbook", "llm", "keyword", "reflex", "random")


def by_family(rows: Sequence[Row]) -> str:
    """A row for each family, a column for each policy: resolved in percent at each difficulty, and the interval of all
    of them together."""
    policies = [name for name in _ORDER if any(row["policy"] == name for row in rows)]
    families = sorted({row["family"] for row in rows}, key=lambda family: (_held_out(family), family))
    body = [
        [
            f"`{family}`" + (" (held out)" if _held_out(family) else ""),
            *(_cell(rows, name, family) for name in policies),
        ]
        for family in families
    ]
    return _table(["family", *(f"`{name}`" for name in policies)], body)


def summary(rows: Sequence[Row]) -> str:
    """A row for each policy: all open and all held-out families together, and the family that is worst for it or, of a
    floor, best."""
    difficulties = sorted({row["difficulty"] for row in rows})
    titles = ["policy", "families", *(f"resolved at {difficulty:g}" for difficulty in difficulties), "single families"]
    body = []
    for name in _ORDER:
        for held_out in (False, True):
            own = [row for row in rows if row["policy"] == name and _held_out(row["family"]) == held_out]
            if own:
                rates = [_rate([row for row in own if row["difficulty"] == d]) for d in difficulties]
                kind = f"{len({row['family'] for row in own})} {'held out' if held_out else 'open'}"
                body.append([f"`{name}`", kind, *rates, _extremes(own)])
    return _table(titles, body)


def _cell(rows: Sequence[Row], policy: str, family: str) -> str:
    own = sorted(
        (row for row in rows if (row["policy"], row["family"]) == (policy, family)), key=lambda row: row["difficulty"]
    )
    each = " / ".join(_percent(row["resolved"] / row["episodes"]) for row in own)
    low, high = _interval(own)
    return f"{each} ({_percent(low)} to {_percent(high)})"


def _rate(rows: Sequence[Row]) -> str:
    resolved, episodes = _sum(rows, "resolved"), _sum(rows, "episodes")
    low, high = _interval(rows)
    return f"{100 * resolved / episodes:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _extremes(rows: Sequence[Row]) -> str:
    rates = [row["resolved"] / row["episodes"] for row in rows]
    return f"{_percent(min(rates))} to {_percent(max(rates))} %"


def _interval(rows: Sequence[Row]) -> tuple[float, float]:
    return wilson_interval(_sum(rows, "resolved"), _sum(rows, "episodes"))


def _sum(rows: Iterable[Row], field: str) -> int:
    return sum(int(row[field]) for row in rows)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _held_out(family: str) -> bool:
    return library_scenario(family).spec.held_out


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in [titles, ["---"] * len(titles), *rows])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simcore.evaluation.tables", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="ROWS.json", help="of `praetor evaluate -o json`")
    parser.add_argument("--summary", action="store_true", help="all open and all held-out families together")
    given = parser.parse_args()
    rows = [row for file in given.files for row in json.loads(file.read_text())]
    sys.stdout.write((summary if given.summary else by_family)(rows))


if __name__ == "__main__":
    main()
