"""Counts of episodes, the interval of a share, and the rows that follow."""

from dataclasses import replace

import pytest

from simcore.evaluation.counts import Z_95, Counts, share, wilson_interval
from simcore.evaluation.rows import Cell, rows_of
from simcore.results import CauseName, RewardBreakdown, Verdict

TRUTH = (CauseName("order-service", "heap_oom", "memory"),)
FIXED = Verdict(
    resolved=True,
    mitigated=True,
    diagnosed=True,
    declared=TRUTH,
    truth=TRUTH,
    steps=8,
    score=0.79,
    breakdown=RewardBreakdown(0.1, 0.1, 0.45, 0.04, 0.1, -0.02),
    user_minutes_lost=12.5,
    sim_seconds=900.0,
)
GUESSED = replace(FIXED, resolved=False, diagnosed=False)
LOST = replace(GUESSED, mitigated=False)


def test_an_episode_is_counted_by_what_its_verdict_says():
    assert Counts.of(FIXED) == Counts(
        episodes=1,
        resolved=1,
        mitigated=1,
        diagnosed=1,
        mitigated_diagnosed=1,
        episodes_not_self_healing=1,
        mitigated_not_self_healing=1,
        steps=8,
        reward_millionths=770_000,
        user_minutes_lost_millionths=12_500_000,
    )


@pytest.mark.parametrize("changes", [{"notes": ("self-healing",)}, {"truth": ()}])
def test_what_would_have_healed_or_was_never_broken_is_no_credit(changes):
    counts = Counts.of(replace(FIXED, **changes))
    assert (counts.episodes_not_self_healing, counts.mitigated_not_self_healing) == (0, 0)
    assert counts.mitigated == 1


def test_an_unknown_truth_is_neither_right_nor_wrong():
    counts = Counts.of(replace(FIXED, resolved=False, diagnosed=None, truth=None))
    assert (counts.diagnosed, counts.misdiagnosed, counts.episodes_not_self_healing) == (0, 0, 1)


def row_of(*verdicts: Verdict, **floor: Counts):
    counts = {Cell("playbook", "oom_crash"): sum(map(Counts.of, verdicts), Counts())}
    counts |= {Cell(policy, "oom_crash"): counted for policy, counted in floor.items()}
    return rows_of(counts, "test", 0.5)[0]


def test_a_row_has_counts_rates_means_and_the_conditional_rates():
    row = row_of(FIXED, GUESSED, GUESSED, LOST)
    assert (row.episodes, row.resolved, row.mitigated, row.diagnosed) == (4, 1, 3, 1)
    assert (row.success_rate, row.p_fixed_diag_right, row.p_fixed_diag_wrong) == (0.25, 1.0, 2 / 3)
    assert (row.mean_reward, row.mean_steps, row.mean_user_minutes_lost) == (0.77, 8.0, 12.5)
    assert (row.ci_low, row.ci_high) == wilson_interval(1, 4)


def test_the_floor_is_the_best_of_those_that_diagnose_nothing_in_the_same_family():
    assert row_of(FIXED).floor is None
    assert row_of(FIXED, random=Counts(episodes=50, resolved=2)).floor == 0.04
    floors = {"random": Counts(episodes=50, resolved=2), "reflex": Counts(episodes=50, resolved=9)}
    assert row_of(FIXED, **floors, oracle=Counts(episodes=50, resolved=50)).floor == 0.18


def test_that_four_episodes_are_all_resolved_is_drawn_without_replacement():
    assert row_of(FIXED, FIXED, FIXED, FIXED, LOST).pass_hat_4 == 1 / 5
    assert row_of(FIXED, FIXED, FIXED, LOST, LOST).pass_hat_4 == 0.0
    assert row_of(FIXED).pass_hat_4 is None


def test_a_row_of_nothing_has_no_nan():
    row = row_of()
    assert (row.success_rate, row.mean_reward, row.p_fixed_diag_right) == (None, None, None)
    assert (row.ci_low, row.ci_high) == (0.0, 1.0)


def test_a_row_keeps_the_names_that_scripts_rely_on():
    promised = (
        "policy family split difficulty episodes resolved mitigated diagnosed success_rate ci_low ci_high "
        "p_fixed_diag_right p_fixed_diag_wrong mean_reward mean_steps mean_user_minutes_lost floor"
    )
    assert list(row_of(FIXED).to_json())[:17] == promised.split()


def test_a_share_of_nothing_is_none():
    assert (share(0, 0), share(0, 3), share(3, 3)) == (None, 0.0, 1.0)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_wilson_interval_is_the_published_one(successes, trials, low, high):
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(3, 7), (190, 200), (1, 10)])
def test_at_the_ends_of_the_interval_the_score_test_just_holds(successes, trials):
    for end in wilson_interval(successes, trials):
        assert abs(successes / trials - end) == pytest.approx(Z_95 * (end * (1 - end) / trials) ** 0.5)
