"""Robust statistics of a few values, some of which may be missing (NaN)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


def finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def middle(values: Iterable[float]) -> float:
    """The median of those that are known; NaN if none is."""
    known = finite(values)
    return float(np.median(known)) if known else math.nan


_RESOLUTION = 0.005
"""Of a reading, relative: bounds that unchanged medians of three readings meet (1.00) are not missed by less."""


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Of `count` values; by numpy's linear rule."""

    count: int
    low: float
    median: float
    high: float

    def contain(self, value: float) -> bool:
        return self.low * (1.0 - _RESOLUTION) <= value <= self.high * (1.0 + _RESOLUTION)


def quartiles(values: Iterable[float]) -> Quartiles:
    known = finite(values)
    if not known:
        return Quartiles(0, math.nan, math.nan, math.nan)
    return Quartiles(len(known), *(float(value) for value in np.quantile(known, (0.25, 0.5, 0.75))))
