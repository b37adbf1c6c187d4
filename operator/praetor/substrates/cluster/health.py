"""How a service is, from what its objects say."""

from praetor.substrates.cluster.pods import is_only_late
from praetor.substrates.cluster.workloads import Workload

_JUST_ENDED_S = 60.0
_FAILING, _MOSTLY_FAILING = 0.02, 0.5
_ROLLING = frozenset({"NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated"})


def health_of(workload: Workload, failing_share: float | None = None) -> str:
    """`healthy`, `degraded`, `unhealthy`, `crashed` (nobody serves) or `restarting` (nobody serves yet).

    `failing_share` is that of its requests, where somebody measures them."""
    return _with_requests(_by_pods(workload), failing_share)


def felt_health(workload: Workload, failing_share: float | None = None) -> str:
    """The same, but `healthy` while a rollout goes as its strategy says, which is no trouble."""
    return _with_requests("healthy" if is_replaced(workload) else _by_pods(workload), failing_share)


def _with_requests(by_pods: str, failing_share: float | None) -> str:
    if by_pods != "healthy" or failing_share is None or failing_share < _FAILING:
        return by_pods
    return "unhealthy" if failing_share >= _MOSTLY_FAILING else "degraded"


def _by_pods(workload: Workload) -> str:
    ready, desired = workload.ready, workload.desired
    if workload.is_scaled_away:
        return "crashed"
    if desired and not ready:
        return "crashed" if workload.troubled or _is_refused(workload) else "restarting"
    if ready < desired:
        return "degraded" if 2 * ready >= desired else "unhealthy"
    return "degraded" if has_trouble(workload) else "healthy"


def has_trouble(workload: Workload) -> bool:
    """What does not pass by itself: pods that cannot run, a container that just died, a rollout that is stuck."""
    return bool(workload.troubled) or _has_died(workload) or is_stuck(workload)


def _has_died(workload: Workload) -> bool:
    return any(pod.last is not None and pod.last.seconds_ago < _JUST_ENDED_S for pod in workload.pods)


def is_stuck(workload: Workload) -> bool:
    """Whether Kubernetes has given a rollout up."""
    return condition(workload, "Progressing") == "False"


def is_replaced(workload: Workload) -> bool:
    """Whether its pods are being replaced while as many serve as its strategy keeps, and nothing is wrong with the new
    ones but that they are not ready yet. How long that may take is for Kubernetes to say (`progressDeadlineSeconds`);
    of a StatefulSet it says nothing, and a pod that is late is in trouble.
    """
    if not workload.ready or _has_died(workload):
        return False
    if workload.kind == "StatefulSet":
        status = workload.manifest.get("status") or {}
        one_by_one = workload.ready >= workload.desired - 1 and not workload.troubled
        return one_by_one and status.get("currentRevision") != status.get("updateRevision")
    goes_on = _condition(workload, "Progressing").get("reason") in _ROLLING and not is_stuck(workload)
    serves = goes_on and condition(workload, "Available") == "True"
    return serves and all(is_only_late(pod) for pod in workload.troubled)


def condition(workload: Workload, name: str) -> str | None:
    return _condition(workload, name).get("status")


def _condition(workload: Workload, name: str) -> dict[str, str]:
    conditions = (workload.manifest.get("status") or {}).get("conditions") or ()
    return next((dict(one) for one in conditions if one["type"] == name), {})


def _is_refused(workload: Workload) -> bool:
    """Whether its pods are not even made, for example because of a quota."""
    return condition(workload, "ReplicaFailure") == "True"


def troubled_seconds(workload: Workload) -> float | None:
    """For how long it has been unwell; None for one that is well."""
    if _by_pods(workload) == "healthy":
        return None
    told = [pod.troubled_seconds for pod in workload.pods if pod.troubled_seconds is not None]
    told += [pod.last.seconds_ago for pod in workload.pods if pod.last is not None]
    names = {f"Pod {pod.name}" for pod in workload.pods if pod.trouble or pod.last is not None}
    told += [event.first_ago for event in workload.events if event.is_warning and event.about in names]
    return max(told, default=0.0)
