"""Diagnostics of a service: what its objects say, beside what its log and those of its neighbours show. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from praetor.resources.ops import ServiceFacts
from praetor.substrates.cluster.cpu import cpu_checks
from praetor.substrates.cluster.health import is_stuck
from praetor.substrates.cluster.network import service_checks
from praetor.substrates.cluster.pods import Pod, is_only_late, was_killed_for_memory
from praetor.substrates.cluster.settings import values_of
from praetor.substrates.cluster.sightings import Seen
from praetor.substrates.cluster.waiting import newly_back, waits_for_others
from praetor.substrates.live.checks import diagnosed
from praetor.substrates.live.sight import Sight
from simcore.observation import Check, Diagnostic, LogLine
from simcore.settings import BY_NAME

_NEARLY, _NEWLY_BACK = 0.9, 0.1
_TIMEOUT_KEY = "client.timeout_ms"


def diagnostic(
    seen: Seen, service: str, command: str, lines: Mapping[str, Sequence[LogLine]], lookups: Sequence[Check] = ()
) -> Diagnostic:
    """`lines` are those of the service and its neighbours that are newer than the last change; `lookups` what asking
    for its names gave."""
    facts = {
        name: ServiceFacts(name=name, calls=seen.calls.get(name, []), runtime=seen.runtime(name) or None)
        for name in seen.names
    }
    around = {service, *seen.calls.get(service, ()), *seen.callers(service)}
    sight = Sight(
        service,
        {name: seen.health(name) for name in seen.names},
        facts,
        {name: seen.metrics(name) for name in around},
        {name: lines.get(name, ()) for name in around},
    )
    own = {"check_health": _health, "check_resources": _resources, "check_connectivity": _connectivity}.get(command)
    return diagnosed(sight, command, [*(own(seen, service) if own else ()), *lookups])


def _health(seen: Seen, service: str) -> Iterator[Check]:
    workload = seen.workloads[service]
    ready, wanted = workload.ready, workload.wanted
    yield Check("readiness", ready >= wanted > 0, f"{ready} of {wanted} pods ready", float(ready))
    is_held_up = waits_for_others(seen, service) or any(not check.ok for check in cpu_checks(seen, service))
    if failing := [pod for pod in workload.troubled if fails_by_itself(pod, is_held_up=is_held_up)]:
        share = min(len(failing) / max(wanted, 1), 1.0)
        detail = f"{len(failing)} of {len(workload.pods)} pods cannot run: {failing[0].trouble}"
        yield Check("exceptions", False, detail[:300], share)
    elif ended := [pod for pod in workload.pods if pod.last is not None and pod.last.reason == "Error"]:
        last = min((pod.last for pod in ended if pod.last), key=lambda one: one.seconds_ago)
        if last.seconds_ago < 600:
            detail = f"containers end with exit code {last.exit_code}, last {last.seconds_ago:.0f} s ago"
            yield Check("exceptions", False, detail, len(ended) / max(wanted, 1))
    if is_stuck(workload):
        yield Check("rollout", False, f"{workload.version} does not become ready: Kubernetes has given it up")
    if workload.spec.get("paused"):
        yield Check("rollout", False, "paused: a change of its pods takes effect once somebody resumes it")
    for event in workload.events:
        if event.reason == "Unhealthy" and event.last_ago < 120:
            kind = "liveness probe" if event.message.startswith("Liveness") else "readiness probe"
            yield Check(kind, False, event.message[:200], float(event.count))


def fails_by_itself(pod: Pod, *, is_held_up: bool = False) -> bool:
    """Whether its own code, image or configuration keeps it from running: neither memory nor room does, nor is it held
    up by a lack of CPU or by others."""
    reason = pod.trouble.partition(":")[0]
    if is_held_up and is_only_late(pod):
        return False
    return not was_killed_for_memory(pod) and reason not in ("Unschedulable", "SchedulingGated", "Evicted")


def _resources(seen: Seen, service: str) -> Iterator[Check]:
    workload, usage = seen.workloads[service], seen.usage(service)
    killed = [pod for pod in workload.pods if was_killed_for_memory(pod)]
    if killed and killed[0].last is not None and killed[0].last.seconds_ago < 600:
        limit = f" of {usage.memory_limit_mib:.0f}Mi" if usage.memory_limit_mib else ""
        ago = killed[0].last.seconds_ago
        yield Check("memory", False, f"killed at its limit{limit} (OOMKilled, exit 137) {ago:.0f} s ago", 1.0)
    elif usage.memory_share is not None:
        share, used, limit_mib = usage.memory_share, usage.memory_mib, usage.memory_limit_mib
        yield Check("memory", share < _NEARLY, f"{used:.0f}Mi of {limit_mib:.0f}Mi", share)
    yield from cpu_checks(seen, service)
    for event in workload.events:
        if event.reason in ("FailedCreate", "FailedScheduling"):
            yield Check("room", False, event.message[:300])


def _connectivity(seen: Seen, service: str) -> Iterator[Check]:
    yield from service_checks(seen, service)
    for callee in seen.calls.get(service, ()):
        workload = seen.workloads[callee]
        ready, wanted = workload.ready, workload.wanted
        lacking = 1.0 - min(ready / wanted, 1.0) if wanted else 1.0
        failing = (seen.requests[callee].failing_share or 0.0) if callee in seen.requests else 0.0
        share = max(1.0 if not ready else 0.0, failing, 0.5 * lacking)
        detail = f"{seen.health(callee)}, {ready} of {wanted} pods ready"
        if (served := newly_back(seen, service, callee)) is not None:
            share, detail = max(share, _NEWLY_BACK), f"{detail}, and for {served:.0f} s only"
        if share >= 0.02:  # else what the caller's own log tells of the way is the better answer
            yield Check(f"connect {callee}", False, detail, share, callee)
        yield from _patience(seen, service, callee)


def _patience(seen: Seen, service: str, callee: str) -> Iterator[Check]:
    """How long it waits for an answer, where that is a setting."""
    for one in values_of(seen.settings, seen.workloads[service], seen.config_maps):
        if one.setting.key == _TIMEOUT_KEY and one.text is not None:
            try:
                limit_ms = BY_NAME[_TIMEOUT_KEY].parse(one.text)
            except ValueError as problem:
                yield Check(f"timeouts to {callee}", False, str(problem), None, callee)
                return
            yield Check(f"timeouts to {callee}", limit_ms >= 700, f"gives up after {limit_ms:.0f} ms", limit_ms, callee)
