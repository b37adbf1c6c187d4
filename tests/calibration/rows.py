"""One line of a comparison: quartiles of real faults, quartiles of simulated ones, and what follows."""

import math
from dataclasses import dataclass

from tests.calibration.quartiles import Quartiles

ENOUGH = 7  # real faults of a kind that have quartiles worth the name
_NOISE = (0.01, 0.99)


@dataclass(frozen=True, slots=True)
class Row:
    """`judged` are those that must hold. `noise` is how often noise alone would read the real median or less where the
    simulated effects are true; it is known where the quartiles are narrower than the noise of the instrument."""

    kind: str
    title: str
    real: Quartiles
    simulated: Quartiles
    judged: bool
    noise: float = math.nan

    @property
    def is_between(self) -> bool:
        """Whether the simulated median lies between the real quartiles."""
        return self.real.contain(self.simulated.median)

    @property
    def is_noise(self) -> bool:
        return _NOISE[0] <= self.noise <= _NOISE[1]

    @property
    def verdict(self) -> str:
        answer = "yes" if self.is_between else "no"
        if not math.isnan(self.noise):
            return f"{answer}, noise {100 * self.noise:.0f} %"
        return answer if self.judged else f"({answer})"
