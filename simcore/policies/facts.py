"""The playbook's vocabulary: yes-or-no facts about findings, each with the evidence that it rests on.

A fact answers True, False, or None when nothing has been read yet that could tell.
"""

from collections.abc import Callable
from typing import NamedTuple

from simcore.observation import Check
from simcore.policies.findings import Findings


class Answer(NamedTuple):
    truth: bool | None
    evidence: str = ""


class Question(NamedTuple):
    """The read that answers a fact: of the suspect, or of the place that is named."""

    ask: str
    command: str = ""
    of: str = "suspect"
    window: float = 60.0


Fact = Callable[[Findings, str], Answer]
UNKNOWN = Answer(None)
RECENT_S = 3300.0
_JUST_KILLED_S = 700.0
_WARM_S, _LEAK_SHARE = 110.0, 0.05
_LONG_BEFORE_S, _FAR_MORE = 240.0, 1.35
_RISE, _RISE_WITHIN_S, _ROLLED_OUT_S = 0.7, 40.0, 60.0
_KINDS = {
    "health": Question("run_diagnostic", "check_health"),
    "resources": Question("run_diagnostic", "check_resources"),
    "names": Question("run_diagnostic", "check_dns"),
    "links": Question("run_diagnostic", "check_connectivity"),
    "detail": Question("describe_service"),
    "traffic": Question("check_metrics", window=1800.0),
}
FACTS: dict[str, Fact] = {}
QUESTIONS: dict[str, Question] = {}


def fact(asks: str) -> Callable[[Fact], Fact]:
    """Registers a fact under its function's name, with the read that answers it."""

    def register(function: Fact) -> Fact:
        name = function.__name__
        FACTS[name], QUESTIONS[name] = function, _KINDS[asks]
        return function

    return register


def _of_check(command: str, name: str, holds: Callable[[Check], bool]) -> Fact:
    """Whether a check says so; one that the diagnostic does not mention says no."""

    def answer(findings: Findings, suspect: str) -> Answer:
        if findings.checks(suspect, command) is None:
            return UNKNOWN
        check = findings.check(suspect, command, name)
        if check is None:
            return Answer(False, f"{suspect}: nothing about {name}")
        return Answer(holds(check), f"{suspect}: {name}: {check.detail}")

    return answer


def _value(check: Check) -> float:
    return check.value if check.value is not None else 0.0


def _register(name: str, asks: str, function: Fact) -> None:
    FACTS[name], QUESTIONS[name] = function, _KINDS[asks]


def _simple(name: str, asks: str, command: str, check: str, holds: Callable[[float], bool]) -> None:
    _register(name, asks, _of_check(command, check, lambda found: holds(_value(found))))


_H, _R, _N = "check_health", "check_resources", "check_dns"
_simple("requests_end_in_exceptions", "health", _H, "exceptions", lambda v: v > 0.01)
_simple("requests_are_turned_away", "health", _H, "rate limit", lambda v: v > 0.02)
_simple("direct_clients_ask_much", "health", _H, "direct clients", lambda v: v > 0.1)
_simple("clock_is_wrong", "health", _H, "clock", lambda v: abs(v) > 30)
_simple("writes_are_refused", "health", _H, "writes", lambda v: v > 0)
_simple("one_message_blocks", "health", _H, "consumption", lambda v: v > 0)
_simple("bundled_certificate", "health", _H, "certificate", lambda v: v < 0)
_simple("certificate_has_expired", "health", _H, "certificate", lambda v: v > 0)
_simple("probes_time_out", "health", _H, "liveness", lambda v: v > 0.1)
_simple("load_is_over_capacity", "health", _H, "load", lambda v: v > 0.93)
_simple("canary_gets_traffic", "health", _H, "canary", lambda v: v > 0)
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
_simple("resolver_cache_is_broken", "names", _N, "", lambda v: False)


def _first_name_check(code: float) -> Fact:
    def answer(findings: Findings, suspect: str) -> Answer:
        checks = findings.checks(suspect, _N)
        if checks is None:
            return UNKNOWN
        bad = [check for check in checks if not check.ok and _value(check) == code]
        return Answer(bool(bad), f"{suspect}: {bad[0].name}: {bad[0].detail}" if bad else f"{suspect}: no such lookup")

    return answer


_register("resolver_cache_is_broken", "names", _first_name_check(1.0))
_register("resolver_does_not_answer", "names", _first_name_check(2.0))
_register("one_name_does_not_exist", "names", _first_name_check(3.0))


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
def node_is_burnt(findings: Findings, suspect: str) -> Answer:
    return _names_somebody(findings, suspect, "node")


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


@fact("detail")
def somebody_starves(findings: Findings, suspect: str) -> Answer:
    names = [row.name for row in findings.rows.values() if row.replicas_ready == 0 < row.replicas_desired]
    return Answer(bool(names), f"no pods ready: {', '.join(names)}" if names else "every service has pods")


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


# releases, configuration, ends ------------------------------------------------------------------------------------
def _newest_age(findings: Findings, suspect: str) -> float | None:
    """Seconds since the running release (or the canary) was rolled out."""
    detail = findings.details.get(suspect)
    if detail is None:
        return None
    version = detail.canary_version or detail.version
    return next((deploy.seconds_ago for deploy in detail.rollouts if deploy.version == version), None)


