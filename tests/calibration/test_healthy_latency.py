"""The shape of a healthy entry's latency beside the measured one of Online Boutique."""

import pytest

from simcore.kernel import layout as at
from simcore.kernel.queueing import median, percentile_99
from simcore.kernel.sections import sections
from simcore.topologies.generate import generated
from simcore.topologies.names import TRAIN
from simcore.topologies.rest import world_at_rest
from simcore.topologies.shop import SHOP
from simcore.topologies.topology import Topology
from tests.calibration.data import NEZHA, needs
from tests.calibration.faults import without_fault
from tests.calibration.nezha import Day, read_day
from tests.calibration.quartiles import middle
from tests.calibration.seen import ENTRY, P50, P99

pytestmark = needs(NEZHA)
TRAINING = 28  # topologies that episodes for training are drawn from, beside the shop


def measured_ratio(day: Day) -> float:
    """p99 / p50 of the entry: the median over all calm minutes."""
    entry = day.places[ENTRY]
    calm = day.calm(entry.times)
    return middle((entry.metrics[P99][calm] / entry.metrics[P50][calm]).tolist())


def ratio_at_rest(topology: Topology) -> float:
    row = sections(world_at_rest(topology), topology.graph).services[topology.entry]
    return percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]) / median(row[at.MEAN_MS], row[at.VAR_MS2])


def test_the_tail_of_a_healthy_entry_is_within_a_factor_of_two_of_the_measured_one():
    theirs = measured_ratio(read_day(NEZHA))
    ours = middle([ratio_at_rest(SHOP), *(ratio_at_rest(generated(TRAIN, number)) for number in range(TRAINING))])
    assert theirs / 2 <= ours <= 2 * theirs, f"p99/p50: measured {theirs:.1f}, simulated {ours:.1f}"


def test_so_is_that_of_the_simulated_online_boutique():
    theirs, entry = measured_ratio(read_day(NEZHA)), without_fault()[ENTRY]
    assert entry[P99] / entry[P50] == pytest.approx(theirs, rel=1.0)
    assert entry[P50] == pytest.approx(read_day(NEZHA).calm_day[ENTRY][P50], rel=0.5)
