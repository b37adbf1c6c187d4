"""Finds the plans of `reflex` on train seeds: `python -m simcore.fitting.reflex --seeds 0:400`.

The held-out families are never looked at: they are played with the plan that is best over all others.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simcore.api import scenario_names
from simcore.fitting.fixes import PLACES, all_fixes
from simcore.fitting.plan_search import Found, best_plan
from simcore.fitting.trials import Trial, trials
from simcore.policies.reflex.policy import TABLE, Plan
from simcore.scenarios.library import library_scenario
from simcore.topologies.pools import SPLIT_SIZE

_POOLED = 4
"""The plan for everywhere is searched on every so-many-th seed of each family: all families together are many."""
_HEADER = """\
# The best fixed plans that a search found, family by family; what they resolve is of the episodes searched.
# Written by `python -m simcore.fitting.reflex --seeds {seeds}`; not by hand.
"""


def seed_range(text: str) -> range:
    """`A:B` without B. Raises ValueError for seeds that are not all of the train split."""
    begin, _, end = text.partition(":")
    if not (begin.isdigit() and end.isdigit() and int(begin) < int(end) <= SPLIT_SIZE):
        bounds = f"0 <= FROM < TO <= {SPLIT_SIZE}"
        raise ValueError(f"seeds {text!r} should be FROM:TO, without TO, of the train split: {bounds}")
    return range(int(begin), int(end))


def open_families() -> list[str]:
    """Names of the library's scenarios that are not held out."""
    return [name for name in scenario_names() if not library_scenario(name).spec.held_out]


def search(families: Sequence[str], seeds: range) -> str:
    """The plans as the text of `plans.yaml`."""
    told: list[str] = []
    pool: list[Trial] = []
    for number, name in enumerate(families, start=1):
        found = best_plan(played := trials(name, seeds, all_fixes()), all_fixes(), PLACES)
        told += _told(library_scenario(name).spec.family, found, len(played), indent="  ")
        pool += trials(name, seeds[::_POOLED], all_fixes())
        _progress(number, len(families), name, found, len(played))
    everywhere = best_plan(pool, all_fixes(), PLACES)
    _progress(len(families), len(families), "everywhere", everywhere, len(pool))
    header = _HEADER.format(seeds=f"{seeds.start}:{seeds.stop}")
    lines = [*_told("elsewhere", everywhere, len(pool)), "families:", *told]
    return header + "\n" + "\n".join(lines) + "\n"


def _told(name: str, found: Found, episodes: int, indent: str = "") -> list[str]:
    share = f"{indent}# {found.resolved} of {episodes}"
    dumped = yaml.safe_dump({name: plan_json(found.plan)}, sort_keys=False, default_flow_style=None, width=110)
    return [share, *(f"{indent}{line}" for line in dumped.splitlines())]


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan without what it does not say."""
    return plan.model_dump(exclude_none=True, exclude_defaults=True) if plan != Plan() else {"changes": []}


def _progress(number: int, count: int, name: str, found: Found, episodes: int) -> None:
    sys.stderr.write(f"{number}/{count} {name}: {found.resolved} of {episodes}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m simcore.fitting.reflex", description=__doc__)
    parser.add_argument("--seeds", default="0:400", help="FROM:TO, without TO; of the train split")
    parser.add_argument("-o", "--output", type=Path, default=TABLE, help="where to; the policy's own table if left out")
    given = parser.parse_args(arguments)
    try:
        seeds = seed_range(given.seeds)
    except ValueError as problem:
        parser.error(str(problem))
    given.output.write_text(search(open_families(), seeds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
