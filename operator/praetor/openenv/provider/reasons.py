"""What a pod says of itself: is it coming up, running, or beyond hope, and why. Pure functions over manifests."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from simcore.protocols import Manifest

_HOPELESS = frozenset({
    "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError",
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff",
})  # fmt: skip
"""The kubelet would go on trying; somebody must change something first. A first ErrImagePull may be the network."""
_OUT_OF_MEMORY = "OOMKilled"
_EVENTS = 3


class Phase(Enum):
    COMING = "coming"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PodState:
    """`reason` is in the words of Kubernetes."""

    phase: Phase
    reason: str


def state_of(pod: Manifest | None) -> PodState:
    """Of a pod that does not exist (any more): None."""
    if pod is None:
        return PodState(Phase.ENDED, "the pod was deleted")
    status: dict[str, Any] = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return PodState(Phase.ENDED, "the pod is being deleted")
    if status.get("phase") in ("Failed", "Succeeded"):
        return PodState(Phase.ENDED, _end(pod))
    for container in status.get("containerStatuses") or ():
        if container["state"].get("running"):
            return PodState(Phase.RUNNING, "the container runs")
        if waiting := container["state"].get("waiting"):
            words = _words(waiting)
            return PodState(Phase.ENDED if waiting.get("reason") in _HOPELESS else Phase.COMING, words)
    return PodState(Phase.COMING, _unscheduled(status) or "Pending: no node has taken the pod yet")


def warnings(events: Iterable[Manifest]) -> list[str]:
    """The newest few, for example why a volume could not be mounted."""
    bad = [event for event in events if event.get("type") == "Warning"]
    newest = sorted(bad, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))[-_EVENTS:]
    return [_words(event) for event in newest]


def _end(pod: Manifest) -> str:
    status = pod["status"]
    said = [_words(status)] if status.get("reason") or status.get("message") else []
    for container in status.get("containerStatuses") or ():
        if ended := container["state"].get("terminated"):
            said.append(_termination(ended, pod))
    return "; ".join(said) or f"the pod's phase is {status['phase']}"


def _termination(ended: Manifest, pod: Manifest) -> str:
    text = f"{ended.get('reason') or 'Error'}: exit code {ended.get('exitCode')}"
    if ended.get("reason") == _OUT_OF_MEMORY:
        limit = pod["spec"]["containers"][0].get("resources", {}).get("limits", {}).get("memory")
        text += f", its memory limit is {limit}; start it with a larger memory_limit"
    return f"{text}; {ended['message'].strip()}" if ended.get("message") else text


def _unscheduled(status: Manifest) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _words(condition)
    return ""


def _words(said: Manifest) -> str:
    return ": ".join(str(said[key]).strip() for key in ("reason", "message") if said.get(key))
