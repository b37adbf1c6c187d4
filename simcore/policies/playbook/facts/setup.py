"""Facts that a description of a service tells: its releases, its configuration, how its containers ended."""

from collections.abc import Callable

from simcore.policies.playbook.facts.model import UNKNOWN, Answer, Fact, fact, register, span
from simcore.policies.playbook.findings import Findings

_RECENT_S = 3300.0
_JUST_KILLED_S, _LONG_AGO_S = 700.0, 1e9
_ROLLED_OUT_S, _TOO_SOON_S = 60.0, 20.0
_R = "check_resources"


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
        when = f"unwell for {span(sick)}" if sick is not None else "not unwell"
        return Answer(matches, f"{suspect}: {detail.version} rolled out {span(age)} ago, {when}")

    return answer


def _sick_seconds(findings: Findings, suspect: str) -> float | None:
    """For how long a service had been unwell when it was described first."""
    detail = findings.details.get(suspect)
    return detail.unhealthy_seconds if detail else None


register("released_just_before", "detail", _released_before(-25.0, 165.0))
register("released_a_while_before", "detail", _released_before(-25.0, 600.0))


@fact("detail")
def released_lately(findings: Findings, suspect: str) -> Answer:
    detail, age = findings.details.get(suspect), _newest_age(findings, suspect)
    if detail is None or age is None:
        return UNKNOWN
    return Answer(age < _RECENT_S, f"{suspect}: {detail.version} rolled out {span(age)} ago")


@fact("detail")
def canary_runs(findings: Findings, suspect: str) -> Answer:
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    share = detail.canary_percent or 0.0
    running = f"canary {detail.canary_version} gets {share:.0f} %" if share > 0 else "no canary runs"
    return Answer(share > 0, f"{suspect}: {running}")


@fact("detail")
def killed_for_memory(findings: Findings, suspect: str) -> Answer:
    return _ended(findings, suspect, "OOMKilled")


@fact("detail")
def killed_by_probe(findings: Findings, suspect: str) -> Answer:
    return _ended(findings, suspect, "Error")


def _ended(findings: Findings, suspect: str, reason: str) -> Answer:
    """Whether its last container ended so, lately and since whatever was done about it."""
    detail = findings.details.get(suspect)
    if detail is None:
        return UNKNOWN
    last = detail.last_termination
    if last is None:
        return Answer(False, f"{suspect}: never terminated")
    since = findings.details_at[suspect] - findings.changed_at.get(suspect, -_LONG_AGO_S)
    if since < _ROLLED_OUT_S + _TOO_SOON_S:
        return UNKNOWN
    ended = last.reason == reason and last.seconds_ago < min(_JUST_KILLED_S, since - _ROLLED_OUT_S)
    return Answer(ended, f"{suspect}: last termination {last.reason} {span(last.seconds_ago)} ago")


def _config_is(key: str, wrong: Callable[[float], bool]) -> Fact:
    def answer(findings: Findings, suspect: str) -> Answer:
        if suspect not in findings.details:
            return UNKNOWN
        value = findings.setting(suspect, key)
        shown = dict(findings.details[suspect].config).get(key, "not set")
        return Answer(value is not None and wrong(value), f"{suspect}: {key}={shown}")

    return answer


register("log_level_is_debug", "detail", _config_is("log.level", lambda v: v >= 1))
register("renewal_is_off", "detail", _config_is("tls.renewal", lambda v: v == 0))
register("feature_is_on", "detail", _config_is("feature.rollout", lambda v: v > 0))
register("autoscaler_is_there", "detail", _config_is("hpa.max_replicas", lambda v: v > 0))
register("threads_are_few", "detail", _config_is("server.threads.max", lambda v: v < 20))
register("timeout_is_short", "detail", _config_is("client.timeout_ms", lambda v: v < 700))


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


register("memory_limit_was_lowered", "detail", _was_lowered("memory.limit"))
register("pool_was_lowered", "detail", _was_lowered("db.pool.max_size"))
register("ttl_was_lowered", "detail", _was_lowered("cache.ttl_seconds"))


def _event(words: str) -> Fact:
    def answer(findings: Findings, suspect: str) -> Answer:
        detail = findings.details.get(suspect)
        if detail is None:
            return UNKNOWN
        found = [event for event in detail.events if words in event]
        return Answer(bool(found), f"{suspect}: {found[0]}" if found else f"{suspect}: no event says {words!r}")

    return answer


register("pods_are_refused", "detail", _event("exceeded quota"))
register("pods_do_not_fit", "detail", _event("Insufficient memory"))


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
