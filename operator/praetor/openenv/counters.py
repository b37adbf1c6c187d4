"""What happened, counted in plain numbers: a step must not pay for Prometheus."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from praetor.openenv.sessions import Sessions


@dataclass(slots=True)
class Counters:
    opened: int = 0
    closed: int = 0
    evicted: int = 0
    refused: int = 0
    resets: int = 0
    steps: int = 0
    batch_steps: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def error(self, code: str) -> None:
        self.errors[code] = self.errors.get(code, 0) + 1


class SessionCollector(Collector):
    """Told to Prometheus when it asks."""

    def __init__(self, sessions: "Sessions") -> None:
        self._sessions = sessions

    def collect(self) -> Iterable[Metric]:
        sessions, counted = self._sessions, self._sessions.counters
        yield GaugeMetricFamily("praetor_openenv_sessions", "Sessions that are open.", len(sessions))
        yield GaugeMetricFamily("praetor_openenv_sessions_most", "Places.", sessions.limits.most_sessions)
        yield GaugeMetricFamily("praetor_openenv_waiting", "Clients that wait for a place.", sessions.waiting)
        for name, text, number in (
            ("sessions_opened", "Sessions opened.", counted.opened),
            ("sessions_closed", "Sessions closed.", counted.closed),
            ("sessions_evicted", "Idle sessions without a connection that made room.", counted.evicted),
            ("sessions_refused", "Clients that found no place.", counted.refused),
            ("resets", "Episodes begun.", counted.resets),
            ("steps", "Steps answered.", counted.steps),
            ("batch_steps", "Environment steps in batches.", counted.batch_steps),
        ):
            yield CounterMetricFamily(f"praetor_openenv_{name}", text, number)
        errors = CounterMetricFamily("praetor_openenv_errors", "Error replies over WebSockets.", labels=("code",))
        for code, number in counted.errors.items():
            errors.add_metric((code,), number)
        yield errors
