"""Cascades through the simulated PetShop beside the real ones."""

import pytest

from tests.calibration.cascades import rows
from tests.calibration.data import PETSHOP, needs
from tests.calibration.petshop import read_petshop
from tests.calibration.rows import Row

pytestmark = needs(PETSHOP)
JUDGED = [
    ("latency cascade", "entry: mean, x"),
    ("latency cascade", "passed on, all hops"),
    ("latency cascade", "passed on, payforadoption > PetSite"),
    ("latency cascade", "passed on, root to entry"),
    ("availability cascade", "entry: errors, points added"),
    ("availability cascade", "entry: errors, points added, errors on a share of calls"),
    ("availability cascade", "passed on, all hops"),
    ("availability cascade", "passed on, root to entry"),
]


@pytest.fixture(scope="module")
def judged() -> dict[tuple[str, str], Row]:
    return {(row.kind, row.title): row for row in rows(read_petshop(PETSHOP)) if row.judged}


@pytest.mark.parametrize(("kind", "title"), JUDGED)
def test_the_median_lies_between_the_quartiles_of_the_real_issues(judged, kind, title):
    row = judged[kind, title]
    assert row.is_between, f"real {row.real}, simulated {row.simulated}"


def test_all_that_has_seven_real_issues_is_judged(judged):
    assert set(judged) == set(JUDGED)
