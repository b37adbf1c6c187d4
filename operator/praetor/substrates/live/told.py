"""What was measured of a real system, as policies read it."""

from praetor.substrates.live.samples import Sample
from simcore.observation import Metrics

NO_LIMIT = "0"
"""Of memory, where there is none or nobody tells: as Kubernetes writes it."""


def metrics_of(service: str, new: Sample, old: Sample, now: float, ready_before: float | None) -> Metrics:
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
