"""Counts of played episodes that merge in any order, and the interval of a share.

Sums are integers of a millionth, so that merging is exact: shards, workers and reruns give equal bytes.
"""

import math
from dataclasses import asdict, dataclass, fields

from simcore.results import Verdict

MILLIONTH = 1_000_000
SELF_HEALING = "self-healing"
"""The verdict's note for a fault that would have gone away without anybody."""
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Counts:
    """Of any number of episodes; `+` is associative and commutative, `Counts()` is its zero.

    `diagnosed` and `misdiagnosed` leave out episodes whose truth nobody knows; `..._not_self_healing` leaves
    out those in which nothing is broken, or not for good.
    """

    episodes: int = 0
    resolved: int = 0
    mitigated: int = 0
    diagnosed: int = 0
    misdiagnosed: int = 0
    mitigated_diagnosed: int = 0
    mitigated_misdiagnosed: int = 0
    episodes_not_self_healing: int = 0
    mitigated_not_self_healing: int = 0
    steps: int = 0
    reward_millionths: int = 0
    user_minutes_lost_millionths: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def to_json(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def of(cls, verdict: Verdict) -> "Counts":
        """One episode."""
        right, wrong = verdict.diagnosed is True, verdict.diagnosed is False
        lasts = verdict.truth != () and SELF_HEALING not in verdict.notes
        return cls(
            episodes=1,
            resolved=int(verdict.resolved),
            mitigated=int(verdict.mitigated),
            diagnosed=int(right),
            misdiagnosed=int(wrong),
            mitigated_diagnosed=int(verdict.mitigated and right),
            mitigated_misdiagnosed=int(verdict.mitigated and wrong),
            episodes_not_self_healing=int(lasts),
            mitigated_not_self_healing=int(verdict.mitigated and lasts),
            steps=verdict.steps,
            reward_millionths=round(verdict.breakdown.total * MILLIONTH),
            user_minutes_lost_millionths=round(verdict.user_minutes_lost * MILLIONTH),
        )


def share(part: int, whole: int) -> float | None:
    """None of nothing, never NaN."""
    return part / whole if whole else None


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a binomial share, 95 % unless told otherwise; (0, 1) when nothing was tried.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the
    American Statistical Association 22 (1927), pages 209-212.
    """
    if trials == 0:
        return 0.0, 1.0
    rate, spread = successes / trials, z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = z * math.sqrt(rate * (1 - rate) / trials + spread / (4 * trials)) / (1 + spread)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high
