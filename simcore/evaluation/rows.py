"""The rows of an evaluation: rates with intervals, and beside each the floor that needs no diagnosis."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from simcore.evaluation.counts import MILLIONTH, Counts, share, wilson_interval
from simcore.policies.registry import FLOORS

PASSES = 4  # of pass^k


class Cell(NamedTuple):
    """One policy on one family."""

    policy: str
    family: str


@dataclass(frozen=True, slots=True)
class Row:
    """`success_rate` is resolved / episodes, `fixed` means mitigated; a share or mean of nothing is None.
    `floor` is the best success rate of the policies that diagnose nothing and were played too; `pass_hat_4` is the
    chance that four episodes are all resolved.

    The reward is the sum of all components, before it is clipped to a score.
    """

    policy: str
    family: str
    split: str
    difficulty: float
    episodes: int
    resolved: int
    mitigated: int
    diagnosed: int
    success_rate: float | None
    ci_low: float
    ci_high: float
    p_fixed_diag_right: float | None
    p_fixed_diag_wrong: float | None
    mean_reward: float | None
    mean_steps: float | None
    mean_user_minutes_lost: float | None
    floor: float | None
    pass_hat_4: float | None
    episodes_not_self_healing: int
    mitigated_not_self_healing: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def rows_of(counts: Mapping[Cell, Counts], split: str, difficulty: float) -> list[Row]:
    """In the order of `counts`."""
    return [_row(cell, counts, split, difficulty) for cell in counts]


def _row(cell: Cell, counts: Mapping[Cell, Counts], split: str, difficulty: float) -> Row:
    own = counts[cell]
    low, high = wilson_interval(own.resolved, own.episodes)
    return Row(
        policy=cell.policy,
        family=cell.family,
        split=split,
        difficulty=difficulty,
        episodes=own.episodes,
        resolved=own.resolved,
        mitigated=own.mitigated,
        diagnosed=own.diagnosed,
        success_rate=share(own.resolved, own.episodes),
        ci_low=low,
        ci_high=high,
        p_fixed_diag_right=share(own.mitigated_diagnosed, own.diagnosed),
        p_fixed_diag_wrong=share(own.mitigated_misdiagnosed, own.misdiagnosed),
        mean_reward=_mean_of_millionths(own.reward_millionths, own.episodes),
        mean_steps=share(own.steps, own.episodes),
        mean_user_minutes_lost=_mean_of_millionths(own.user_minutes_lost_millionths, own.episodes),
        floor=_floor(cell.family, counts),
        pass_hat_4=_pass_hat(own.resolved, own.episodes),
        episodes_not_self_healing=own.episodes_not_self_healing,
        mitigated_not_self_healing=own.mitigated_not_self_healing,
    )


def _mean_of_millionths(total: int, episodes: int) -> float | None:
    return total / (episodes * MILLIONTH) if episodes else None


def _floor(family: str, counts: Mapping[Cell, Counts]) -> float | None:
    """The best of those that diagnose nothing and were played too."""
    played = [counts[Cell(name, family)] for name in FLOORS if Cell(name, family) in counts]
    shares = [share(floor.resolved, floor.episodes) for floor in played]
    return max((found for found in shares if found is not None), default=None)


def _pass_hat(resolved: int, episodes: int) -> float | None:
    """That `PASSES` episodes drawn without replacement are all resolved.

    S. Yao et al., "tau-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains" (2024), section 3.
    """
    return share(math.comb(resolved, PASSES), math.comb(episodes, PASSES))
