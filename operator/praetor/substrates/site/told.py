"""What a site says as the payloads that policies read. What it does not say is missing, never made up."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from praetor.resources.ops import ServiceFacts, ServiceMetrics, SiteHealth
from praetor.substrates.live.sight import callers_of, runtime_of
from praetor.substrates.live.signs import signs
from praetor.substrates.live.told import NO_LIMIT
from simcore.observation import Deploy, LastTermination, LogLine, ServiceDetail, ServiceList, ServiceRow

_UNKNOWN = "unknown"
_LONG_AGO_S = 1e7
"""Of versions whose time a site does not tell."""
_POOL_KEY = "db.pool.max_size"


class Endings(NamedTuple):
    """How often processes of a service were killed for their memory, as its log tells, and how long ago last."""

    killed: int = 0
    seconds_ago: float | None = None


def endings_of(lines: Sequence[LogLine]) -> Endings:
    killed = next(sign for sign in signs() if sign.name == "killed")
    found = [line.seconds_ago for line in lines if killed.shows_in(line)]
    return Endings(len(found), found[-1] if found else None)


def service_list(
    health: SiteHealth, facts: Mapping[str, ServiceFacts], endings: Mapping[str, Endings] | None = None
) -> ServiceList:
    told = endings or {}
    rows = (_row(state.name, state.health, facts.get(state.name), told.get(state.name)) for state in health.services)
    return ServiceList(tuple(rows))


def _row(name: str, health: str, facts: ServiceFacts | None, endings: Endings | None) -> ServiceRow:
    wanted = facts.replicas if facts and facts.replicas is not None else 1
    ready = 0 if health in ("crashed", "restarting") else wanted
    version = (facts.version if facts else None) or _UNKNOWN
    return ServiceRow(name, health, ready, wanted, version, endings.killed if endings else 0, runtime_of(name, facts))


def service_detail(
    row: ServiceRow,
    facts: Mapping[str, ServiceFacts],
    metrics: ServiceMetrics,
    endings: Endings,
    unhealthy_seconds: float | None,
) -> ServiceDetail:
    known = facts.get(row.name)
    ended = endings.seconds_ago
    return ServiceDetail(
        name=row.name,
        health=row.health,
        version=row.version,
        replicas_ready=row.replicas_ready,
        replicas_desired=row.replicas_desired,
        restarts=row.restarts,
        memory_limit=NO_LIMIT if metrics.memory_limit_mb is None else f"{metrics.memory_limit_mb:.0f}Mi",
        cpu_limit=_UNKNOWN,
        depends_on=tuple(known.calls) if known else (),
        called_by=tuple(callers_of(row.name, facts)),
        rollouts=_rollouts(known) if known else (),
        config=() if metrics.connection_limit is None else ((_POOL_KEY, f"{metrics.connection_limit:.0f}"),),
        last_termination=None if ended is None else LastTermination("OOMKilled", 137, ended),
        events=(),
        runtime=row.runtime,
        unhealthy_seconds=unhealthy_seconds,
    )


def _rollouts(facts: ServiceFacts) -> tuple[Deploy, ...]:
    """Oldest first, the running version last; before it the one that it replaced, as far as the site tells."""
    if facts.version is None:
        return ()
    others = [version for version in facts.versions if version not in (facts.version, facts.previous_version)]
    before = [facts.previous_version] if facts.previous_version else []
    older = [Deploy(version, _LONG_AGO_S) for version in (*others, *before)]
    return (*older, Deploy(facts.version, _LONG_AGO_S if facts.version_seconds is None else facts.version_seconds))
