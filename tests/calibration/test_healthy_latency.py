"""The shape of a healthy service's latency beside one that was measured: Nezha's Online Boutique, 22 August 2022."""

import csv
import statistics
from pathlib import Path

import pytest
from simcore.world.queueing import median, percentile_99

import simcore
from simcore.world import layout as at
from tests.support.playing import FAMILIES

DATA = Path(__file__).parents[3] / "shared" / "data" / "nezha-ob-2022-08-22" / "normal" / "front_service.csv"
FEWEST_HEALTHY = 10


def measured_ratios() -> list[float]:
    """p99 / p50 of the front service, minute by minute; minutes without traffic left out."""
    with DATA.open() as lines:
        pairs = [(float(row["LatencyP50(s)"]), float(row["LatencyP99(s)"])) for row in csv.DictReader(lines)]
    return [slow / middle for middle, slow in pairs if middle > 0]


def simulated_ratios() -> list[float]:
    """p99 / p50 of the entry where nothing is broken (any more)."""
    found = []
    for family in FAMILIES:
        for seed in range(150):
            world = simcore.make(family, seed=seed).world
            if world.incident.kind == "NoFault":
                row = world.state.services[world.incident.topology.entry]
                found.append(percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]) / median(row[at.MEAN_MS], row[at.VAR_MS2]))
    return found


@pytest.mark.skipif(not DATA.exists(), reason="the measurements (Nezha, ../shared/data) are not here")
def test_the_tail_of_a_healthy_entry_is_within_a_factor_of_two_of_the_measured_one():
    measured, simulated = measured_ratios(), simulated_ratios()
    assert len(simulated) >= FEWEST_HEALTHY
    theirs, ours = statistics.median(measured), statistics.median(simulated)
    assert theirs / 2 <= ours <= 2 * theirs, f"p99/p50: measured {theirs:.1f}, simulated {ours:.1f}"
