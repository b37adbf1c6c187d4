"""What a pod's status tells: is it ready, how did its containers end, and what keeps it from running."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from praetor.substrates.cluster.times import moment, seconds_ago
from simcore.observation import LastTermination
from simcore.protocols import Manifest

_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})
_SLOW_START_S = 45.0
"""A container that runs and is not ready for longer than this has trouble, not just a beginning."""
_RUNS = "runs for"
_OOM_KILLED = "OOMKilled"


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod. `trouble` says what keeps it from being ready, or "" while it is well or only starts. Either
    `ready_seconds` or `unready_seconds` says for how long it has been so, as far as its conditions tell."""

    name: str
    owner: str
    revision_hash: str
    ready: bool
    created: datetime
    restarts: int
    trouble: str
    last: LastTermination | None
    ready_seconds: float | None
    unready_seconds: float | None
    waiting: tuple[str, ...]
    leaving: bool

    @property
    def troubled_seconds(self) -> float | None:
        return self.unready_seconds if self.trouble else None


def pod_of(manifest: Manifest, now: datetime) -> Pod:
    metadata, status = manifest["metadata"], manifest.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    ready, containers = conditions.get("Ready") or {}, list(_containers(status))
    is_ready = ready.get("status") == "True"
    created = moment(metadata.get("creationTimestamp")) or now
    since = seconds_ago(ready.get("lastTransitionTime"), now)
    return Pod(
        name=metadata["name"],
        owner=_owner(metadata),
        revision_hash=(metadata.get("labels") or {}).get("controller-revision-hash", ""),
        ready=is_ready,
        created=created,
        restarts=sum(one.get("restartCount", 0) for one in containers),
        trouble="" if is_ready else _trouble(status, conditions, containers, now),
        last=_last(containers, now),
        ready_seconds=since if is_ready else None,
        unready_seconds=None if is_ready else since,
        waiting=tuple(one["name"] for one in containers if (one.get("state") or {}).get("waiting")),
        leaving="deletionTimestamp" in metadata,
    )


def _owner(metadata: Manifest) -> str:
    owners = metadata.get("ownerReferences") or ()
    return next((str(one["uid"]) for one in owners if one.get("controller")), "")


def _containers(status: Manifest) -> Iterator[dict[str, Any]]:
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _trouble(status: Manifest, conditions: dict[str, Any], containers: list[dict[str, Any]], now: datetime) -> str:
    for one in containers:
        if said := _of_container(one, now):
            return said
    if status.get("phase") == "Failed":
        return f"{status.get('reason') or 'Failed'}: {status.get('message') or 'the pod has failed'}"
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason')}: {scheduled.get('message')}"
    return ""


def _of_container(one: dict[str, Any], now: datetime) -> str:
    state, last = one.get("state") or {}, (one.get("lastState") or {}).get("terminated")
    if waiting := state.get("waiting"):
        return "" if waiting.get("reason", "") in _STARTING else _waits(waiting, last)
    if (ended := state.get("terminated")) and ended.get("exitCode"):
        return f"{ended.get('reason') or 'Error'}: exit code {ended['exitCode']}"
    running = seconds_ago((state.get("running") or {}).get("startedAt"), now)
    if running is None or one.get("ready"):
        return ""
    if last and last.get("exitCode"):
        return f"not ready, {_ending(last)}"
    return f"{_RUNS} {running:.0f} s and is not ready" if running > _SLOW_START_S else ""


def _waits(waiting: dict[str, Any], last: dict[str, Any] | None) -> str:
    reason, message = waiting["reason"], waiting.get("message") or ""
    if reason == "CrashLoopBackOff" and last:
        return f"{reason}: {_ending(last)}"
    return f"{reason}: {message}" if message else str(reason)


def _ending(last: dict[str, Any]) -> str:
    return f"ended before with {last.get('reason') or 'Error'} (exit code {last.get('exitCode')})"


def _last(containers: list[dict[str, Any]], now: datetime) -> LastTermination | None:
    """The newest end of a container of the pod; one that ended well is no termination to speak of."""
    ends = [
        ended
        for one in containers
        for state in (one.get("state") or {}, one.get("lastState") or {})
        if (ended := state.get("terminated")) and ended.get("exitCode")
    ]
    newest = max(ends, key=lambda ended: ended.get("finishedAt") or "", default=None)
    if newest is None:
        return None
    ago = seconds_ago(newest.get("finishedAt"), now) or 0.0
    return LastTermination(newest.get("reason") or "Error", newest["exitCode"], ago)


def is_only_late(pod: Pod) -> bool:
    """Whether nothing ended it, and it just is not ready."""
    return pod.trouble.startswith(_RUNS)


def was_killed_for_memory(pod: Pod) -> bool:
    return pod.last is not None and pod.last.reason == _OOM_KILLED