def _released_before(low: float, high: float) -> Fact:
    """Whether the newest release is so many seconds older than the service's trouble."""

    def answer(findings: Findings, suspect: str) -> Answer:
        detail, age = findings.details.get(suspect), _newest_age(findings, suspect)
        if detail is None or age is None:
            return UNKNOWN
        sick = _sick_seconds(findings, suspect)
        matches = sick is not None and low <= age - sick <= high
        when = f"unwell for {sick:.0f} s" if sick is not None else "not unwell"
        return Answer(matches, f"{suspect}: {detail.version} rolled out {age:.0f} s ago, {when}")

    return answer


def _sick_seconds(findings: Findings, suspect: str) -> float | None:
    """For how long a service had been unwell when it was described first."""
    detail = findings.details.get(suspect)
    return detail.unhealthy_seconds if detail else None


_register("released_just_before", "detail", _released_before(-25.0, 165.0))
_register("released_a_while_before", "detail", _released_before(-25.0, 600.0))


@fact("detail")
def released_lately(findings: Findings, suspect: str) -> Answer:
    detail, age = findings.details.get(suspect), _newest_age(findings, suspect)
    if detail is None or age is None:
        return UNKNOWN
    return Answer(age < RECENT_S, f"{suspect}: {detail.version} rolled out {age / 60:.0f} min ago")


@fact("detail")
def canary_runs(findings: Findings, suspect: str) -> Answer:
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    share = detail.canary_percent or 0.0
    return Answer(share > 0, f"{suspect}: canary {detail.canary_version} gets {share:.0f} %")


@fact("detail")
def killed_for_memory(findings: Findings, suspect: str) -> Answer:
    return _ended(findings, suspect, "OOMKilled")


@fact("detail")
def killed_by_probe(findings: Findings, suspect: str) -> Answer:
    return _ended(findings, suspect, "Error")


def _ended(findings: Findings, suspect: str, reason: str) -> Answer:
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    last = detail.last_termination
    if last is None:
        return Answer(False, f"{suspect}: never terminated")
    ended = last.reason == reason and last.seconds_ago < _JUST_KILLED_S
    return Answer(ended, f"{suspect}: last termination {last.reason} {last.seconds_ago:.0f} s ago")


def _config_is(key: str, wrong: Callable[[float], bool]) -> Fact:
    def answer(findings: Findings, suspect: str) -> Answer:
        if suspect not in findings.details:
            return UNKNOWN
        value = findings.setting(suspect, key)
        shown = dict(findings.details[suspect].config).get(key, "not set")
        return Answer(value is not None and wrong(value), f"{suspect}: {key}={shown}")

    return answer


_register("log_level_is_debug", "detail", _config_is("log.level", lambda v: v >= 1))
_register("renewal_is_off", "detail", _config_is("tls.renewal", lambda v: v == 0))
_register("feature_is_on", "detail", _config_is("feature.rollout", lambda v: v > 0))
_register("autoscaler_is_there", "detail", _config_is("hpa.max_replicas", lambda v: v > 0))
_register("threads_are_few", "detail", _config_is("server.threads.max", lambda v: v < 20))
_register("timeout_is_short", "detail", _config_is("client.timeout_ms", lambda v: v < 700))


def _was_lowered(key: str) -> Fact:
    """Whether the audit trail says that somebody lowered it."""

    def answer(findings: Findings, suspect: str) -> Answer:
        detail = findings.details.get(suspect)
        if detail is None:
            return UNKNOWN
        for change in detail.config_changes:
            if change.key == key:
                return Answer(
                    change.old != change.new,
                    f"{suspect}: {key} {change.old} -> {change.new}, {change.seconds_ago:.0f} s ago",
                )
        return Answer(False, f"{suspect}: nobody changed {key}")

    return answer


_register("memory_limit_was_lowered", "detail", _was_lowered("memory.limit"))
_register("pool_was_lowered", "detail", _was_lowered("db.pool.max_size"))
_register("rate_limit_was_lowered", "detail", _was_lowered("rate_limit.rps"))
_register("ttl_was_lowered", "detail", _was_lowered("cache.ttl_seconds"))


def _event(words: str) -> Fact:
    def answer(findings: Findings, suspect: str) -> Answer:
        detail = findings.details.get(suspect)
        if detail is None:
            return UNKNOWN
        found = [event for event in detail.events if words in event]
        return Answer(bool(found), f"{suspect}: {found[0]}" if found else f"{suspect}: no such event")

    return answer


_register("pods_are_refused", "detail", _event("exceeded quota"))
_register("pods_do_not_fit", "detail", _event("Insufficient memory"))


@fact("resources")
def deadlock_began_with_release(findings: Findings, suspect: str) -> Answer:
    """Whether threads are stuck since about when the running release came."""
    check, age = findings.check(suspect, _R, "threads"), _newest_age(findings, suspect)
    if check is None or age is None or "deadlock for" not in check.detail:
        return UNKNOWN
    read_at = findings.diagnostics_at[suspect, _R] - findings.details_at[suspect]
    stuck = float(check.detail.rsplit("for ", 1)[1].split(" ")[0])
    matches = -45 <= age + read_at - stuck <= 60
    return Answer(matches, f"{suspect}: released {age + read_at:.0f} s ago, deadlocked for {stuck:.0f} s")


@fact("detail")
def somebody_has_grown(findings: Findings, suspect: str) -> Answer:
    names = grown(findings)
    return Answer(bool(names), f"grown: {', '.join(names)}" if names else "no service has grown")


def grown(findings: Findings) -> list[str]:
    """Services with more replicas than a service of this size usually asks for, largest first."""
    rows = [row for row in findings.rows.values() if row.replicas_desired >= 4]
    return [row.name for row in sorted(rows, key=lambda row: -row.replicas_desired)]


# what speaks against a cure afterwards -------------------------------------------------------------------------------
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
