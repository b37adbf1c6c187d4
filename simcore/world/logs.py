"""Log lines: written from the state a service is in, in the words of its language, mixed with what it always says."""

from bisect import bisect
from itertools import accumulate
from typing import NamedTuple

from simcore.observation import LogLine, Logs
from simcore.world import layout as at
from simcore.world.random import uniforms
from simcore.world.world import World

SEVERITIES = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_LONGEST_LOOK_BACK = 2048
_LEAK_DETECTION_S = 5.0  # a transaction of ten calls to a database that answers in half a second
_TROUBLED_WEIGHT = 8.0  # a service in trouble writes twice as much


class Source(NamedTuple):
    """Something that writes lines: how often relative to the others, how bad, and what."""

    weight: float
    severity: str
    message: str


_CHATTER = (
    Source(2.0, "INFO", "GET /healthz 200 1ms"),
    Source(2.0, "INFO", "request completed status=200"),
    Source(0.6, "INFO", "flushed 128 spans to collector"),
    Source(0.5, "DEBUG", "config unchanged, next refresh in 60s"),
)
_CHRONIC = (
    Source(0.8, "WARN", "deprecated header X-Client-Id used by partner integration"),
    Source(0.8, "WARN", "slow metrics scrape: 812ms"),
    Source(0.7, "ERROR", "feature store snapshot older than 24h, using defaults"),
    Source(0.7, "WARN", "TLS session ticket key not rotated for 30 days"),
)
_OUT_OF_MEMORY = {
    "java": "java.lang.OutOfMemoryError: Java heap space",
    "go": "fatal error: runtime: out of memory",
    "node": "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "python": "MemoryError",
    "postgres": "out of memory: failed on request of size 8192",
}
_POOL_TIMEOUT = {
    "java": "org.postgresql.util.PSQLException: could not get a connection from the pool within 1000ms",
    "go": "pq: sorry, too many clients already",
    "node": "TimeoutError: ResourceRequest timed out",
    "python": "sqlalchemy.exc.TimeoutError: QueuePool limit reached, connection timed out",
}


def read_logs(world: World, s: int, step: int, lines: int, severity: str | None, since: float | None) -> Logs:
    """The newest `lines` lines that are as bad as `severity`, newest last; the same step and service give the same."""
    sources = _sources(world, s)
    lowest = SEVERITIES.index(severity) if severity else 0
    wanted = sum(source.weight for source in sources if SEVERITIES.index(source.severity) >= lowest)
    total = sum(source.weight for source in sources)
    look_back = lines if lowest == 0 else min(_LONGEST_LOOK_BACK, round(2.0 * lines * total / max(wanted, 0.01)) + 20)
    units = uniforms(world.incident.noise_seed + 2, (step * 64 + s) * 2 * _LONGEST_LOOK_BACK, 2 * look_back)
    found = _draw_lines(sources, 3.0 if total > _TROUBLED_WEIGHT else 6.0, units)
    kept = [line for line in found if SEVERITIES.index(line.severity) >= lowest] if lowest else found
    kept = kept[:lines] if since is None else [line for line in kept[:lines] if line.seconds_ago <= since]
    return Logs(world.incident.topology.names[s], tuple(reversed(kept)))


def _draw_lines(sources: list[Source], spacing: float, units: list[float]) -> list[LogLine]:
    """The log, newest first: one line about every `spacing` seconds."""
    limits = list(accumulate(source.weight for source in sources))
    found = []
    for number in range(len(units) // 2):
        source = sources[min(bisect(limits, units[2 * number + 1] * limits[-1]), len(sources) - 1)]
        found.append(LogLine(round(spacing * (number + units[2 * number]), 1), source.severity, source.message))
    return found


def _sources(world: World, s: int) -> list[Source]:
    found = list(_CHATTER)
    if s in world.incident.chronic:
        found.append(_CHRONIC[(world.incident.noise_seed >> (2 * s)) & 3])
    found += _memory_lines(world, s) + _connection_lines(world, s) + _upstream_lines(world, s)
    return found


def _memory_lines(world: World, s: int) -> list[Source]:
    row, language = world.state.services[s], world.incident.topology.languages[s]
    found = []
    if world.now - row[at.OOM_AT] < 300.0:
        found.append(Source(4.0, "FATAL", _OUT_OF_MEMORY[language]))
        found.append(Source(1.5, "WARN", "starting up after exit code 137"))
    limit = max(row[at.MEM_LIMIT_MB], 1.0)
    if row[at.GC_SHARE] > 0.02 or row[at.MEM_MB] > 0.85 * limit:
        live = 0.95 * row[at.MEM_MB]  # what leaked is as alive to a collector as what is needed
        found.append(Source(3.0, "WARN", f"memory pressure: {row[at.MEM_MB]:.0f}Mi of {limit:.0f}Mi, "
                            f"live set after full collection {live:.0f}Mi"))  # fmt: skip
    return found


def _connection_lines(world: World, s: int) -> list[Source]:
    topology, services = world.incident.topology, world.state.services
    database, row = topology.database, services[s]
    held = services[database, at.CONNS] / max(services[database, at.POOL_MAX], 1.0)
    if s == database:
        text = f"remaining connection slots are reserved: {row[at.CONNS]:.0f} of {row[at.POOL_MAX]:.0f} in use"
        return [Source(4.0, "ERROR", text)] if held > 0.95 else []
    if topology.calls[s, database] <= 0:
        return []
    found = []
    if services[database, at.OWN_FAIL] > 0.02:
        found.append(Source(4.0, "ERROR", _POOL_TIMEOUT[topology.languages[s]]))
    held_for = _held_seconds(world, s)
    if held_for > _LEAK_DETECTION_S:
        found.append(Source(1.2, "WARN", f"connection held for {held_for:.0f}s without being returned to the pool"))
    return found


def _held_seconds(world: World, s: int) -> float:
    """For how long a connection has been out: a leaked one since it leaked, any one while the database is slow."""
    services, database = world.state.services, world.incident.topology.database
    rate = float(world.state.releases[s, int(services[s, at.RELEASE]), at.CONN_LEAK_PER_S])
    leaked_for = float(services[s, at.LEAKED_CONN]) / rate if rate > 0.0 else 0.0
    return max(leaked_for, float(services[database, at.MEAN_MS]) / 100.0)


def _upstream_lines(world: World, s: int) -> list[Source]:
    topology, services = world.incident.topology, world.state.services
    found = []
    for c in topology.callees(s):
        failing, name = float(services[c, at.FAIL]), topology.names[c]
        if c == topology.database or failing < 0.02:
            continue
        if services[c, at.READY] <= 0:
            found.append(Source(3.0, "ERROR", f"connect to {name}: connection refused"))
        else:
            found.append(Source(1.0 + 3.0 * failing, "ERROR", f"call to {name} failed: 5xx or timeout"))
    if services[s, at.OWN_FAIL] > 0.05 and services[s, at.READY] > 0:
        found.append(Source(1.5, "ERROR", "request queue is full, request rejected"))
    return found
