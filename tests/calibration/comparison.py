"""Real and simulated faults side by side."""

import math
from collections.abc import Iterator

from tests.calibration.boutique import callers
from tests.calibration.faults import simulated
from tests.calibration.nezha import KINDS, Day
from tests.calibration.noise import share_below
from tests.calibration.quartiles import middle, quartiles
from tests.calibration.rows import ENOUGH, Row
from tests.calibration.seen import CPU, ENTRY, ERRORS, P50, P99, RATE, Effect, added, call_of, level, ratio


def _itself(service: str) -> tuple[str, ...]:
    return (service,)


def _entry(service: str) -> tuple[str, ...]:
    return (ENTRY,)


def _calls(service: str) -> tuple[str, ...]:
    return tuple(call_of(caller, service) for caller in callers(service))


CPU_RATIO = Effect("pod: CPU, x", _itself, CPU, ratio)
CPU_LEVEL = Effect("pod: CPU, % of its limit", _itself, CPU, level)
CALLER_CPU = Effect("callers: CPU, x", callers, CPU, ratio)
JUDGED = (
    CPU_LEVEL,
    CPU_RATIO,
    Effect("pod: p99, x", _itself, P99, ratio),
    CALLER_CPU,
    Effect("callers: p99, x", callers, P99, ratio),
    Effect("entry: errors, points added", _entry, ERRORS, added),
)
NOISY = (CPU_RATIO, CALLER_CPU)
"""Where nothing burns CPU, its instrument errs by more than it falls: `tests.calibration.noise` says by how much."""
BESIDE = (
    Effect("pod: requests, x", _itself, RATE, ratio),
    Effect("calls of it: median, x", _calls, P50, ratio),
    Effect("entry: median, x", _entry, P50, ratio),
    Effect("entry: p99, x", _entry, P99, ratio),
    Effect("entry: requests, x", lambda _: ("frontend",), RATE, ratio),
)
"""Shown, not judged: quantiles of the entry flip between two buckets, requests follow from what is judged."""


def rows(day: Day) -> Iterator[Row]:
    for kind in KINDS:
        for effect in (*JUDGED, *BESIDE):
            yield _row(day, kind, effect)


def _row(day: Day, kind: str, effect: Effect) -> Row:
    """Each fault counts once on both sides: a simulated one with the median of its draws."""
    faults = [seen for seen in day.seen if seen.kind == kind]
    real = quartiles(effect.of(seen) for seen in faults)
    values = [middle(effect.of(seen) for seen in simulated(kind, fault.service)) for fault in faults]
    found = quartiles(values)
    judged = effect in JUDGED and real.count >= ENOUGH
    noise = math.nan
    if judged and effect in NOISY and not real.contain(found.median):
        services = [fault.service for fault in faults]
        noise = share_below(day, effect, list(zip(services, values, strict=True)), real.median)
    return Row(KINDS[kind], effect.title, real, found, judged, noise)
