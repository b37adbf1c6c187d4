"""One look at the services of a namespace, as the classifier takes it. What nobody measures, and what may not be read,
is missing. It is taken at every probe: of a large namespace the services in trouble come first, and not all others."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from praetor.guard.errors import GuardedError
from praetor.guard.redaction import redacted
from praetor.kube.blocking import BlockingKube
from praetor.kube.client import KubeClient
from praetor.substrates.cluster.health import felt_health
from praetor.substrates.cluster.logs import recent_lines
from praetor.substrates.cluster.pods import Pod, was_killed_for_memory
from praetor.substrates.cluster.prometheus import RequestSource
from praetor.substrates.cluster.sightings import Requests, Seen
from praetor.substrates.cluster.templates import annotations_of
from praetor.substrates.cluster.workloads import Workload, declared_replicas
from praetor.substrates.live.first_look import figures_of
from praetor.substrates.live.supposing import supposed
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.classifier.signs import RECENT_S
from simcore.errors import SimcoreError
from simcore.observation import LogLine

MOST_SERVICES = 100
MOST_READ, MOST_MEASURED = 60, 20
"""Pods whose logs are read, and services whose requests are asked for, in one look."""
_PODS_IN_TROUBLE, _PODS_ELSE = 3, 1


def with_requests(seen: Seen, source: RequestSource | None) -> Seen:
    """Prometheus is asked for one service after another; one that fails is not asked again."""
    if source is None:
        return seen
    found: dict[str, Requests] = {}
    with suppress(SimcoreError, GuardedError):
        for one in _by_need(seen)[:MOST_MEASURED]:
            found[one.name] = source.of(one.name, throttling=False)
    return replace(seen, requests={**seen.requests, **found})


def look_at(kube: BlockingKube, namespace: str, seen: Seen, *, reads_logs: bool) -> Look:
    """`reads_logs`: whether we have the right. Raises nothing for what cannot be read."""
    lines = kube.run(lambda client: _lines(client, namespace, seen)) if reads_logs else {}
    return look_of(seen, lines)


def look_of(seen: Seen, lines: Mapping[str, Sequence[LogLine]]) -> Look:
    """`lines` are of logs, by service. Who calls whom is supposed from them where no setting tells."""
    names = seen.names[:MOST_SERVICES]
    told = {name: [*lines.get(name, ()), *said_of_pods(seen.workloads[name])] for name in names}
    calls = {name: seen.calls.get(name, []) for name in names}
    if not any(calls.values()):
        calls = {name: facts.calls for name, facts in supposed(told).items()}
    return Look([_service(seen, name, told[name], calls[name]) for name in names])


def _service(seen: Seen, name: str, lines: Sequence[LogLine], calls: Sequence[str]) -> ServiceLook:
    workload = seen.workloads[name]
    return ServiceLook(
        name=name,
        health=felt_health(workload, seen.requests.get(name, Requests()).failing_share),
        runtime=seen.runtime(name),
        figures=_figures(seen, name),
        lines=lines,
        calls=tuple(calls),
        released_seconds=max(0.0, (seen.now - workload.releases[-1].since).total_seconds()),
        replicas_ready=workload.ready,
        replicas_desired=workload.desired,
        replicas_usual=_usual_replicas(workload),
    )


def _figures(seen: Seen, name: str) -> Figures:
    """CPU of the pod that uses most, of its limit if it has one: more pods use more, and are not busier."""
    usage = seen.usage(name)
    share = usage.most_cores if usage.cpu_share is None else usage.cpu_share
    return replace(figures_of(seen.metrics(name)), cpu_percent=None if share is None else 100.0 * share)


def _usual_replicas(workload: Workload) -> int:
    """A service has grown if an autoscaler gave it more than the least, or somebody more than it was declared with."""
    if workload.autoscaler is not None:
        return int(workload.autoscaler["spec"].get("minReplicas") or 1)
    return declared_replicas(annotations_of(workload.manifest)) or workload.usual_replicas


def said_of_pods(workload: Workload) -> list[LogLine]:
    """What the kubelet says of pods that cannot run, and of containers that have just ended."""
    return [line for pod in workload.pods for line in _said_of(pod)]


def _said_of(pod: Pod) -> Iterator[LogLine]:
    if pod.trouble:
        yield _kubelet(pod, 0.0, pod.trouble)
    elif pod.last is not None and pod.last.seconds_ago <= RECENT_S:
        ended = f"a container ended with {pod.last.reason} (exit code {pod.last.exit_code})"
        yield _kubelet(pod, pod.last.seconds_ago, ended)


def _kubelet(pod: Pod, seconds_ago: float, text: str) -> LogLine:
    """137 is any kill, and not always one for memory."""
    said = text if was_killed_for_memory(pod) else text.replace("exit code 137", "killed")
    return LogLine(seconds_ago, "ERROR", f"kubelet: pod {pod.name}: {redacted(said)}")


async def _lines(client: KubeClient, namespace: str, seen: Seen) -> dict[str, list[LogLine]]:
    chosen = _to_read(seen)
    found = await asyncio.gather(*(recent_lines(client, namespace, one, RECENT_S, most) for one, most in chosen))
    return {one.name: lines for (one, _), lines in zip(chosen, found, strict=True)}


def _to_read(seen: Seen) -> list[tuple[Workload, int]]:
    """Services, and of how many of their pods at most the log is read."""
    left, chosen = MOST_READ, []
    for one in _by_need(seen):
        most = min(left, len(one.pods), _PODS_ELSE if seen.health(one.name) == "healthy" else _PODS_IN_TROUBLE)
        left -= most
        if most:
            chosen.append((one, most))
    return chosen


def _by_need(seen: Seen) -> list[Workload]:
    """Those that are not well first, then as they come: the entry before all others."""
    return sorted(seen.workloads.values(), key=lambda one: seen.health(one.name) == "healthy")
