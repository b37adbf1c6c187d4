"""Counts merge in any order and grouping, and what follows from them is a number in its range."""

from functools import reduce
from operator import add

from hypothesis import given
from hypothesis import strategies as st

from simcore.evaluation.counts import Counts, wilson_interval
from simcore.evaluation.rows import Cell, rows_of
from simcore.results import CauseName, RewardBreakdown, Verdict

finite = st.floats(-1e6, 1e6, allow_nan=False)
causes = st.sampled_from([None, (), (CauseName("api", "heap_oom", "memory"),)])
verdicts = st.builds(
    Verdict,
    resolved=st.booleans(),
    mitigated=st.booleans(),
    diagnosed=st.sampled_from([None, False, True]),
    declared=causes,
    truth=causes,
    steps=st.integers(0, 200),
    score=st.floats(0, 1),
    breakdown=st.builds(RewardBreakdown, r_diagnostic=st.none() | finite, r_penalty=finite),
    user_minutes_lost=st.floats(0, 1e9),
    sim_seconds=finite,
    notes=st.sampled_from([(), ("self-healing",), ("other",)]),
)
episodes = st.builds(Counts.of, verdicts)
counts = st.lists(episodes, max_size=5).map(lambda many: sum(many, Counts()))


@given(counts, counts, counts)
def test_merging_is_associative_and_commutative_with_a_zero(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Counts() == a


@given(st.lists(episodes, max_size=12), st.randoms(use_true_random=False))
def test_shards_merge_to_the_same_whatever_their_order(many, random):
    shuffled = random.sample(many, len(many))
    assert reduce(add, shuffled, Counts()) == sum(many, Counts())


@given(st.lists(counts, min_size=1, max_size=4))
def test_rows_hold_finite_numbers_or_none(many):
    table = {Cell("random" if number == 0 else f"p{number}", "f"): count for number, count in enumerate(many)}
    for row in rows_of(table, "train", 0.5):
        numbers = [value for value in row.to_json().values() if isinstance(value, float)]
        assert all(value == value and abs(value) != float("inf") for value in numbers)
        assert 0 <= row.ci_low <= (row.success_rate or 0.0) or row.success_rate is None
        assert row.mitigated_not_self_healing <= row.episodes_not_self_healing <= row.episodes


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate_and_mirrors(tried):
    successes, trials = tried
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    mirrored_low, mirrored_high = wilson_interval(trials - successes, trials)
    assert abs(low - (1 - mirrored_high)) < 1e-12
    assert abs(high - (1 - mirrored_low)) < 1e-12
