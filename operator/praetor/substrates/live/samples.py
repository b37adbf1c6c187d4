"""What was measured on a site so far: what metrics were a while ago, and what users have lost."""

from collections import deque
from typing import NamedTuple

from praetor.resources.ops import ServiceMetrics

_KEPT = 2_000
_REQUESTS_A_MINUTE = 6.0  # that a user makes
_TAIL = 0.01  # the share of requests that is slower than the p99


class Objectives(NamedTuple):
    """What users were promised, at the site's first service."""

    availability: float = 0.99
    latency_p99_ms: float = 500.0


class Sample(NamedTuple):
    """`at`: seconds since the episode began. `serves`: whether anybody was there who could answer."""

    at: float
    metrics: ServiceMetrics
    serves: bool = True


class Samples:
    """By service, oldest first. What a site cannot measure counts as kept."""

    def __init__(self, entry: str, objectives: Objectives) -> None:
        self._entry, self._objectives = entry, objectives
        self._of: dict[str, deque[Sample]] = {}
        self.user_minutes_lost = 0.0

    def add(self, service: str, at: float, metrics: ServiceMetrics, serves: bool = True) -> None:
        known = self._of.setdefault(service, deque(maxlen=_KEPT))
        if service == self._entry and known:
            self.user_minutes_lost += self._lost_requests(metrics) * (at - known[-1].at) / _REQUESTS_A_MINUTE
        known.append(Sample(at, metrics, serves))

    def newest(self, service: str) -> Sample | None:
        known = self._of.get(service)
        return known[-1] if known else None

    def before(self, service: str, at: float) -> Sample | None:
        """The newest that is not younger than `at`, else the oldest there is."""
        known = self._of.get(service) or ()
        old = [sample for sample in known if sample.at <= at]
        return old[-1] if old else next(iter(known), None)

    def kept_since(self, at: float) -> bool:
        """Whether the objectives held from then on: errors on average, the p99 in at least half of the samples."""
        seen = [sample for sample in self._of.get(self._entry, ()) if sample.at >= at]
        metrics = [sample.metrics for sample in seen]
        return bool(seen) and self._serving(seen) and self._available(metrics) and self._fast(metrics)

    def kept_from(self, earliest: float, now: float) -> float:
        """Since when the objectives have held, as far back as `earliest`; `now` if they do not."""
        times = [sample.at for sample in self._of.get(self._entry, ()) if sample.at >= earliest]
        return next((at for at in times if self.kept_since(at)), now)

    def availability(self) -> float:
        newest = self.newest(self._entry)
        return 1.0 if newest is None else 1.0 - _share(newest.metrics)

    def _serving(self, seen: list[Sample]) -> bool:
        """Where nobody answers no request fails, and no user is served either."""
        away = sum(not sample.serves for sample in seen)
        return away / len(seen) <= 1.0 - self._objectives.availability + 1e-9

    def _available(self, seen: list[ServiceMetrics]) -> bool:
        requests = sum(metrics.requests_per_second or 0.0 for metrics in seen)
        failed = sum((metrics.requests_per_second or 0.0) * _share(metrics) for metrics in seen)
        mean = failed / requests if requests > 0 else max(map(_share, seen))
        return mean <= 1.0 - self._objectives.availability + 1e-9

    def _fast(self, seen: list[ServiceMetrics]) -> bool:
        return 2 * sum(self._is_slow(metrics) for metrics in seen) <= len(seen)

    def _is_slow(self, metrics: ServiceMetrics) -> bool:
        return (metrics.request_latency_p99_ms or 0.0) > self._objectives.latency_p99_ms

    def _lost_requests(self, metrics: ServiceMetrics) -> float:
        """Per second. Of latency only the p99 is known: if it is over its objective, at least one in a hundred was."""
        tail = _TAIL if self._is_slow(metrics) else 0.0
        return (metrics.requests_per_second or 0.0) * min(_share(metrics) + tail, 1.0)


def _share(metrics: ServiceMetrics) -> float:
    return (metrics.error_rate_percent or 0.0) / 100.0
