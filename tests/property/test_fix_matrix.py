"""No change is a panacea: none alone, seen from the alerted service, is enough in over a quarter of the families."""

import json

import pytest

from simcore.api import scenario_names
from simcore.fitting.fixes import PLACES, PLAIN, all_fixes, in_words
from simcore.fitting.matrix import FixMatrix, FixRow, fix_matrix
from simcore.policies.reflex.policy import Fix

SEEDS = range(3)


@pytest.fixture(scope="module")
def matrix() -> FixMatrix:
    return fix_matrix(scenario_names(), SEEDS, all_fixes())


def test_no_single_fix_mitigates_most_of_more_than_a_quarter_of_the_families(matrix):
    assert matrix.most <= len(matrix.episodes) / 4, [(in_words(row.fix), row.won) for row in matrix.rows[:3]]


def test_every_fix_is_tried_on_every_family_and_some_help_sometimes(matrix):
    assert {row.fix for row in matrix.rows} == set(all_fixes())
    assert len(all_fixes()) > len(PLAIN) * len(PLACES)
    assert all(set(row.shares) == set(scenario_names()) for row in matrix.rows)
    helped = {family for row in matrix.rows for family, share in row.shares.items() if share > 0}
    assert len(helped) > 30


def test_a_family_is_won_by_more_than_half():
    fix = Fix(do="restart_service", at="alerted")
    assert FixRow(fix, {"a": 0.5, "b": 0.51, "c": 1.0}).won == ["b", "c"]


def test_the_matrix_is_json(matrix):
    told = json.loads(json.dumps(matrix.to_json()))
    assert (told["most"], told["allowed"]) == (matrix.most, 9)
    assert len(told["fixes"]) == len(all_fixes())
