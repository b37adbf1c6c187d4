"""Nezha's instruments, pointed at the simulated Online Boutique.

Latencies are counted in histograms over 15 s, and quantiles interpolated in their buckets: four requests that took 3 ms
have a p99 of 4.96 ms, a thousand that took 600 ms a median of 750 ms. Simulated latencies are read in the same way, so
that both sides of a comparison err alike.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simcore.kernel import layout as at
from simcore.kernel.layout import Floats
from simcore.kernel.queueing import lognormal
from tests.calibration.boutique import BOUTIQUE, PODS, callers
from tests.calibration.quartiles import middle
from tests.calibration.seen import CPU, ENTRY, ERRORS, P50, P99, RATE, Readings, call_of

WINDOW_S = 15.0
BUCKETS_MS = np.array(
    [0.0, 0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000]
)
"""Upper bounds of Istio's `istio_request_duration_milliseconds`."""
_DELAY_SPREAD = 0.25  # variance of the way over its squared mean, as `simcore.kernel.flow.link` has it


def histogram_quantile(share: float, latencies_ms: NDArray[np.float64]) -> float:
    """As Prometheus' function of that name: evenly spread within a bucket; NaN for no requests."""
    if not latencies_ms.size:
        return math.nan
    below = np.searchsorted(np.sort(latencies_ms), BUCKETS_MS, side="right")
    rank = share * latencies_ms.size
    bucket = min(int(np.searchsorted(below, rank)), len(BUCKETS_MS) - 1)
    low, high = BUCKETS_MS[bucket - 1], BUCKETS_MS[bucket]
    return float(low + (high - low) * (rank - below[bucket - 1]) / (below[bucket] - below[bucket - 1]))


def sampled_ms(
    rng: np.random.Generator, requests_per_second: float, mean_ms: float, variance_ms2: float
) -> NDArray[np.float64]:
    """Latencies of the requests of one window, in the kernel's distribution (lognormal)."""
    count = rng.poisson(requests_per_second * WINDOW_S)
    mu, sigma = lognormal(mean_ms, variance_ms2)
    return np.exp(mu + sigma * rng.standard_normal(count))


def median_reading(rng: np.random.Generator, moments: Sequence[Floats]) -> Readings:
    """Medians of what is read over one window at each moment, from the services' rows of then."""
    windows = [_read(rng, services) for services in moments]
    return {
        place: {metric: middle(window[place][metric] for window in windows) for metric in metrics}
        for place, metrics in windows[0].items()
    }


def _read(rng: np.random.Generator, services: Floats) -> Readings:
    """One window of every instrument that Nezha has."""
    found = {ENTRY: _at_entry(rng, services[BOUTIQUE.entry])}
    for name in PODS:
        row = services[BOUTIQUE.index[name]]
        found[name] = _of_pod(rng, row)
        way = row[at.NET_DELAY_MS]
        for caller in callers(name):
            seen = sampled_ms(rng, row[at.OFFERED], row[at.MEAN_MS] + way, row[at.VAR_MS2] + _DELAY_SPREAD * way * way)
            found[call_of(caller, name)] = {P50: histogram_quantile(0.5, seen)}
    return found


def _of_pod(rng: np.random.Generator, row: Floats) -> dict[str, float]:
    latencies = sampled_ms(rng, row[at.OFFERED], row[at.MEAN_MS], row[at.VAR_MS2])
    return {
        CPU: float(row[at.CPU_PERCENT]),
        RATE: float(min(row[at.OFFERED], row[at.CAPACITY])),
        P99: histogram_quantile(0.99, latencies),
    }


def _at_entry(rng: np.random.Generator, row: Floats) -> dict[str, float]:
    latencies = sampled_ms(rng, row[at.OFFERED], row[at.MEAN_MS], row[at.VAR_MS2])
    failed = rng.binomial(latencies.size, min(row[at.FAIL], 1.0)) / max(latencies.size, 1)
    return {
        ERRORS: 100.0 * failed,
        P50: histogram_quantile(0.5, latencies),
        P99: histogram_quantile(0.99, latencies),
    }
