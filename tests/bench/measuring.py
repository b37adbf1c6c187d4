"""How figures are taken: processor time of this process, several repetitions, the median with minimum and maximum."""

import statistics
import time
from collections.abc import Callable

import numpy as np

REPETITIONS = 5
ADDITIONS = 3_000_000
ARRAY_SUMS = 200_000


def show(title: str, measure: Callable[[], float], unit: str = "/s", goal: str = "") -> float:
    """Prints a figure beside its goal and gives the median."""
    figures = sorted(measure() for _ in range(REPETITIONS))
    middle = statistics.median(figures)
    print(f"{title:44}{middle:14,.1f} {unit:6} (min {figures[0]:,.1f}, max {figures[-1]:,.1f}) {goal}")
    return middle


def rate(count: int, work: Callable[[], object]) -> float:
    """How many of `count` things a second `work` does."""
    began = time.process_time()
    work()
    return count / (time.process_time() - began)


def additions_per_second() -> float:
    def add() -> None:
        total = 0
        for number in range(ADDITIONS):
            total += number

    return rate(ADDITIONS, add)


def array_sums_per_second() -> float:
    def add() -> None:
        values = np.zeros(64)
        for _ in range(ARRAY_SUMS):
            values = values + 1.0

    return rate(ARRAY_SUMS, add)
