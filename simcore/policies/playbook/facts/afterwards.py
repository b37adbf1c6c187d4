"""What is seen after a cure: what goes on, what comes back, and what only needs time."""

from operator import attrgetter

from simcore.policies.playbook.facts.model import FACTS, UNKNOWN, Answer, fact
from simcore.policies.playbook.findings import Findings

_WARM_S, _LEAK_SHARE = 130.0, 0.09
_RISE, _RISE_WITHIN_S, _ROLLED_OUT_S = 0.7, 40.0, 60.0
_PILED_UP = (attrgetter("consumer_lag"), attrgetter("replica_lag_seconds"))
_SOME = 10.0  # messages, or seconds: less is no queue
_R = "check_resources"


@fact("detail")
def killed_again(findings: Findings, suspect: str) -> Answer:
    """Whether a container was killed that the change had started."""
    since, detail = findings.changed_at.get(suspect, findings.now), findings.details.get(suspect)
    looked = findings.details_at.get(suspect, -1e9) - since
    if detail is None or looked < _ROLLED_OUT_S + 20:
        return UNKNOWN
    last = detail.last_termination
    again = last is not None and last.seconds_ago < looked - _ROLLED_OUT_S
    return Answer(
        again,
        f"{suspect}: killed again {last.seconds_ago:.0f} s ago" if again and last else f"{suspect}: not killed since",
    )


@fact("detail")
def memory_rises_again(findings: Findings, suspect: str) -> Answer:
    """Whether memory goes on growing once fresh pods must be warm."""
    since = findings.changed_at.get(suspect, findings.now) + _WARM_S
    known = [
        (reading.at, reading.metrics.memory_mb)
        for reading in findings.readings.get(suspect, [])
        if reading.at >= since and reading.metrics.memory_mb is not None
    ]
    limit = findings.memory_limit_mb(suspect)
    if limit is None or len(known) < 2 or known[-1][0] - known[0][0] < _RISE_WITHIN_S:
        return UNKNOWN
    rise = (known[-1][1] - known[0][1]) / limit
    return Answer(
        rise > _LEAK_SHARE, f"{suspect}: memory {100 * rise:+.0f} % of the limit in {known[-1][0] - known[0][0]:.0f} s"
    )


@fact("resources")
def disk_still_grows(findings: Findings, suspect: str) -> Answer:
    since = findings.changed_at.get(suspect, findings.now)
    if findings.diagnostics_at.get((suspect, _R), -1e9) <= since:
        return UNKNOWN
    return FACTS["disk_grows"](findings, suspect)


@fact("detail")
def connections_rise_again(findings: Findings, suspect: str) -> Answer:
    since = findings.changed_at.get(suspect, findings.now) + _ROLLED_OUT_S
    known = [
        (reading.at, reading.metrics.active_connections)
        for reading in findings.readings.get(suspect, [])
        if reading.at >= since and reading.metrics.active_connections is not None
    ]
    if len(known) < 2 or known[-1][0] - known[0][0] < _RISE_WITHIN_S:
        return UNKNOWN
    rise = known[-1][1] - known[0][1]
    return Answer(rise >= _RISE, f"{suspect}: {rise:+.1f} connections in {known[-1][0] - known[0][0]:.0f} s")


def may_be_worked_off(findings: Findings, suspect: str) -> bool:
    """Whether what had piled up before the change, messages or what a replica has yet to apply, becomes less since, or
    has not been read twice since: such a cure may work, however long it takes."""
    since, readings = findings.changed_at.get(suspect, findings.now), findings.readings.get(suspect, [])
    return any(
        _may_shrink([(one.at >= since, value) for one in readings if (value := piled_up(one.metrics)) is not None])
        for piled_up in _PILED_UP
    )


def _may_shrink(read: list[tuple[bool, float]]) -> bool:
    """Of (whether it was read since the change, how much there was), oldest first."""
    since = [value for is_since, value in read if is_since]
    if len(since) < 2:
        return bool(read) and read[-1][1] > _SOME
    return since[-1] < since[-2]
