"""What is seen after a cure: what goes on, what comes back, and what only needs time."""

from simcore.policies.playbook.facts.model import FACTS, UNKNOWN, Answer, fact
from simcore.policies.playbook.findings import Findings

_WARM_S, _LEAK_SHARE = 130.0, 0.09
_RISE, _RISE_WITHIN_S, _ROLLED_OUT_S = 0.7, 40.0, 60.0
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


def is_worked_off(findings: Findings, suspect: str) -> bool:
    """Whether what had piled up before the change, messages or what a replica has yet to apply, has become less since:
    such a cure works, however long it takes."""
    since = findings.changed_at.get(suspect, findings.now)
    readings = [reading.metrics for reading in findings.readings.get(suspect, []) if reading.at >= since]
    return any(
        len(piled_up) >= 2 and piled_up[-1] < piled_up[-2]
        for piled_up in (
            [m.consumer_lag for m in readings if m.consumer_lag is not None],
            [m.replica_lag_seconds for m in readings if m.replica_lag_seconds is not None],
        )
    )
