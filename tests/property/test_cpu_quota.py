"""What a CPU limit does to single requests, against requests that are walked through periods one by one."""

import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel.queueing import CPU_PERIOD_MS, quota_stall

REQUESTS = 40_000


def time_of_turn(work_ms: float, quota_ms: float, begin_ms: float) -> float:
    """How long a thread takes that runs until the quota of a period is gone, and goes on with the next period."""
    now, left = begin_ms, quota_ms
    while True:
        runs = min(work_ms, left, CPU_PERIOD_MS - now)
        work_ms, now, left = work_ms - runs, now + runs, left - runs
        if work_ms <= 0.0:
            return now - begin_ms
        begin_ms, now, left = begin_ms - CPU_PERIOD_MS, 0.0, quota_ms


def walked(cores: float, work_ms: float, visits: int, *, at_once: bool) -> tuple[float, float]:
    """(mean, variance) of the time that requests take; their turns begin with a period (`at_once`) or at any time."""
    rng = random.Random(7)

    def begin() -> float:
        return 0.0 if at_once else rng.uniform(0.0, CPU_PERIOD_MS)

    def request() -> float:
        turns = (rng.expovariate(visits / work_ms) for _ in range(visits))
        return sum(time_of_turn(turn, CPU_PERIOD_MS * cores, begin()) for turn in turns)

    taken = [request() for _ in range(REQUESTS)]
    return statistics.fmean(taken), statistics.variance(taken)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("cores", "work_ms", "visits"),
    [(0.2, 15.0, 1), (0.2, 150.0, 1), (0.2, 90.0, 4), (0.5, 50.0, 1), (0.8, 160.0, 2), (0.15, 20.0, 1)],
)
def test_a_request_stands_still_as_long_as_one_that_is_walked_through_its_periods(cores, work_ms, visits, at_once):
    mean, variance = walked(cores, work_ms, visits, at_once=at_once)
    stall, spread = quota_stall(cores, work_ms, float(visits), 1.0 if at_once else 0.0)
    assert work_ms + stall == pytest.approx(mean, rel=0.03)
    assert work_ms**2 / visits + spread == pytest.approx(variance, rel=0.15)


@given(cores=st.floats(0.05, 0.95), hogged=st.floats(0.0, 0.95))
def test_long_work_takes_what_the_limit_says(cores, hogged):
    work_ms = 1e5
    stall, _ = quota_stall(cores, work_ms, 1.0, hogged)
    assert work_ms + stall == pytest.approx(work_ms / cores, rel=0.01)


@given(cores=st.floats(1.0, 16.0), work_ms=st.floats(0.1, 1e5))
def test_one_thread_never_uses_up_the_quota_of_a_whole_core(cores, work_ms):
    assert quota_stall(cores, work_ms, 1.0, 0.0) == (0.0, 0.0)


@settings(max_examples=200)
@given(
    cores=st.floats(0.05, 0.95),
    work_ms=st.floats(0.1, 2000.0),
    visits=st.floats(1.0, 12.0),
    hogged=st.floats(0.0, 0.95),
)
def test_less_quota_never_helps(cores, work_ms, visits, hogged):
    more, _ = quota_stall(cores, work_ms, visits, hogged)
    less, _ = quota_stall(0.9 * cores, work_ms, visits, hogged)
    assert 0.0 <= more <= less
