"""What looks at all kinds of sites have in common: their figures, and what a run makes of its first look."""

from praetor.resources.ops import ServiceMetrics
from simcore.classifier.classify import UNKNOWN, Classification
from simcore.classifier.look import Figures

READ_LINES = 400
"""Of a log, for a look."""


def figures_of(metrics: ServiceMetrics | None) -> Figures:
    """None is a service that tells none."""
    if metrics is None:
        return Figures()
    return Figures(
        cpu_percent=metrics.cpu_percent,
        memory_mb=metrics.memory_mb,
        memory_limit_mb=metrics.memory_limit_mb,
        error_rate_percent=metrics.error_rate_percent,
        latency_p99_ms=metrics.request_latency_p99_ms,
        active_connections=metrics.active_connections,
        connection_limit=metrics.connection_limit,
        requests_per_second=metrics.requests_per_second,
    )


def family_of(family: str, found: Classification) -> str:
    """What the alert's words say, else what the first look shows."""
    return found.family if family == UNKNOWN and found.is_fault else family
