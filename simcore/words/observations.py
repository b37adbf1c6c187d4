"""What each kind of payload says."""

from simcore.words.template import Each, Maybe, Template

ALERT: Template = ("ALERT ({severity}) {title}\n{description}",)

SERVICES: Template = (
    "services (name, health, ready/desired, version, restarts, runtime)",
    Each(
        "services",
        (
            "\n{name:<22}{health:<12}{replicas_ready}/{replicas_desired:<4}{version:<10}",
            Maybe("runtime", "{restarts:<3} {runtime}", "{restarts}"),
        ),
    ),
)

DETAIL: Template = (
    "{name}",
    Maybe("runtime", " ({runtime})"),
    ": {health}, version {version}, {replicas_ready}/{replicas_desired} ready, {restarts} restarts\n"
    "limits: memory {memory_limit}, cpu {cpu_limit}\n"
    "calls: ",
    Each("depends_on", ("{it}",), ", ", "nobody"),
    "; called by: ",
    Each("called_by", ("{it}",), ", ", "users"),
    "\nrollouts: ",
    Each("rollouts", ("{version} {seconds_ago:ago}",), "; "),
    "\nconfig: ",
    Each("config", ("{0}={1}",), ", "),
    Each("config_changes", ("\nchanged: {key} from {old} to {new} {seconds_ago:ago}",)),
    Maybe("canary_version", "\ncanary: {canary_version} takes {canary_percent:data%} of the requests"),
    Maybe("unhealthy_seconds", "\ntrouble began {unhealthy_seconds:ago}"),
    Maybe("oldest_pod_seconds", "\noldest pod started {oldest_pod_seconds:ago}"),
    Maybe(
        "last_termination",
        "\nlast termination: {last_termination.reason} (exit {last_termination.exit_code}) "
        "{last_termination.seconds_ago:ago}",
    ),
    Each("events", ("\nevent: {it}",)),
)

LOGS: Template = (
    "logs of {service} ({lines:count} lines, newest last)",
    Each("lines", ("\n-{seconds_ago:.0f}s [{severity}] {service} - {message}",)),
)

METRICS: Template = (
    "metrics of {service} ({age_seconds:.0f} s old, before = {window_seconds:.0f} s earlier)\n"
    "cpu {cpu_percent:data%} (before {cpu_percent_before:data%}), throttled {cpu_throttled_percent:data%}\n"
    "memory {memory_mb:data Mi} of {memory_limit_mb:data Mi} (before {memory_mb_before:data Mi})\n"
    "latency p50 {latency_p50_ms:data ms}, p99 {latency_p99_ms:data ms} (before {latency_p99_ms_before:data ms})\n"
    "errors {error_rate_percent:data%} (before {error_rate_percent_before:data%})\n"
    "connections {active_connections:data}",
    Maybe("connection_limit", " of {connection_limit:.0f}"),
    " (before {active_connections_before:data})\n"
    "requests {requests_per_second:data /s} (before {requests_per_second_before:data /s}); "
    "pods ready before {replicas_ready_before:data}\n"
    "threads busy {threads_busy_percent:data%}, disk used {disk_used_percent:data%}",
    Maybe("cache_hit_percent", "\ncache hits {cache_hit_percent:data%}"),
    Maybe("consumer_lag", "\nconsumer lag {consumer_lag:data}"),
    Maybe("replica_lag_seconds", "\nreplica lag {replica_lag_seconds:data s}"),
)

DIAGNOSTIC: Template = (
    "{command} on {service}",
    Each("checks", ("\n{ok:FAIL|ok  } {name}: {detail}",)),
)

RECEIPT: Template = ("accepted: {message}; look again for the effect",)

DECLARATION: Template = ("{message}",)
