"""The rows of an evaluation: rates with intervals, and beside each the floor that needs no diagnosis."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from simcore.evaluation.counts import MILLIONTH, Counts, share, wilson_interval

FLOOR_POLICY = "random"


class Cell(NamedTuple):
    """One policy on one family."""

    policy: str
    family: str


@dataclass(frozen=True, slots=True)
class Row:
    """`success_rate` is resolved / episodes, `fixed` means mitigated; a share or mean of nothing is None.

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
        episodes_not_self_healing=own.episodes_not_self_healing,
        mitigated_not_self_healing=own.mitigated_not_self_healing,
    )


def _mean_of_millionths(total: int, episodes: int) -> float | None:
    return total / (episodes * MILLIONTH) if episodes else None


def _floor(family: str, counts: Mapping[Cell, Counts]) -> float | None:
    floor = counts.get(Cell(FLOOR_POLICY, family), Counts())
    return share(floor.resolved, floor.episodes)
