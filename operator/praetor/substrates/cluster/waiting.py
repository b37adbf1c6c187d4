"""Whether a service's trouble may be that of somebody it waits for, who is well at the moment: readiness that depends
on others comes and goes with theirs, and a little later. Pure."""

from praetor.substrates.cluster.sightings import Seen
from praetor.substrates.cluster.workloads import Workload

_NEWLY_S = 30.0
"""Longer than the probes of a caller need to see that what it calls is back."""


def newly_back(seen: Seen, service: str, callee: str) -> float | None:
    """For how many seconds the callee has been serving, if it was not when the caller's trouble began."""
    served, unready = new_seconds(seen.workloads[callee]), _unready_seconds(seen.workloads[service])
    return None if served is None or (unready is not None and served >= unready) else served


def new_seconds(workload: Workload) -> float | None:
    """For how long it has served, if only for a moment; None if for longer, or if nobody serves."""
    served = max((pod.ready_seconds for pod in workload.pods if pod.ready_seconds is not None), default=None)
    return served if served is not None and served < _NEWLY_S else None


def waits_for_others(seen: Seen, service: str) -> bool:
    """Whether what it calls is not well, or was not when its own trouble began."""
    callees = seen.calls.get(service, ())
    return any(not seen.workloads[one].ready or newly_back(seen, service, one) is not None for one in callees)


def _unready_seconds(workload: Workload) -> float | None:
    """For how long nobody has been serving; None if somebody is."""
    if workload.ready:
        return None
    return max((pod.unready_seconds for pod in workload.pods if pod.unready_seconds is not None), default=None)
