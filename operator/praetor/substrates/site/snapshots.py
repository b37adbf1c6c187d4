"""A site at one moment, as grading sees it."""

from praetor.resources.ops import ServiceFacts, ServiceMetrics, SiteHealth
from praetor.substrates.site.samples import Objectives, Samples
from praetor.substrates.site.told import service_list
from simcore.observation import ServiceRow
from simcore.results import ServiceSnapshot, SloSnapshot, Snapshot


def snapshot_of(
    now: float, health: SiteHealth, facts: dict[str, ServiceFacts], samples: Samples, objectives: Objectives
) -> Snapshot:
    """Numbers that a site does not give are 0."""
    rows = service_list(health, facts).services
    return Snapshot(
        sim_seconds=now,
        services=tuple(_service(row, _newest(samples, row.name)) for row in rows),
        slos=_slos(rows[0].name, _newest(samples, rows[0].name), objectives),
        user_minutes_lost=samples.user_minutes_lost,
    )


def _newest(samples: Samples, service: str) -> ServiceMetrics | None:
    sample = samples.newest(service)
    return sample.metrics if sample else None


def _service(row: ServiceRow, metrics: ServiceMetrics | None) -> ServiceSnapshot:
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


def _slos(entry: str, metrics: ServiceMetrics | None, objectives: Objectives) -> tuple[SloSnapshot, ...]:
    available = 1.0 - ((metrics.error_rate_percent or 0.0) / 100.0 if metrics else 0.0)
    p99 = (metrics.request_latency_p99_ms or 0.0) if metrics else 0.0
    return (
        SloSnapshot(entry, "availability", objectives.availability, available, available >= objectives.availability),
        SloSnapshot(entry, "latency_p99_ms", objectives.latency_p99_ms, p99, p99 <= objectives.latency_p99_ms),
    )
