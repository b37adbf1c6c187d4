"""Law 8: metrics are late, coarse, noisy and incomplete."""

import math
import statistics
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.kernel import observe
from tests.support.tiny_world import chain, part, tiny_world

SCRAPE_S, LEAST_LAG_S, MOST_LAG_S = 15.0, 5.0, 35.0
SERIES = range(observe.M_CPU, observe.M_RPS + 1)
READS = 2000


def watched(difficulty: float = 0.5, column: int = observe.M_RPS, reads: int = READS) -> np.ndarray:
    """The same moment of a quiet world, read again and again; NaN where the series is missing."""
    world = tiny_world([part()], rate=10.0)
    world.run(300.0, every=5.0)
    return np.array([world.metrics("api", step=step, difficulty=difficulty)[column] for step in range(reads)])


@settings(max_examples=30, deadline=None)
@given(pieces=st.lists(st.floats(1.0, 30.0), min_size=10, max_size=40))
def test_metrics_are_scraped_every_fifteen_seconds_or_more(pieces):
    """Or more: what an action skips over in one sub-step is not scraped within."""
    world = tiny_world([part()], rate=10.0)
    for piece in pieces:
        world.advance(piece)
        assert all(later - earlier >= SCRAPE_S - 1e-6 for earlier, later in pairwise(world.scrapes_s))


@settings(max_examples=60, deadline=None)
@given(difficulty=st.floats(0.0, 1.0), step=st.integers(1, 50), seed=st.integers(0, 10**9))
def test_what_is_shown_is_as_old_as_it_says_and_never_new(difficulty, step, seed):
    """Load that rises all the time is a clock: what is shown is the load of the scrape, not of now."""
    world = tiny_world([part(cpu_cores=16.0)], rate=10.0)
    for second in range(200):
        world.load(100.0 + second)
        world.run(1.0, every=1.0)
    shown = world.metrics("api", step=step, difficulty=difficulty, seed=seed)
    age = shown[observe.M_AGE]
    assert LEAST_LAG_S <= age <= LEAST_LAG_S + 30.0 * difficulty + SCRAPE_S + 1.0
    if not math.isnan(shown[observe.M_RPS]):
        assert shown[observe.M_RPS] == pytest.approx(300.0 - age, rel=5.0 * (0.005 + 0.04 * difficulty))


def test_trouble_shows_only_when_its_scrape_has_arrived():
    world = chain(part("web"), part("api"), rate=10.0)
    world.run(100.0, every=5.0)
    world.set("web", {at.EXTRA_ERRORS: 0.5})

    def shown() -> float:
        reads = [world.metrics("web", step=step, difficulty=0.0)[observe.M_ERRORS] for step in range(9)]
        return statistics.median(read for read in reads if not math.isnan(read))

    seen = world.watch(60.0, shown, every=5.0)
    assert seen[0][1] == 0.0
    assert seen[-1][1] == pytest.approx(50.0, rel=0.05)
    assert any(errors == 0.0 for _, errors in seen[1:])


def missing_share(difficulty: float) -> float:
    world = tiny_world([part()], rate=10.0)
    world.run(300.0)
    reads = [world.metrics("api", step=step, difficulty=difficulty)[series] for step in range(600) for series in SERIES]
    return float(np.isnan(reads).mean())


def test_series_are_missing_now_and_then_and_more_often_when_it_is_hard():
    easy, hard = missing_share(0.0), missing_share(1.0)
    assert 0.005 < easy < 0.02
    assert 0.04 < hard < 0.09


def test_a_missing_series_says_nothing_of_the_others():
    """Missing ones are independent: two at once as often as the product says."""
    world = tiny_world([part()], rate=10.0)
    world.run(300.0)
    reads = np.array([world.metrics("api", step=step, difficulty=1.0)[list(SERIES)] for step in range(6000)])
    gone = np.isnan(reads)
    both = (gone[:, 0] & gone[:, 1]).mean()
    assert both == pytest.approx(gone[:, 0].mean() * gone[:, 1].mean(), abs=0.003)


@pytest.mark.parametrize(("difficulty", "spread"), [(0.0, 0.005), (0.5, 0.025), (1.0, 0.045)])
def test_noise_is_unbiased_and_grows_with_difficulty(difficulty, spread):
    reads = watched(difficulty)
    assert np.nanmean(reads) == pytest.approx(10.0, rel=5.0 * spread / math.sqrt(READS))
    assert np.nanstd(reads) == pytest.approx(10.0 * spread, rel=0.1)


def test_the_same_read_of_the_same_step_shows_the_same():
    assert np.array_equal(watched(reads=50), watched(reads=50), equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(step=st.integers(0, 10**6), difficulty=st.floats(0.0, 1.0))
def test_looking_changes_nothing(step, difficulty):
    world = tiny_world([part()], rate=10.0)
    world.metrics("api", step=0, difficulty=difficulty)
    before = world.buffer.tobytes()
    world.metrics("api", step=step, difficulty=difficulty)
    world.detail("api")
    assert world.buffer.tobytes() == before
