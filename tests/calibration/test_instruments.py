"""The reading of Nezha's data and of simulated latencies; needs no measurements."""

import math

import numpy as np
import pytest

from simcore.kernel import layout as at
from tests.calibration.boutique import BOUTIQUE, THINK_S
from tests.calibration.instruments import histogram_quantile, median_reading, sampled_ms
from tests.calibration.loaded_boutique import LoadedBoutique
from tests.calibration.nezha import Fault, read_day
from tests.calibration.quartiles import quartiles
from tests.calibration.seen import ENTRY, ERRORS, P50, P99, RATE, call_of


def test_quantiles_are_interpolated_within_istios_buckets():
    """The floor of all p99s in Nezha's data is 4.96 ms, and half a second to one reads 750."""
    assert histogram_quantile(0.99, np.full(200, 3.0)) == pytest.approx(4.96)
    assert histogram_quantile(0.5, np.full(200, 600.0)) == pytest.approx(750.0)
    assert math.isnan(histogram_quantile(0.5, np.array([])))


def test_what_is_read_without_a_fault_is_what_the_world_at_rest_does():
    rng, services = np.random.default_rng(2), LoadedBoutique().services
    reading = median_reading(rng, [services] * 50)
    assert reading["frontend"][RATE] == pytest.approx(BOUTIQUE.nominal_rps)
    assert reading[ENTRY][ERRORS] == 0.0
    assert reading[call_of("frontend", "adservice")][P50] > 0.0


def test_users_who_wait_longer_ask_less_often():
    """Users / (think time + latency), whatever slows them down."""
    boutique = LoadedBoutique()
    entry = boutique.services[BOUTIQUE.entry]
    users = entry[at.OFFERED] * (THINK_S + entry[at.MEAN_MS] / 1000.0)
    boutique.befall("cartservice", lambda row: row.__setitem__(at.NET_DELAY_MS, 2000.0))
    boutique.run(120.0)
    entry = boutique.services[BOUTIQUE.entry]
    assert entry[at.OFFERED] == pytest.approx(users / (THINK_S + entry[at.MEAN_MS] / 1000.0), rel=0.01)


def test_samples_have_the_mean_and_the_count_of_the_kernels_distribution():
    rng = np.random.default_rng(1)
    samples = [sampled_ms(rng, 200.0, 50.0, 400.0) for _ in range(20)]
    assert np.mean(np.concatenate(samples)) == pytest.approx(50.0, rel=0.01)
    assert np.mean([len(sample) for sample in samples]) == pytest.approx(3000.0, rel=0.02)


def test_quartiles_leave_out_what_is_missing():
    found = quartiles([1.0, math.nan, 2.0, 3.0])
    assert (found.count, found.low, found.median, found.high) == (3, 1.5, 2.0, 2.5)
    assert found.contain(2.5)
    assert not found.contain(2.6)


def written_day(folder, minutes=600, fault_minute=400):
    """A day in Nezha's format in which one pod's rate falls to half for the three minutes of its fault."""
    metrics = folder / "faulty"
    metrics.mkdir(parents=True)
    clock = [f"2022-08-22 {4 + m // 60:02d}:{m % 60:02d}:00.5 +0000 UTC m=+1" for m in range(minutes)]
    hit = [fault_minute < m <= fault_minute + 3 for m in range(minutes)]
    pods = ["Time,CpuUsageRate(%),PodWorkload(Ops),PodServerLatencyP99(s)"]
    pods += [f"{when},5,{4 if low else 8},{'' if low else 0.01}" for when, low in zip(clock, hit, strict=True)]
    (metrics / "cart-5f-ab_metric.csv").write_text("\n".join(pods))
    entry = ["Time,SuccessRate(%),LatencyP50(s),LatencyP99(s)"]
    entry += [f"{when},{90 if low else 100},0.1,0.5" for when, low in zip(clock, hit, strict=True)]
    (metrics / "front_service.csv").write_text("\n".join(entry))
    (metrics / "source_50.csv").write_text(
        "\n".join(["time,timestamp,front_cart", *(f"{when},1,0.02" for when in clock)])
    )
    when = f"2022-08-22 {4 + fault_minute // 60:02d}:{fault_minute % 60:02d}:10"
    (folder / "day-fault_list.json").write_text(
        f'{{"10": [{{"inject_time": "{when}", "inject_pod": "cart-5f-ab", "inject_type": "return"}}]}}'
    )
    return folder


def test_a_fault_is_seen_against_the_calm_minutes_before_it(tmp_path):
    day = read_day(written_day(tmp_path / "day"))
    assert [(fault.kind, fault.service) for fault in day.faults] == [("return", "cart")]
    [seen] = day.seen
    assert seen.change("cart", RATE) == (8.0, 4.0)
    assert seen.change(ENTRY, ERRORS) == (0.0, 10.0)
    assert seen.before["cart"][P99] == 10.0
    assert math.isnan(seen.during["cart"][P99])
    assert seen.before[call_of("front", "cart")] == {"p50_ms": 20.0}


def test_minutes_around_faults_and_failures_are_not_calm(tmp_path):
    day = read_day(written_day(tmp_path / "day"))
    calm = day.calm(day.places[ENTRY].times)
    assert not calm[400:408].any()
    assert calm[:399].all()
    assert len(day.quiet) > 10
    assert all(quiet.change("cart", RATE) == (8.0, 8.0) for quiet in day.quiet)
    assert isinstance(day.faults[0], Fault)
