"""Faults of the simulated Online Boutique beside the real ones that Nezha injected."""

import math

import pytest

from tests.calibration.boutique import PODS
from tests.calibration.comparison import CPU_LEVEL, JUDGED, rows
from tests.calibration.data import NEZHA, needs
from tests.calibration.faults import simulated, without_fault
from tests.calibration.nezha import read_day
from tests.calibration.rows import Row
from tests.calibration.seen import CPU, P99, RATE

pytestmark = needs(NEZHA)
ENOUGH_FAULTS = ("CPU contention", "network delay")


@pytest.fixture(scope="module")
def judged() -> dict[tuple[str, str], Row]:
    return {(row.kind, row.title): row for row in rows(read_day(NEZHA)) if row.judged}


@pytest.mark.parametrize("title", [effect.title for effect in JUDGED])
@pytest.mark.parametrize("kind", ENOUGH_FAULTS)
def test_the_median_effect_lies_between_the_quartiles_of_the_real_ones_or_within_their_noise(judged, kind, title):
    row = judged[kind, title]
    assert row.is_between or row.is_noise, f"real {row.real}, simulated {row.simulated}, noise {row.noise}"


def test_noise_excuses_nothing_but_the_cpu_of_pods_that_do_not_burn_it(judged):
    excused = {key for key, row in judged.items() if not math.isnan(row.noise)}
    assert excused <= {
        ("CPU contention", "callers: CPU, x"),
        ("network delay", "callers: CPU, x"),
        ("network delay", "pod: CPU, x"),
    }


def test_every_kind_with_seven_real_faults_is_judged(judged):
    assert {kind for kind, _ in judged} == set(ENOUGH_FAULTS)
    assert len(judged) == len(ENOUGH_FAULTS) * len(JUDGED)


@pytest.mark.parametrize("pod", PODS)
def test_without_a_fault_the_load_of_every_pod_is_the_measured_one(pod):
    real, ours = read_day(NEZHA).calm_day[pod], without_fault()[pod]
    one_reading = 1.0 / 15.0  # of the counts of the rare requests
    assert ours[RATE] == pytest.approx(real[RATE], rel=0.05, abs=one_reading)
    assert ours[CPU] == pytest.approx(real[CPU], rel=0.2)
    assert real[P99] / 5 <= ours[P99] <= 5 * real[P99] or math.isnan(real[P99])


def test_what_burns_beside_a_service_shows_in_the_cpu_of_its_pod():
    """All 26 CPU faults of both days of Nezha stood at 81 to 101 % of the limit, however idle the service was."""
    for fault in read_day(NEZHA).seen:
        if fault.kind == "cpu_contention":
            assert all(CPU_LEVEL.of(seen) >= 80.0 for seen in simulated(fault.kind, fault.service))


def test_as_many_users_see_errors_as_touch_the_broken_operation():
    """Nezha: an order is 3 to 5 % of the requests, a product's page 46 %."""
    for kind, service, share in (("exception", "checkoutservice", 3.6), ("return", "frontend", 46.4)):
        for seen in simulated(kind, service):
            before, during = seen.change("entry", "error_percent")
            assert before == 0.0
            assert during == pytest.approx(share, abs=10.0)
