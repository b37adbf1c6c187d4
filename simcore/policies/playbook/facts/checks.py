"""Facts that a diagnostic tells: a check says so, or says nothing."""

from collections.abc import Callable

from simcore.observation import Check
from simcore.policies.playbook.facts.model import UNKNOWN, Answer, Fact, fact, register
from simcore.policies.playbook.findings import Findings

_LONG_BEFORE_S, _FAR_MORE = 240.0, 1.35
_H, _R, _N = "check_health", "check_resources", "check_dns"


def _of_check(command: str, name: str, holds: Callable[[Check], bool]) -> Fact:
    """Whether a check says so; one that the diagnostic does not mention says no."""

    def answer(findings: Findings, suspect: str) -> Answer:
        if findings.checks(suspect, command) is None:
            return UNKNOWN
        check = findings.check(suspect, command, name)
        if check is None:
            return Answer(False, f"{suspect}: its checks do not mention {name}")
        return Answer(holds(check), f"{suspect}: {name}: {check.detail}")

    return answer


def _value(check: Check) -> float:
    return check.value if check.value is not None else 0.0


def _simple(name: str, asks: str, command: str, check: str, holds: Callable[[float], bool]) -> None:
    register(name, asks, _of_check(command, check, lambda found: holds(_value(found))))


_simple("requests_end_in_exceptions", "health", _H, "exceptions", lambda v: v > 0.01)
_simple("requests_are_turned_away", "health", _H, "rate limit", lambda v: v > 0.02)
_simple("direct_clients_ask_much", "health", _H, "direct clients", lambda v: v > 0.1)
_simple("clock_is_wrong", "health", _H, "clock", lambda v: abs(v) > 30)
_simple("writes_are_refused", "health", _H, "writes", lambda v: v > 0)
_simple("one_message_blocks", "health", _H, "consumption", lambda v: v > 0)
_simple("bundled_certificate", "health", _H, "certificate", lambda v: v < 0)
_simple("certificate_has_expired", "health", _H, "certificate", lambda v: v > 0)
_simple("probes_time_out", "health", _H, "liveness", lambda v: v > 0.1)
_simple("memory_is_nearly_full", "resources", _R, "memory", lambda v: v > 0.93)
_simple("cpu_is_used_up", "resources", _R, "cpu", lambda v: v > 85)
_simple("something_else_burns", "resources", _R, "cpu outside requests", lambda v: v > 0.3)
_simple("cpu_is_throttled", "resources", _R, "cpu throttling", lambda v: v > 0.04)
_simple("disk_is_full", "resources", _R, "disk", lambda v: v > 0.97)
_simple("disk_grows", "resources", _R, "disk growth", lambda v: v > 0.5)
_simple("threads_are_deadlocked", "resources", _R, "threads", lambda v: v >= 1.0001)
_simple("threads_are_used_up", "resources", _R, "threads", lambda v: v > 0.9)
_simple("one_key_is_hot", "resources", _R, "keys", lambda v: v > 0.35)
_simple("cache_is_cold", "resources", _R, "cache", lambda v: v < 0.75)
_simple("misses_stampede", "resources", _R, "cache misses", lambda v: v > 2)
_simple("index_is_missing", "resources", _R, "query plans", lambda v: v > 1.2)
_simple("replica_is_behind", "resources", _R, "replica", lambda v: v > 10)
_simple("connections_are_used_up", "resources", _R, "connections", lambda v: v > 0.9)


def _first_name_check(code: float) -> Fact:
    def answer(findings: Findings, suspect: str) -> Answer:
        checks = findings.checks(suspect, _N)
        if checks is None:
            return UNKNOWN
        bad = [check for check in checks if not check.ok and _value(check) == code]
        return Answer(
            bool(bad), f"{suspect}: {bad[0].name}: {bad[0].detail}" if bad else f"{suspect}: no lookup fails so"
        )

    return answer


register("resolver_cache_is_broken", "names", _first_name_check(1.0))
register("resolver_does_not_answer", "names", _first_name_check(2.0))
register("one_name_does_not_exist", "names", _first_name_check(3.0))


@fact("health")
def provider_fails(findings: Findings, suspect: str) -> Answer:
    checks = findings.checks(suspect, _H)
    if checks is None:
        return UNKNOWN
    bad = [check for check in checks if check.name.startswith("provider") and not check.ok]
    return Answer(bool(bad), f"{suspect}: {bad[0].name}: {bad[0].detail}" if bad else f"{suspect}: providers answer")


@fact("links")
def asks_again_and_again(findings: Findings, suspect: str) -> Answer:
    """Of a caller: whether it makes several attempts for a call."""
    checks = findings.checks(suspect, "check_connectivity")
    if checks is None:
        return UNKNOWN
    found = [check for check in checks if check.name.startswith("retries to")]
    return Answer(bool(found), f"{suspect}: {found[0].name}: {found[0].detail}" if found else f"{suspect} asks once")


@fact("traffic")
def gets_more_requests(findings: Findings, suspect: str) -> Answer:
    """Whether far more arrives than before it all began; where a series is missing it may be."""
    for metrics in findings.metrics(suspect):
        now, before = metrics.requests_per_second, metrics.requests_per_second_before
        if metrics.window_seconds < _LONG_BEFORE_S:
            continue
        if now is None or before is None:
            return Answer(True, f"{suspect}: no data about requests")
        return Answer(now > _FAR_MORE * before, f"{suspect}: {now:.0f} requests/s, {before:.0f} before")
    return UNKNOWN


@fact("resources")
def locks_by_query(findings: Findings, suspect: str) -> Answer:
    """Of a client: whether its queries hold the rows that sessions of a database wait for."""
    return _holds_locks(findings, suspect, idle=False)


@fact("resources")
def locks_idle(findings: Findings, suspect: str) -> Answer:
    return _holds_locks(findings, suspect, idle=True)


def _holds_locks(findings: Findings, suspect: str, *, idle: bool) -> Answer:
    for (service, command), diagnostic in findings.diagnostics.items():
        for check in diagnostic.checks if command == _R else ():
            if check.name == "locks" and check.about == suspect:
                return Answer((_value(check) > 0.5) == idle, f"{service}: {check.detail}")
    return Answer(False, f"{suspect} holds no rows")


@fact("resources")
def sessions_idle(findings: Findings, suspect: str) -> Answer:
    return _names_somebody(findings, suspect, "idle sessions")


def _names_somebody(findings: Findings, suspect: str, name: str) -> Answer:
    if findings.checks(suspect, _R) is None:
        return UNKNOWN
    check = findings.check(suspect, _R, name)
    named = check is not None and check.about is not None and not check.ok
    return Answer(named, f"{suspect}: {check.detail if check else name}")


def named_by(findings: Findings, service: str, name: str) -> str | None:
    """Another service that a check of the resources speaks of."""
    check = findings.check(service, _R, name)
    return check.about if check is not None else None
