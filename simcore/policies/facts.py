"""The playbook's vocabulary: yes-or-no facts about findings, each with the evidence that it rests on.

A fact answers True, False, or None when nothing has been read yet that could tell.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from simcore.policies.findings import Findings

RECENT_RELEASE_S = 2700.0
TINY_LIMIT = 8.0
_USED_UP = 0.9
_MANY_OF_LIMIT = 0.3
_GROWN_FROM = 4
_ROLLED_OUT_S = 60.0
_RISE, _RISE_WITHIN_S = 0.6, 40.0


class Answer(NamedTuple):
    truth: bool | None
    evidence: str = ""


UNKNOWN = Answer(None)


def starving(findings: Findings) -> list[str]:
    """Services that have no pods at all although they should, and were not killed."""
    return [
        row.name
        for row in findings.rows.values()
        if row.replicas_ready == 0 < row.replicas_desired and not row.restarts
    ]


def grown(findings: Findings) -> list[str]:
    """Services with more replicas than a service of this size usually asks for, largest first."""
    rows = [row for row in findings.rows.values() if row.replicas_desired >= _GROWN_FROM]
    return [row.name for row in sorted(rows, key=lambda row: -row.replicas_desired)]


def restarted(findings: Findings) -> list[str]:
    """Services whose containers have been restarted, the most often first."""
    rows = [row for row in findings.rows.values() if row.restarts > 0]
    return [row.name for row in sorted(rows, key=lambda row: -row.restarts)]


def database(findings: Findings) -> list[str]:
    """The database, when somebody suffers; else nothing leads there."""
    return [findings.database] if findings.database and (findings.unwell() or findings.firing) else []


def clients(findings: Findings) -> list[str]:
    """Who calls the database, those with the most connections first."""
    detail = findings.details.get(findings.database or "")
    names = detail.called_by if detail else ()
    return sorted(names, key=lambda name: -_connections(findings, name))


def _connections(findings: Findings, name: str) -> float:
    return max((m.active_connections or 0.0 for m in findings.metrics(name)), default=0.0)


SUSPECTS: dict[str, Callable[[Findings], list[str]]] = {
    "starved": starving,
    "grown": grown,
    "restarted": restarted,
    "database": database,
    "clients": clients,
}


def _somebody_starves(findings: Findings, suspect: str) -> Answer:
    names = starving(findings)
    return Answer(bool(names), f"no pods ready: {', '.join(names)}" if names else "every service has pods")


def _somebody_has_grown(findings: Findings, suspect: str) -> Answer:
    names = grown(findings)
    return Answer(bool(names), f"grown: {', '.join(names)}" if names else "no service has grown")


def _has_grown(findings: Findings, suspect: str) -> Answer:
    row = findings.rows.get(suspect)
    if row is None:
        return UNKNOWN
    return Answer(row.replicas_desired >= _GROWN_FROM, f"{suspect} wants {row.replicas_desired} replicas")


def _pods_are_refused(findings: Findings, suspect: str) -> Answer:
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    refused = [event for event in detail.events if "exceeded quota" in event]
    return Answer(bool(refused), f"{suspect}: {refused[0]}" if refused else f"{suspect}: no pod was refused")


def _killed_for_memory(findings: Findings, suspect: str) -> Answer:
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    last = detail.last_termination
    killed = last is not None and last.reason == "OOMKilled"
    return Answer(killed, f"{suspect}: last termination {last.reason if last else 'none'}, {detail.restarts} restarts")


def _released_recently(findings: Findings, suspect: str) -> Answer:
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    newest = detail.rollouts[-1]
    recent = newest.seconds_ago < RECENT_RELEASE_S and detail.version == newest.version
    return Answer(recent, f"{suspect}: {newest.version} rolled out {newest.seconds_ago / 60:.0f} min ago")


def _connections_are_used_up(findings: Findings, suspect: str) -> Answer:
    found = _database_connections(findings)
    if found is None:
        return UNKNOWN
    used, limit = found
    return Answer(used >= _USED_UP * limit, f"{findings.database}: {used:.0f} of {limit:.0f} connections in use")


def _connections_are_known_to_be_used_up(findings: Findings, suspect: str) -> Answer:
    return Answer(bool(_connections_are_used_up(findings, suspect).truth))


def _limit_is_tiny(findings: Findings, suspect: str) -> Answer:
    found = _database_connections(findings)
    if found is None:
        return UNKNOWN
    return Answer(found[1] <= TINY_LIMIT, f"{findings.database} allows {found[1]:.0f} connections")


def _database_connections(findings: Findings) -> tuple[float, float] | None:
    """(in use, limit) when it was fullest: what a change has freed since says nothing about the cause."""
    name = findings.database or ""
    known = [
        (metrics.active_connections, metrics.connection_limit)
        for metrics in findings.metrics(name)
        if metrics.active_connections is not None and metrics.connection_limit is not None
    ]
    if known:
        return max(known, key=lambda pair: pair[0] / pair[1])
    diagnostic = findings.diagnostics.get((name, "check_resources"))
    for check in diagnostic.checks if diagnostic else ():
        numbers = re.findall(r"\d+", check.detail)
        if check.name == "connections" and len(numbers) == 2:
            return float(numbers[0]), float(numbers[1])
    return None


def _holds_many_connections(findings: Findings, suspect: str) -> Answer:
    found = _database_connections(findings)
    known = [m.active_connections for m in findings.metrics(suspect) if m.active_connections is not None]
    if found is None or not known:
        return UNKNOWN
    most = max(known)
    return Answer(most >= _MANY_OF_LIMIT * found[1], f"{suspect} held {most:.0f} of {found[1]:.0f} connections")


def _killed_again(findings: Findings, suspect: str) -> Answer:
    row, since = findings.rows.get(suspect), findings.changed_at.get(suspect, findings.now)
    if row is None or findings.now - since < _ROLLED_OUT_S:
        return UNKNOWN
    detail = findings.details.get(suspect)
    last = detail.last_termination if detail else None
    again = row.restarts > findings.restarts_at_change.get(suspect, 0) + 1
    fresh = last is not None and last.seconds_ago < findings.now - since - _ROLLED_OUT_S
    return Answer(again or fresh, f"{suspect}: {row.restarts} restarts, killed again after the change")


def _connections_rise_again(findings: Findings, suspect: str) -> Answer:
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


FACTS: dict[str, Callable[[Findings, str], Answer]] = {
    "somebody_starves": _somebody_starves,
    "somebody_has_grown": _somebody_has_grown,
    "has_grown": _has_grown,
    "pods_are_refused": _pods_are_refused,
    "killed_for_memory": _killed_for_memory,
    "released_recently": _released_recently,
    "connections_are_used_up": _connections_are_used_up,
    "connections_are_known_to_be_used_up": _connections_are_known_to_be_used_up,
    "limit_is_tiny": _limit_is_tiny,
    "holds_many_connections": _holds_many_connections,
    "killed_again": _killed_again,
    "connections_rise_again": _connections_rise_again,
}
