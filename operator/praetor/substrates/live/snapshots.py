"""A real system at one moment, as grading sees it."""

from collections.abc import Sequence

from praetor.resources.ops import ServiceMetrics
from praetor.substrates.live.samples import Objectives, Samples
from simcore.observation import ServiceRow
from simcore.results import ServiceSnapshot, SloSnapshot, Snapshot


def snapshot_of(now: float, rows: Sequence[ServiceRow], samples: Samples, objectives: Objectives) -> Snapshot:
    """Numbers that nobody gives are 0."""
    return Snapshot(
        sim_seconds=now,
        services=tuple(service_snapshot(row, _newest(samples, row.name)) for row in rows),
        slos=request_slos(rows[0].name, _newest(samples, rows[0].name), objectives),
        user_minutes_lost=samples.user_minutes_lost,
    )


def _newest(samples: Samples, service: str) -> ServiceMetrics | None:
    sample = samples.newest(service)
    return sample.metrics if sample else None


def service_snapshot(row: ServiceRow, metrics: ServiceMetrics | None) -> ServiceSnapshot:
    def known(name: str) -> float:
        return (getattr(metrics, name) or 0.0) if metrics else 0.0

    return ServiceSnapshot(
        name=row.name,
        health=row.health,
        replicas_ready=row.replicas_ready,
        replicas_desired=row.replicas_desired,
        version=row.version,
        error_ratio=known("error_rate_percent") / 100.0,
        latency_p99_ms=known("request_latency_p99_ms"),
        memory_mb=known("memory_mb"),
        memory_limit_mb=known("memory_limit_mb"),
        requests_per_second=known("requests_per_second"),
    )


def request_slos(entry: str, metrics: ServiceMetrics | None, objectives: Objectives) -> tuple[SloSnapshot, ...]:
    available = 1.0 - ((metrics.error_rate_percent or 0.0) / 100.0 if metrics else 0.0)
    p99 = (metrics.request_latency_p99_ms or 0.0) if metrics else 0.0
    return (
        SloSnapshot(entry, "availability", objectives.availability, available, available >= objectives.availability),
        SloSnapshot(entry, "latency_p99_ms", objectives.latency_p99_ms, p99, p99 <= objectives.latency_p99_ms),
    )
