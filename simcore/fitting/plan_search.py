"""The best that can be had of a family without a diagnosis: a joint search over declarations and plans of changes.

A plan counts only where its declaration is right. So declarations come first, the one that is right most often
foremost, each with the best plan for the episodes in which it is right; when no declaration that is left is right
more often than the best pair so far resolves, that pair is the best there is.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

from simcore.fitting.trials import Trial
from simcore.mechanisms.table import CLASSES
from simcore.policies.reflex.policy import MOST_CHANGES, Fix, Named, Plan

_BEAM, _MOST_USEFUL = 8, 60
Numbers = tuple[int, ...]


class Score(NamedTuple):
    """Higher is better; among equals the shorter plan."""

    resolved: int
    progress: int
    shortness: int


class Found(NamedTuple):
    plan: Plan
    resolved: int


def best_plan(trials: Sequence[Trial], fixes: Sequence[Fix], places: Sequence[str]) -> Found:
    """`resolved` is out of `trials`."""
    best = Found(Plan(), -1)
    for declare, right in _declarations(trials, places):
        if len(right) <= best.resolved:
            break
        numbers, score = _Beam(right, len(fixes)).best()
        if score.resolved > best.resolved:
            best = Found(Plan(changes=tuple(fixes[number] for number in numbers), declare=declare), score.resolved)
    return best


def _declarations(trials: Sequence[Trial], places: Sequence[str]) -> list[tuple[Named | None, list[Trial]]]:
    """Every declaration with the episodes in which it is right, most first."""
    options = [None, *(Named(at=place, mechanism_class=name) for place in places for name in CLASSES)]
    pairs = [(option, [trial for trial in trials if trial.is_right(option)]) for option in options]
    return sorted(pairs, key=lambda pair: -len(pair[1]))


class _Beam:
    """The best changes for some episodes: the beam grows change by change, then its best is polished."""

    def __init__(self, trials: Sequence[Trial], fixes: int) -> None:
        self._trials = trials
        self._singles = [(number,) for number in range(fixes)]

    def best(self) -> tuple[Numbers, Score]:
        useful = self._useful()
        beam: list[Numbers] = [()]
        best = self._scored(())
        for _ in range(MOST_CHANGES):
            grown = {(*plan, number) for plan in beam for number in useful if number not in plan}
            beam = self._best_of(sorted(grown), _BEAM)
            best = max([best, *map(self._scored, beam)], key=lambda pair: pair[1])
        return self._polished(best, useful)

    def _scored(self, plan: Numbers) -> tuple[Numbers, Score]:
        outcomes = [trial.play(plan) for trial in self._trials]
        resolved, progress = sum(found.mitigated for found in outcomes), sum(found.progress for found in outcomes)
        return plan, Score(resolved, progress, -len(plan))

    def _best_of(self, plans: Sequence[Numbers], count: int) -> list[Numbers]:
        """The best plans of which no two do the same."""
        scored = sorted(map(self._scored, plans), key=lambda pair: pair[1], reverse=True)
        kept: dict[tuple[object, ...], Numbers] = {}
        for plan, _ in scored:
            kept.setdefault(tuple(trial.play(plan) for trial in self._trials), plan)
            if len(kept) == count:
                break
        return list(kept.values())

    def _useful(self) -> list[int]:
        """The fixes that alone bring at least one episode further than doing nothing does."""
        idle = [trial.play(()).progress for trial in self._trials]
        fit = [
            single for single in self._singles
            if any(trial.play(single).progress > before for trial, before in zip(self._trials, idle, strict=True))
        ]  # fmt: skip
        return [number for (number,) in self._best_of(fit, _MOST_USEFUL)]

    def _polished(self, best: tuple[Numbers, Score], useful: list[int]) -> tuple[Numbers, Score]:
        """Other orders, other changes, one less or one more, as long as that helps."""
        while True:
            plan = best[0]
            found = max(map(self._scored, self._neighbours(plan, useful)), key=lambda pair: pair[1], default=best)
            if found[1] <= best[1]:
                return best
            best = found

    def _neighbours(self, plan: Numbers, useful: list[int]) -> list[Numbers]:
        found = {*permutations(plan)}
        for k in range(len(plan)):
            rest = plan[:k], plan[k + 1 :]
            found |= {(*rest[0], number, *rest[1]) for number in useful if number not in plan}
            found.add((*rest[0], *rest[1]))
        return sorted(found - {plan})
