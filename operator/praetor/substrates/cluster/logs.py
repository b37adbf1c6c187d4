"""Logs of a service's pods: the newest lines of a few of them, of a container that crashed also its last words."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from praetor.guard.redaction import redacted
from praetor.kube.client import KubeClient
from praetor.kube.paths import PODS
from praetor.substrates.cluster.pods import Pod
from praetor.substrates.cluster.templates import main_container
from praetor.substrates.cluster.times import utc_now
from praetor.substrates.cluster.workloads import Workload
from praetor.substrates.live.first_look import READ_LINES
from praetor.substrates.live.log_lines import log_line, seconds_ago
from simcore.errors import InvalidObjectError, NotFoundError, StoreError, UnavailableError
from simcore.observation import LogLine

MOST_PODS = 3
_LIMIT_BYTES = 256 * 1024
_LAST_WORDS_S = 900.0
"""So long after its end a container's last words are worth reading."""
_PATIENCE_S = 10.0
"""Of a look that is taken at every probe, for one log: a node that is away keeps nobody waiting."""


class _Source(NamedTuple):
    pod: str
    container: str
    previous: bool


async def log_lines(client: KubeClient, namespace: str, workload: Workload, lines: int) -> list[LogLine]:
    """Oldest first, at most `lines` of each source, without secrets. Where a container cannot run, or a log cannot be
    read, a line says so.

    Raises StoreError where none can be read."""
    container = main_container(workload.template)["name"]
    pods = _worth_reading(workload.pods)
    sources = [_Source(pod.name, container, previous) for pod in pods for previous in _which(pod, container)]
    texts = await asyncio.gather(*(_text_or_problem(client, namespace, source, lines) for source in sources))
    problems = [text for text in texts if isinstance(text, UnavailableError)]
    if problems and len(problems) == len(texts):
        raise problems[0]
    now = utc_now()
    found = [
        line
        for source, text in zip(sources, texts, strict=True)
        for line in _lines_of(source, text, f"{source.pod}: " if len(pods) > 1 else "", now)
    ]
    found += [LogLine(0.0, "ERROR", f"kubelet: pod {pod.name}: {redacted(pod.trouble)}") for pod in pods if pod.trouble]
    return sorted(found, key=lambda line: -line.seconds_ago)


def _lines_of(source: _Source, text: str | UnavailableError, prefix: str, now: datetime) -> list[LogLine]:
    """What the server says of it may read like a complaint of the service: it is left out."""
    if isinstance(text, UnavailableError):
        return [LogLine(0.0, "WARN", f"kubelet: the log of pod {source.pod} cannot be read now")]
    return [_line(line, prefix, now) for line in text.splitlines() if line]


async def _text_or_problem(client: KubeClient, namespace: str, source: _Source, lines: int) -> str | UnavailableError:
    """One node that does not answer keeps nobody from reading what others have."""
    try:
        return await _text(client, namespace, source, lines)
    except UnavailableError as problem:
        return problem


async def recent_lines(
    client: KubeClient, namespace: str, workload: Workload, seconds: float, most_pods: int
) -> list[LogLine]:
    """Those of the last `seconds`, of a container that is down of its last ones: they are its newest, and count as of
    now. What cannot be read is left out."""
    container = main_container(workload.template)["name"]
    found = [
        _recent(client, namespace, _Source(pod.name, container, previous), seconds, _down_for(pod, container))
        for pod in _worth_reading(workload.pods, most_pods)
        for previous in _which(pod, container)
    ]
    return [line for lines in await asyncio.gather(*found) for line in lines]


def _down_for(pod: Pod, container: str) -> float:
    return pod.last.seconds_ago if pod.last is not None and container in pod.waiting else 0.0


async def _recent(
    client: KubeClient, namespace: str, source: _Source, seconds: float, down_for: float
) -> list[LogLine]:
    since = seconds + down_for
    try:
        async with asyncio.timeout(_PATIENCE_S):
            body = await _text(client, namespace, source, READ_LINES, sinceSeconds=str(math.ceil(since)))
    except (StoreError, TimeoutError):
        return []
    read = (_line(text, "", utc_now()) for text in body.splitlines() if text)
    return [replace(one, seconds_ago=max(0.0, one.seconds_ago - down_for)) for one in read]


def _worth_reading(pods: Sequence[Pod], most: int = MOST_PODS) -> list[Pod]:
    """Those in trouble first, then the newest."""
    return sorted(pods, key=lambda pod: (not pod.trouble, pod.last is None, -pod.created.timestamp()))[:most]


def _which(pod: Pod, container: str) -> list[bool]:
    """Whether to read the container before the one that runs (True), and the one that runs (False)."""
    crashed = pod.restarts > 0 and pod.last is not None and pod.last.seconds_ago < _LAST_WORDS_S
    return [*([True] if crashed else []), *([] if container in pod.waiting and not crashed else [False])]


async def _text(client: KubeClient, namespace: str, source: _Source, lines: int, **more: str) -> str:
    """ "" where there is none: the pod has gone, or the container has not begun. Raises StoreError: DeniedError without
    the right, UnavailableError for a node that does not answer."""
    query = (
        {
            "container": source.container,
            "tailLines": str(lines),
            "limitBytes": str(_LIMIT_BYTES),
            "timestamps": "true",
        }
        | ({"previous": "true"} if source.previous else {})
        | more
    )
    try:
        return await client.text(PODS.path(namespace, source.pod, "log"), query=query)
    except (InvalidObjectError, NotFoundError):
        return ""


def _line(text: str, prefix: str, now: datetime) -> LogLine:
    """The time is the node's; what follows is the container's own."""
    stamp, _, words = text.partition(" ")
    told = log_line(words, now)
    return LogLine(seconds_ago(stamp, now), told.severity, prefix + told.message)
