"""What a site says as the payloads that policies read. What it does not say is missing, never made up."""

from praetor.resources.ops import ServiceFacts, ServiceMetrics, SiteHealth
from praetor.substrates.site.samples import Sample
from simcore.observation import Deploy, Metrics, ServiceDetail, ServiceList, ServiceRow

_UNKNOWN = "unknown"
_LONG_AGO_S = 1e7
"""Of versions that a rollback may name and whose time a site does not tell."""


def service_list(health: SiteHealth, facts: dict[str, ServiceFacts]) -> ServiceList:
    return ServiceList(tuple(_row(state.name, state.health, facts.get(state.name)) for state in health.services))


def _row(name: str, health: str, facts: ServiceFacts | None) -> ServiceRow:
    wanted = facts.replicas if facts and facts.replicas is not None else 1
    ready = 0 if health in ("crashed", "restarting") else wanted
    return ServiceRow(name, health, ready, wanted, (facts.version if facts else None) or _UNKNOWN, 0)


def service_detail(
    row: ServiceRow, facts: dict[str, ServiceFacts], metrics: ServiceMetrics, unhealthy_seconds: float | None
) -> ServiceDetail:
    known = facts.get(row.name)
    versions = [version for version in (known.versions if known else []) if version != row.version]
    return ServiceDetail(
        name=row.name,
        health=row.health,
        version=row.version,
        replicas_ready=row.replicas_ready,
        replicas_desired=row.replicas_desired,
        restarts=row.restarts,
        memory_limit=_UNKNOWN if metrics.memory_limit_mb is None else f"{metrics.memory_limit_mb:.0f}Mi",
        cpu_limit=_UNKNOWN,
        depends_on=tuple(known.calls) if known else (),
        called_by=tuple(name for name, other in facts.items() if row.name in other.calls),
        rollouts=tuple(Deploy(version, _LONG_AGO_S) for version in versions),
        config=(),
        last_termination=None,
        events=(),
        unhealthy_seconds=unhealthy_seconds,
    )


def metrics(service: str, new: Sample, old: Sample, now: float, ready_before: float | None) -> Metrics:
    """`old` is the sample from a window before `new`; of a site that has just been connected it is `new` itself."""
    this, that = new.metrics, old.metrics
    return Metrics(
        service=service,
        age_seconds=now - new.at,
        window_seconds=new.at - old.at,
        cpu_percent=this.cpu_percent,
        memory_mb=this.memory_mb,
        memory_limit_mb=this.memory_limit_mb,
        latency_p50_ms=None,
        latency_p99_ms=this.request_latency_p99_ms,
        error_rate_percent=this.error_rate_percent,
        active_connections=this.active_connections,
        connection_limit=this.connection_limit,
        requests_per_second=this.requests_per_second,
        memory_mb_before=that.memory_mb,
        latency_p99_ms_before=that.request_latency_p99_ms,
        error_rate_percent_before=that.error_rate_percent,
        active_connections_before=that.active_connections,
        replicas_ready_before=ready_before,
        cpu_percent_before=that.cpu_percent,
        requests_per_second_before=that.requests_per_second,
    )
