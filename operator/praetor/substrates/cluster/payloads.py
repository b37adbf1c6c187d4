"""What was seen as the payloads that policies read. What nobody knows is missing, never made up."""

from dataclasses import replace

from praetor.substrates.cluster.health import troubled_seconds
from praetor.substrates.cluster.history import changes_of_template
from praetor.substrates.cluster.settings import CPU_LIMIT, changes_of_maps, values_of
from praetor.substrates.cluster.sightings import Requests, Seen
from praetor.substrates.cluster.templates import limit_of, main_container
from praetor.substrates.cluster.usage import number
from praetor.substrates.cluster.workloads import Workload
from praetor.substrates.live.samples import Sample
from praetor.substrates.live.told import NO_LIMIT, metrics_of
from simcore.observation import ConfigChange, Deploy, LastTermination, Metrics, ServiceDetail, ServiceList, ServiceRow
from simcore.quantity import MEBIBYTE

_MOST_EVENTS, _MOST_CHANGES, _MOST_RELEASES = 8, 8, 8


def service_list(seen: Seen) -> ServiceList:
    return ServiceList(tuple(row_of(seen, name) for name in seen.names))


def row_of(seen: Seen, name: str) -> ServiceRow:
    workload = seen.workloads[name]
    restarts = sum(pod.restarts for pod in workload.pods)
    return ServiceRow(
        name, seen.health(name), workload.ready, workload.desired, workload.version, restarts, seen.runtime(name)
    )


def service_detail(seen: Seen, name: str, unwell_seconds: float | None) -> ServiceDetail:
    """`unwell_seconds` is what the episode itself has seen."""
    workload, row = seen.workloads[name], row_of(seen, name)
    container = main_container(workload.template)
    told = troubled_seconds(workload)
    changes = _changes(seen, workload)
    return ServiceDetail(
        name=name,
        health=row.health,
        version=row.version,
        replicas_ready=row.replicas_ready,
        replicas_desired=row.replicas_desired,
        restarts=row.restarts,
        memory_limit=_memory(limit_of(container, "memory")),
        cpu_limit=limit_of(container, "cpu") or "none",
        depends_on=tuple(seen.calls.get(name, ())),
        called_by=tuple(seen.callers(name)),
        rollouts=_rollouts(seen, workload),
        config=_config(seen, workload),
        last_termination=_last(workload),
        events=tuple(_events(seen, workload)),
        runtime=row.runtime,
        unhealthy_seconds=max((value for value in (told, unwell_seconds) if value is not None), default=None),
        oldest_pod_seconds=max(((seen.now - pod.created).total_seconds() for pod in workload.pods), default=None),
        config_changes=tuple(changes[:_MOST_CHANGES]),
    )


def _memory(limit: str | None) -> str:
    """In the one notation that everybody reads."""
    value = number(limit)
    return NO_LIMIT if value is None else f"{value / MEBIBYTE:.0f}Mi"


def _rollouts(seen: Seen, workload: Workload) -> tuple[Deploy, ...]:
    newest = workload.releases[-_MOST_RELEASES:]
    return tuple(Deploy(one.version, max(0.0, (seen.now - one.since).total_seconds())) for one in newest)


def _config(seen: Seen, workload: Workload) -> tuple[tuple[str, str], ...]:
    values = values_of(seen.settings, workload, seen.config_maps)
    found = [(one.setting.key, one.text) for one in values if one.text is not None]
    if (cpu := limit_of(main_container(workload.template), "cpu")) and CPU_LIMIT not in dict(found):
        found.append((CPU_LIMIT, cpu))
    if workload.autoscaler is not None:
        spec = workload.autoscaler["spec"]
        found += [("hpa.min_replicas", str(spec.get("minReplicas", 1))), ("hpa.max_replicas", str(spec["maxReplicas"]))]
    return tuple(found)


def _changes(seen: Seen, workload: Workload) -> list[ConfigChange]:
    """Newest first."""
    found = changes_of_template(workload, seen.settings, seen.now)
    found += changes_of_maps(seen.settings, workload.name, seen.config_maps, seen.now)
    return sorted(found, key=lambda change: change.seconds_ago)


def _last(workload: Workload) -> LastTermination | None:
    ends = [pod.last for pod in workload.pods if pod.last is not None]
    return min(ends, key=lambda last: last.seconds_ago, default=None)


def _events(seen: Seen, workload: Workload) -> list[str]:
    """The newest warnings and scalings, and what keeps a change from taking effect."""
    found = []
    if workload.spec.get("paused"):
        found.append("paused: its rollouts wait until somebody resumes it (kubectl rollout resume)")
    if workload.is_scaled_away:
        found.append(f"scaled to 0; it used to have {workload.usual_replicas} replicas")
    found += [f"{pod.name}: {pod.trouble}"[:300] for pod in workload.troubled[:3]]
    telling = [one for one in workload.events if one.is_warning or one.reason == "ScalingReplicaSet"]
    return found + [one.text for one in telling[-_MOST_EVENTS:]]


def metrics(seen: Seen, new: Sample, old: Sample, name: str, now: float) -> Metrics:
    """`old` is the sample from a window before `new`, times in seconds of the episode."""
    told = metrics_of(name, new, old, now + seen.usage(name).age_seconds, None)
    return replace(told, cpu_throttled_percent=seen.requests.get(name, Requests()).throttled_percent)
