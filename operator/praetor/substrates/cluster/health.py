"""How a service is, from what its objects say."""

from praetor.substrates.cluster.workloads import Workload

_JUST_ENDED_S = 60.0
_FAILING, _MOSTLY_FAILING = 0.02, 0.5


def health_of(workload: Workload, failing_share: float | None = None) -> str:
    """`healthy`, `degraded`, `unhealthy`, `crashed` (nobody serves) or `restarting` (nobody serves yet).

    `failing_share` is that of its requests, where somebody measures them."""
    by_pods = _by_pods(workload)
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
    just_died = any(pod.last is not None and pod.last.seconds_ago < _JUST_ENDED_S for pod in workload.pods)
    return bool(workload.troubled) or just_died or is_stuck(workload)


def is_stuck(workload: Workload) -> bool:
    """Whether Kubernetes has given a rollout up."""
    return condition(workload, "Progressing") == "False"


def condition(workload: Workload, name: str) -> str | None:
    conditions = (workload.manifest.get("status") or {}).get("conditions") or ()
    return next((one["status"] for one in conditions if one["type"] == name), None)


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
