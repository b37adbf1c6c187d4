"""One look at all services of a site, as the classifier takes it. What a site does not tell is missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from praetor.guard.errors import GuardedError
from praetor.resources.ops import ServiceFacts, ServiceMetrics, SiteHealth
from praetor.substrates.live.first_look import READ_LINES, figures_of
from praetor.substrates.live.log_lines import log_line
from praetor.substrates.live.sight import runtime_of
from praetor.substrates.live.supposing import supposed
from praetor.substrates.site.errors import SiteError
from praetor.substrates.site.ops_client import OpsClient
from simcore.classifier.look import Look, ServiceLook
from simcore.observation import LogLine


def look_at(ops: OpsClient, now: datetime) -> Look:
    """Raises SiteError, GuardedError where the site does not even tell its health."""
    health, facts = ops.health(), ops.services()
    names = [state.name for state in health.services]
    metrics = {name: found for name in names if (found := _metrics(ops, name)) is not None}
    return look_of(health, facts, metrics, {name: _logs(ops, name) for name in names}, now)


def look_of(
    health: SiteHealth,
    facts: Mapping[str, ServiceFacts],
    metrics: Mapping[str, ServiceMetrics],
    logs: Mapping[str, Sequence[str]],
    now: datetime,
) -> Look:
    """All by service. Who calls whom is supposed from the lines where the site does not say."""
    lines = {state.name: [log_line(text, now) for text in logs.get(state.name, ())] for state in health.services}
    known = facts or supposed(lines)
    return Look(
        [
            _service(one.name, one.health, known.get(one.name), metrics.get(one.name), lines[one.name])
            for one in health.services
        ]
    )


def _service(
    name: str, health: str, facts: ServiceFacts | None, metrics: ServiceMetrics | None, lines: Sequence[LogLine]
) -> ServiceLook:
    return ServiceLook(
        name=name,
        health=health,
        runtime=runtime_of(name, facts),
        figures=figures_of(metrics),
        lines=lines,
        calls=tuple(facts.calls) if facts is not None else (),
        released_seconds=facts.version_seconds if facts is not None else None,
        replicas_desired=facts.replicas if facts is not None else None,
    )


def _metrics(ops: OpsClient, name: str) -> ServiceMetrics | None:
    try:
        return ops.metrics(name)
    except (SiteError, GuardedError):
        return None


def _logs(ops: OpsClient, name: str) -> Sequence[str]:
    try:
        return ops.logs(name, READ_LINES)
    except (SiteError, GuardedError):
        return ()
