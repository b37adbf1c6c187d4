"""Diagnostics of a site: its contract has none, so that they say what metrics and log lines show."""

from collections.abc import Iterable, Iterator, Sequence

from praetor.substrates.live.sight import Sight
from praetor.substrates.live.signs import Sign, seen, signs_for
from simcore.observation import Check, Diagnostic, LogLine

_NEARLY, _FAILING, _SLOW_MS = 0.95, 0.02, 400.0
_LEAST_SHARE = 0.03
"""What a line that was just written speaks of, where the figures are older than it."""


def diagnosed(sight: Sight, command: str, known: Sequence[Check] = ()) -> Diagnostic:
    """`known` is what somebody knows better than metrics: it stands for what they would say under the same name."""
    always = {"check_health": _health, "check_resources": _resources, "check_connectivity": _calls}.get(command)
    better = {check.name for check in known}
    measured = [*known, *(check for check in (always(sight) if always else ()) if check.name not in better)]
    checks = _merged(measured, [*_own(sight, command), *_told_by_callers(sight, command)])
    return Diagnostic(sight.service, command, tuple(checks) or (Check(command, True, "nothing to be seen"),))


def _merged(measured: Sequence[Check], shown: Iterable[Check]) -> list[Check]:
    """One check of each name: what a figure shows as bad, else what a line shows, else the figure."""
    found = {(check.name, check.about if check.name == "locks" else None): check for check in measured}
    for check in shown:
        key = (check.name, check.about if check.name == "locks" else None)
        if key not in found or found[key].ok:
            found[key] = check
    return list(found.values())


def _health(sight: Sight) -> Iterator[Check]:
    health, metrics = sight.health[sight.service], sight.figures(sight.service)
    yield Check("readiness", health == "healthy", health)
    if metrics.error_rate_percent is not None:
        share = sight.failing(sight.service)
        yield Check("requests", share < _FAILING, f"{100 * share:.1f} % fail", share)
    if metrics.request_latency_p99_ms is not None:
        p99 = metrics.request_latency_p99_ms
        yield Check("latency", p99 < _SLOW_MS, f"p99 {p99:.0f} ms", p99)
    if seen("rate limit", sight.lines[sight.service]) is not None:
        now = "" if metrics.requests_per_second is None else f"{metrics.requests_per_second:.0f} requests/s; "
        told = f"{now}requests go beyond the limit, and nothing tells of a change of the limit"
        yield Check("direct clients", False, told, max(sight.failing(sight.service), 2 * _LEAST_SHARE + 0.05))


def _resources(sight: Sight) -> Iterator[Check]:
    metrics = sight.figures(sight.service)
    used, limit = metrics.memory_mb, metrics.memory_limit_mb
    if used is not None and limit:
        yield Check("memory", used < 0.9 * limit, f"{used:.0f}Mi of {limit:.0f}Mi", used / limit)
    if metrics.cpu_percent is not None:
        yield Check("cpu", metrics.cpu_percent < 90, f"{metrics.cpu_percent:.0f} % of a core", metrics.cpu_percent)
    open_now, most = metrics.active_connections, metrics.connection_limit
    if open_now is not None and most:
        yield Check("connections", open_now < _NEARLY * most, f"{open_now:.0f} of {most:.0f}", open_now / most)


def _own(sight: Sight, command: str) -> Iterator[Check]:
    lines = sight.lines[sight.service]
    for sign in signs_for(command, ("writer",)):
        line = sign.seen_in(lines)
        if line is not None:
            yield _check(sign, line, sight.failing(sight.service))


def _told_by_callers(sight: Sight, command: str) -> Iterator[Check]:
    kinds = ("callee", "database") if sight.is_database(sight.service) else ("callee",)
    for sign in signs_for(command, kinds):
        for caller in sight.callers():
            line = sign.seen_in(sight.lines.get(caller, ()))
            if line is not None and _is_about(line, sight.service, caller, sight):
                yield _check(sign, line, sight.failing(caller), about=caller)


def _check(sign: Sign, line: LogLine, failing: float, about: str | None = None) -> Check:
    value = max(failing, _LEAST_SHARE) if sign.value == "failing" else sign.value
    return Check(sign.name, False, f"{sign.detail} ({line.message[-160:]})", value, about)


def _is_about(line: LogLine, callee: str, caller: str, sight: Sight) -> bool:
    """Whether a caller's line may speak of this callee: it names it, or nobody whom it calls."""
    called = sight.facts[caller].calls if caller in sight.facts else (callee,)
    text = line.message.rpartition(" - ")[2]
    named = [name for name in called if name in text]
    return callee in named or not named


def _calls(sight: Sight) -> Iterator[Check]:
    """The way to each service that it calls, as far as its own log tells, and how that one answers."""
    for callee in sight.calls():
        yield _way(sight, callee) or _answers(sight, callee)
        metrics = sight.metrics.get(callee)
        if metrics is not None and metrics.request_latency_p99_ms is not None:
            p99 = metrics.request_latency_p99_ms
            yield Check(f"latency of {callee}", p99 < _SLOW_MS, f"p99 {p99:.0f} ms", p99, callee)


def _way(sight: Sight, callee: str) -> Check | None:
    told = {"resolve": ("writer", "name does not resolve"), "certificate": ("callee", "TLS handshake fails")}
    for name, (of, detail) in told.items():
        line = seen(name, sight.lines[sight.service], (of,))
        if line is not None and _is_about(line, callee, sight.service, sight):
            share = max(sight.failing(sight.service), _LEAST_SHARE)
            return Check(f"connect {callee}", False, f"{detail} ({line.message[-160:]})", share, callee)
    return None


def _answers(sight: Sight, callee: str) -> Check:
    """What fails there; of a database also what its client blames on it."""
    share, health = sight.failing(callee), sight.health.get(callee, "unknown")
    blamed = [name for name in ("locks", "connections") if seen(name, sight.lines[sight.service], ("database",))]
    if blamed and sight.is_database(callee):
        share = max(share, sight.failing(sight.service), _LEAST_SHARE)
    why = f"; its client complains of {', '.join(blamed)}" if blamed and sight.is_database(callee) else ""
    is_unread = callee in sight.health and callee not in sight.metrics
    told = "which stands for figures that could not be read" if is_unread else f"{100 * share:.1f} % fail"
    return Check(f"connect {callee}", share < _FAILING, f"{health}, {told}{why}", share, callee)
