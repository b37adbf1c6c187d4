"""Whom the playbook suspects: services by what the list, the connections and the databases show of them."""

from collections.abc import Callable, Iterator

from simcore.observation import Check
from simcore.policies.playbook.facts import FACTS, grown, named_by
from simcore.policies.playbook.findings import Findings
from simcore.policies.playbook.tracing import SHORT_TIMEOUT_MS

_LINKS, _RESOURCES = "check_connectivity", "check_resources"
_MOST_FALLEN = 4


def links(findings: Findings) -> Iterator[tuple[str, Check]]:
    """(caller, check) of every connection check that is not well."""
    for (service, command), diagnostic in findings.diagnostics.items():
        if command == _LINKS:
            yield from ((service, check) for check in diagnostic.checks if not check.ok)


def _callees(words: str) -> Callable[[Findings, str], list[str]]:
    """Those that a caller's check says this of."""
    return lambda findings, origin: [
        check.about for _, check in links(findings) if words in check.detail and check.about
    ]


def _callers(words: str) -> Callable[[Findings, str], list[str]]:
    """Those whose check says this."""
    return lambda findings, origin: list(
        dict.fromkeys(caller for caller, check in links(findings) if words in f"{check.name}: {check.detail}")
    )


def scaled_away(findings: Findings, origin: str) -> list[str]:
    return [row.name for row in findings.rows.values() if row.replicas_desired == 0]


def starved(findings: Findings, origin: str) -> list[str]:
    """Services that have no pods at all although they should."""
    rows = findings.rows.values()
    return [row.name for row in rows if row.replicas_ready == 0 < row.replicas_desired]


def fallen(findings: Findings, origin: str) -> list[str]:
    """Where containers were restarted: at the origin, at those it calls, or, where nobody is unwell at the moment,
    wherever they were."""
    restarted = [row.name for row in sorted(findings.rows.values(), key=lambda row: -row.restarts) if row.restarts > 0]
    if not origin:
        return restarted[:_MOST_FALLEN]
    called = [check.about for check in findings.checks(origin, _LINKS) or () if check.about]
    return [
        name for name in dict.fromkeys((origin, *called)) if name in restarted and not _idle(findings, name, origin)
    ]


def _idle(findings: Findings, name: str, origin: str) -> bool:
    """Whether somebody who was restarted is a database that is well: it was long ago."""
    row = findings.rows[name]
    return name != origin and row.health == "healthy" and findings.is_database(name)


def _impatient(findings: Findings, origin: str) -> list[str]:
    """Callers that wait for less than any callee may take."""
    return [
        caller for caller, check in links(findings)
        if check.name.startswith("timeouts to") and (check.value or 0.0) < SHORT_TIMEOUT_MS
    ]  # fmt: skip


def _clogged(findings: Findings, origin: str) -> list[str]:
    """Consumers whose topic is full, or that have been looked at and are far behind."""
    refusing = _callees("of publishes refused")(findings, origin)
    topic = findings.check(origin, "check_health", "topic") if origin else None
    return refusing or ([origin] if topic is not None and not topic.ok else [])


def _origin(findings: Findings, origin: str) -> list[str]:
    return [origin] if origin and not findings.is_database(origin) else []


def _database(findings: Findings, origin: str) -> list[str]:
    return [origin] if origin and findings.is_database(origin) else []


def _named(check: str) -> Callable[[Findings, str], list[str]]:
    """The service that the origin's resources speak of."""

    def suspects(findings: Findings, origin: str) -> list[str]:
        found = findings.check(origin, _RESOURCES, check) if origin else None
        named = named_by(findings, origin, check) if found is not None and not found.ok else None
        return [named] if named else []

    return suspects


def _pressing(findings: Findings, origin: str) -> list[str]:
    """The callers of a service that has no CPU left and gets far more requests than it used to."""
    if not FACTS["cpu_is_used_up"](findings, origin).truth or not FACTS["gets_more_requests"](findings, origin).truth:
        return []
    detail = findings.details.get(origin)
    return list(detail.called_by) if detail else []


def _asker(findings: Findings, origin: str) -> list[str]:
    """The client that asks most of a database that has no CPU left."""
    if not origin or not findings.is_database(origin) or not FACTS["cpu_is_used_up"](findings, origin).truth:
        return []
    named = named_by(findings, origin, "queries")
    return [named] if named else []


SUSPECTS: dict[str, Callable[[Findings, str], list[str]]] = {
    "scaled_away": scaled_away,
    "starved": starved,
    "grown": lambda findings, origin: grown(findings),
    "unreached": _callees("connect timed out"),
    "untrusted": _callees("TLS handshake fails"),
    "unresolving": _callers("name does not resolve"),
    "locked_out": _callers("login fails"),
    "cut_off": _callees("answers over"),
    "lossy": _callees("of packets lost"),
    "far": lambda findings, origin: [
        c.about for _, c in links(findings) if c.name.startswith("round trip") and c.about
    ],
    "insistent": _callers("attempts per call"),
    "clogged": _clogged,
    "impatient": _impatient,
    "origin": _origin,
    "database": _database,
    "holder": _named("idle sessions"),
    "locker": _named("locks"),
    "burner": _named("node"),
    "asker": _asker,
    "pressing": _pressing,
    "fallen": fallen,
}
SEEN_IN_THE_LIST = frozenset({"scaled_away", "starved", "grown"})
NAMED_IN_RESOURCES = frozenset({"holder", "locker", "burner", "asker"})
"""Suspects that only a look at the origin's resources names."""
