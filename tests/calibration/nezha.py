"""Nezha: 24 faults that were injected into a real Online Boutique on 22 August 2022, a sample a minute.

What has to be known of the data (IntelligentDDS/Nezha, FSE 2023):
- `normal` and `faulty` hold the same files: one day. What is calm follows from the times of the faults; some faults
  are not listed, so minutes whose entry failed or was slow are not calm either.
- *Before* is the median of the last five calm samples within an hour, *during* that of the three samples of the fault:
  chosen before anything was simulated. A quarter of such windows around calm moments differ by over 12 % in CPU either
  way, and p99 of the entry flips between two buckets.
- `PodSuccessRate(%)` is 0 throughout; the only errors are those of the entry, counted over 15 s, 130 requests.
- Latencies come from Istio's histograms, and are interpolated in buckets (`tests.calibration.instruments`).
- Faults last 3 minutes (section 5.1 of the paper), their times are off by up to 30 s, and backlogs take minutes.
"""

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.calibration.quartiles import middle
from tests.calibration.seen import CPU, ENTRY, ERRORS, P50, P99, RATE, Readings, Seen, call_of

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
KINDS = {
    "cpu_contention": "CPU contention", "cpu_consumed": "CPU consumption", "exception": "exception",
    "network_delay": "network delay", "return": "wrong return",
}  # fmt: skip
_DURING_S = (30.0, 210.0)  # a sample covers the minute before it: at least half of that lies within the fault
_ECHO_S = (-30.0, 420.0)  # around a fault nothing counts as calm
_SLOW_FACTOR = 2.0  # a minute whose median latency at the entry is this many times the day's is not calm
_NEIGHBOUR_S = 90.0
_BEFORE_SAMPLES, _BEFORE_REACH_S = 5, 3600.0
_COLUMNS = {CPU: ("CpuUsageRate(%)", 1.0), RATE: ("PodWorkload(Ops)", 1.0), P99: ("PodServerLatencyP99(s)", 1000.0)}
_ENTRY_COLUMNS = {P50: ("LatencyP50(s)", 1000.0), P99: ("LatencyP99(s)", 1000.0)}
_SUCCESS = "SuccessRate(%)"


@dataclass(frozen=True)
class Series:
    """Samples of one place, in seconds since 1970."""

    times: Floats
    metrics: Mapping[str, Floats]

    def medians(self, chosen: Mask) -> dict[str, float]:
        return {name: middle(values[chosen].tolist()) for name, values in self.metrics.items()}


@dataclass(frozen=True)
class Fault:
    kind: str
    service: str
    time: float


@dataclass(frozen=True)
class Day:
    """A day of measurements. `places` are as `tests.calibration.seen` names them."""

    places: Mapping[str, Series]
    faults: tuple[Fault, ...]

    @cached_property
    def _unwell(self) -> Floats:
        entry = self.places[ENTRY]
        slow = entry.metrics[P50] > _SLOW_FACTOR * np.nanmedian(entry.metrics[P50])
        return entry.times[slow | (entry.metrics[ERRORS] > 0.0)]

    def calm(self, times: Floats) -> Mask:
        clean = np.ones(times.shape, dtype=np.bool_)
        for fault in self.faults:
            clean &= (times < fault.time + _ECHO_S[0]) | (times > fault.time + _ECHO_S[1])
        for moment in self._unwell:
            clean &= np.abs(times - moment) > _NEIGHBOUR_S
        return clean

    @cached_property
    def calm_day(self) -> Readings:
        """Medians of all calm minutes."""
        return {place: series.medians(self.calm(series.times)) for place, series in self.places.items()}

    def look(self, kind: str, service: str, time: float) -> Seen:
        """Before and during what was injected then, or not."""
        before, during = {}, {}
        for place, series in self.places.items():
            after = series.times - time
            last = self.calm(series.times) & (after < _ECHO_S[0]) & (after > -_BEFORE_REACH_S)
            last[np.flatnonzero(last)[:-_BEFORE_SAMPLES]] = False
            before[place] = series.medians(last)
            during[place] = series.medians((after >= _DURING_S[0]) & (after <= _DURING_S[1]))
        return Seen(kind, service, before, during)

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        return tuple(self.look(fault.kind, fault.service, fault.time) for fault in self.faults)

    @cached_property
    def quiet(self) -> tuple[Seen, ...]:
        """What was seen around moments at which nothing was injected: how much such samples err."""
        times = self.places[ENTRY].times
        calm = self.calm(times)
        starts = np.arange(times[0] + _BEFORE_REACH_S, times[-1] - _DURING_S[1], 600.0)
        fit = [s for s in starts if calm[(times >= s - 330.0) & (times <= s + 240.0)].all()]
        return tuple(self.look("none", "", float(start)) for start in fit)


@lru_cache(maxsize=2)
def read_day(folder: Path) -> Day:
    """Raises OSError, KeyError or ValueError for a folder that holds something else."""
    metrics = folder / "faulty"
    places = {_service_of(path.name.removesuffix("_metric.csv")): _series(_rows(path), _COLUMNS) for path in
              sorted(metrics.glob("*_metric.csv"))}  # fmt: skip
    places[ENTRY] = _entry(metrics / "front_service.csv")
    rows = _rows(metrics / "source_50.csv")
    for name in rows[0]:
        if not name.lower().startswith("time"):
            caller, callee = name.split("_")
            places[call_of(caller, callee)] = _series(rows, {P50: (name, 1000.0)})
    return Day(places, _faults(next(folder.glob("*-fault_list.json"))))


def _entry(path: Path) -> Series:
    rows = _rows(path)
    latencies = _series(rows, _ENTRY_COLUMNS)
    errors = 100.0 - np.array([_number(row[_SUCCESS]) for row in rows])
    return Series(latencies.times, {**latencies.metrics, ERRORS: errors})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _series(rows: list[dict[str, str]], columns: Mapping[str, tuple[str, float]]) -> Series:
    clock = "Time" if "Time" in rows[0] else "time"
    times = np.array([_seconds(row[clock]) for row in rows])
    return Series(
        times,
        {name: scale * np.array([_number(row[column]) for row in rows]) for name, (column, scale) in columns.items()},
    )


def _faults(path: Path) -> tuple[Fault, ...]:
    hours = json.loads(path.read_text(encoding="utf-8")).values()
    return tuple(
        Fault(entry["inject_type"], _service_of(entry["inject_pod"]), _seconds(entry["inject_time"]))
        for hour in hours
        for entry in hour
    )


def _seconds(text: str) -> float:
    """`2022-08-22 03:51:19.607158889 +0000 UTC m=+0.113`; the column `TimeStamp` is wrong by years."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp()


def _number(text: str | None) -> float:
    return float(text) if text else math.nan


def _service_of(pod: str) -> str:
    return pod.rsplit("-", 2)[0]
