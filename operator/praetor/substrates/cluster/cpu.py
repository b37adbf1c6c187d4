"""What a service's CPU limit does to it: whether it is used up, and whether it holds the service back though it is not.
Pure."""

from collections.abc import Iterator

from praetor.substrates.cluster.history import changes_of_template
from praetor.substrates.cluster.settings import CPU_LIMIT, NOT_SET
from praetor.substrates.cluster.sightings import Requests, Seen
from praetor.substrates.cluster.templates import limit_of, main_container
from praetor.substrates.cluster.usage import Usage, number
from praetor.substrates.cluster.waiting import new_seconds
from praetor.substrates.cluster.workloads import Workload
from simcore.observation import Check, ConfigChange

_NEARLY, _HALF = 0.9, 0.5
_THROTTLED = 0.05
_LATELY_S = 3600.0


def cpu_checks(seen: Seen, service: str) -> Iterator[Check]:
    usage, throttled = seen.usage(service), seen.requests.get(service, Requests()).throttled_share
    lowered = _lowered(seen, seen.workloads[service])
    if lowered is not None and _binds(usage, throttled, unwell=_is_felt(seen, service)):
        yield _held_back(lowered, usage, throttled)
    elif throttled is not None and not _is_used_up(usage):
        yield Check(
            "cpu throttling", throttled < _THROTTLED, f"{100 * throttled:.0f} % of periods throttled", throttled
        )
    if usage.cpu_share is not None and usage.cores is not None:
        percent = 100 * usage.cpu_share
        yield Check("cpu", not _is_used_up(usage), f"{percent:.0f} % of its limit, {usage.cores:.2f} cores", percent)


def _lowered(seen: Seen, workload: Workload) -> ConfigChange | None:
    """The limit's last change, if that was lately and to less."""
    changes = (one for one in changes_of_template(workload, (), seen.now) if one.key == CPU_LIMIT)
    last, now = next(changes, None), limit_of(main_container(workload.template), "cpu")
    if last is None or last.new != now or last.seconds_ago > _LATELY_S:
        return None
    return last if last.old == NOT_SET or (number(last.old) or 0.0) > (number(now) or 0.0) else None


def _is_felt(seen: Seen, service: str) -> bool:
    """By itself, or by whoever waits for its answers: one that is slow may be ready all the while, or now and then."""
    concerned = (service, *seen.callers_of_callers(service))
    return any(seen.health(one) != "healthy" or new_seconds(seen.workloads[one]) is not None for one in concerned)


def _binds(usage: Usage, throttled: float | None, *, unwell: bool) -> bool:
    """Whether a limit that was lowered is felt. Usage is an average, also over times without requests, and of new pods
    nobody knows it for up to a minute: then trouble since the change is all that there is to go by."""
    if throttled is not None:
        return throttled >= _THROTTLED
    if usage.cpu_share is None:
        return unwell
    return _is_used_up(usage) or (unwell and usage.cpu_share >= _HALF)


def _held_back(lowered: ConfigChange, usage: Usage, throttled: float | None) -> Check:
    told = f"its CPU limit was lowered from {lowered.old} to {lowered.new} {lowered.seconds_ago:.0f} s ago"
    if throttled is not None:
        return Check("cpu throttling", False, f"{100 * throttled:.0f} % of periods throttled; {told}", throttled)
    share = usage.cpu_share
    used = "its usage is not measured yet" if share is None else f"{100 * share:.0f} % of it are used"
    return Check("cpu throttling", False, f"{told}; {used}", _HALF if share is None else share)


def _is_used_up(usage: Usage) -> bool:
    return usage.cpu_share is not None and usage.cpu_share >= _NEARLY
