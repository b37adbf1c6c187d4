"""How far medians of a few faults err by the noise of the instruments alone.

The CPU of a pod is read over a moment: calm minutes of the frontend lie between 18 and 28 %, most of them above, some
far below. Of effects smaller than that, seven faults say little; this says how little.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tests.calibration.nezha import Day
from tests.calibration.quartiles import finite, middle
from tests.calibration.seen import Effect

_RESAMPLED = 4000


def share_below(day: Day, effect: Effect, faults: Sequence[tuple[str, float]], measured: float) -> float:
    """How often the median over `faults` (service, true value of a ratio) is read as `measured` or less, if each is
    read with the error of some calm moment. Near 0 or 1: noise does not explain the difference."""
    rng = np.random.default_rng(0)
    errors = {service: _errors(day, effect, service) for service, _ in faults}
    medians = [
        middle(value * rng.choice(errors[service]) for service, value in faults if errors[service])
        for _ in range(_RESAMPLED)
    ]
    return float(np.mean(np.array(medians) <= measured))


def _errors(day: Day, effect: Effect, service: str) -> list[float]:
    """What the effect reads, where nothing happens."""
    return finite(effect.of(replace(quiet, service=service)) for quiet in day.quiet)
