"""What a service writes: sources of log lines by how it is, never by what was done to it.

A source is `(code, weight, number, number)`; `simcore.words.log_lines` has the words of each code, by language.
"""

from simcore.kernel import layout as at
from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.conditions import DEBUG_LEVEL, released_errors
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.observe import OUT_COLUMNS, OUT_COUNT, OUT_PAYLOAD
from simcore.kernel.serve import locked

(
    PROBED, SERVED, FLUSHED, UNCHANGED, DEBUGGED, CHRONIC_1, CHRONIC_2, CHRONIC_3, CHRONIC_4, STARTED,
    MEMORY_PRESSURE, GC_PAUSED, CONNECTION_HELD, LOCK_WAITED, QUERY_WAS_SLOW, REPLICA_BEHIND, CACHE_MISSED, LAG_GROWS,
    MESSAGE_RETRIED, TURNED_AWAY, GOT_429,
    OUT_OF_MEMORY, NO_CONNECTION, CONNECTIONS_RESERVED, CALL_FAILED, CALL_REFUSED, CALL_LATE, QUEUE_FULL, DISK_IS_FULL,
    CERTIFICATE_EXPIRED, NAME_UNRESOLVED, LOGIN_FAILED, LOCK_TIMED_OUT, WRITE_REFUSED, TOKEN_REFUSED, OUTSIDE_FAILED,
    EXECUTOR_FULL, PUBLISH_FAILED, HANDLER_FAILED, REQUEST_FAILED, NOTHING,
) = range(41)  # fmt: skip
FIRST_WARNING, FIRST_ERROR = MEMORY_PRESSURE, OUT_OF_MEMORY
SOURCE_COLUMNS = 4
MAX_SOURCES = 34
_RECENT_S = 300.0
_LEAK_DETECTION_S = 5.0


@inlined
def write(out: Floats, code: int, weight: float, first: float, second: float) -> None:
    count = int(out[OUT_COUNT])
    if weight <= 0.0 or count >= MAX_SOURCES:
        return
    o = out[OUT_PAYLOAD + SOURCE_COLUMNS * count :]
    o[0], o[1], o[2], o[3] = code, weight, first, second
    out[OUT_COUNT] = count + 1


@compiled
def write_chatter(services: Floats, facts: Floats, s: int, seed: int, out: Floats) -> None:
    write(out, PROBED, 2.0, 0.0, 0.0)
    write(out, SERVED, 2.0, 0.0, 0.0)
    write(out, FLUSHED, 0.6, 0.0, 0.0)
    write(out, UNCHANGED, 0.5, 0.0, 0.0)
    if services[s, at.LOG_LEVEL] >= DEBUG_LEVEL:
        write(out, DEBUGGED, 12.0, 0.0, 0.0)
    if (int(facts[at.CHRONIC]) >> s) & 1:
        write(out, CHRONIC_1 + ((seed >> (2 * (s % 24))) & 3), 0.8, 0.0, 0.0)


@compiled
def write_memory(services: Floats, clock: Floats, s: int, out: Floats) -> None:
    if clock[at.NOW_S] - services[s, at.OOM_AT] < _RECENT_S:
        write(out, OUT_OF_MEMORY, 4.0, 0.0, 0.0)
    if clock[at.NOW_S] - max(services[s, at.OOM_AT], services[s, at.KILLED_AT]) < _RECENT_S:
        write(out, STARTED, 1.5, 0.0, 0.0)
    used, limit = services[s, at.MEM_MB], max(services[s, at.MEM_LIMIT_MB], 1.0)
    if services[s, at.GC_SHARE] > 0.02 or used > 0.85 * limit:
        write(out, MEMORY_PRESSURE, 2.0, used, limit)
    if services[s, at.GC_SHARE] > 0.1:
        write(out, GC_PAUSED, 2.0, 1000.0 * services[s, at.GC_SHARE], 0.0)


@compiled
def write_database(services: Floats, s: int, out: Floats) -> None:
    """What a database says of itself."""
    held = services[s, at.CONNS] / max(services[s, at.POOL_MAX], 1.0)
    if held > 0.95:
        write(out, CONNECTIONS_RESERVED, 4.0, services[s, at.CONNS], services[s, at.POOL_MAX])
    if services[s, at.LOCK_BUSY] > 0.5:
        write(out, LOCK_WAITED, 3.0, 1000.0 * min(services[s, at.LOCK_BUSY], 8.0), 0.0)
    if services[s, at.LOCK_BUSY] > 0.5 or services[s, at.SCAN_FACTOR] > 1.2 or services[s, at.CPU_PERCENT] > 95.0:
        write(out, QUERY_WAS_SLOW, 3.0, services[s, at.MEAN_MS] * 4.0, 0.0)
    if services[s, at.READ_ONLY] > 0.0:
        write(out, WRITE_REFUSED, 3.0, 0.0, 0.0)
    if services[s, at.REPLICA_LAG_S] > 10.0:
        write(out, REPLICA_BEHIND, 2.0, services[s, at.REPLICA_LAG_S], 0.0)


@compiled
def write_client(services: Floats, releases: Floats, s: int, out: Floats) -> None:
    """What a client says of its database."""
    d = int(services[s, at.DATABASE])
    if d < 0 or d == s:
        return
    if services[d, at.CONNS] > 0.95 * services[d, at.POOL_MAX] and services[d, at.OWN_FAIL] > 0.02:
        write(out, NO_CONNECTION, 4.0, 0.0, 0.0)
    held = services[s, at.LEAKED_CONN] / max(releases[s, int(services[s, at.RELEASE]), at.CONN_LEAK_PER_S], 1e-3)
    held = max(held, services[d, at.MEAN_MS] / 100.0)
    if held > _LEAK_DETECTION_S:
        write(out, CONNECTION_HELD, 1.2, held, 0.0)
    if services[s, at.AUTH_BROKEN] > 0.02:
        write(out, LOGIN_FAILED, 3.0, d, 0.0)
    if locked(services, d)[2] > 0.01 or services[d, at.LOCK_BUSY] > 0.9:
        write(out, LOCK_TIMED_OUT, 3.0, 0.0, 0.0)
    if services[d, at.READ_ONLY] > 0.0:
        write(out, WRITE_REFUSED, 2.0, 0.0, 0.0)
    if services[s, at.CACHE_KEYS] > 0.0 and services[s, at.HIT] < 0.6:
        write(out, CACHE_MISSED, 2.0, 100.0 * services[s, at.HIT], 0.0)


@compiled
def write_calls(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int, out: Floats) -> None:
    """What a caller says of those it calls."""
    if services[s, at.DNS_BROKEN] > 0.02 and first[s + 1] > first[s]:
        write(out, NAME_UNRESOLVED, 3.0, callees[first[s]], 0.0)
    for e in range(first[s], first[s + 1]):
        c = callees[e]
        if edges[e, at.IS_ASYNC] > 0.0:
            if services[c, at.LAG_REFUSED] > 0.02:
                write(out, PUBLISH_FAILED, 3.0, c, 0.0)
            continue
        failing = services[c, at.FAIL]
        if services[c, at.TLS_BROKEN] > 0.02:
            write(out, CERTIFICATE_EXPIRED, 3.0, c, 0.0)
        if services[c, at.NET_POLICY] > 0.0 or services[c, at.MEAN_MS] > 0.5 * services[s, at.CLIENT_TIMEOUT_MS]:
            write(out, CALL_LATE, 3.0, c, services[s, at.CLIENT_TIMEOUT_MS])
        if services[c, at.LIMITED] > 0.02:
            write(out, GOT_429, 2.0, c, 0.0)
        if failing >= 0.02 and services[c, at.READY] <= 0.0:
            write(out, CALL_REFUSED, 3.0, c, 0.0)
        elif failing >= 0.02:
            write(out, CALL_FAILED, 1.0 + 3.0 * failing, c, 0.0)


@compiled
def write_own(services: Floats, releases: Floats, s: int, out: Floats) -> None:
    """What a service says of its own trouble."""
    if services[s, at.DISK_USED_MB] >= services[s, at.DISK_MB]:
        write(out, DISK_IS_FULL, 3.0, 0.0, 0.0)
    if services[s, at.LIMITED] > 0.02:
        write(out, TURNED_AWAY, 3.0, 0.0, 0.0)
    if abs(services[s, at.CLOCK_OFFSET_S]) > 60.0:
        write(out, TOKEN_REFUSED, 3.0, 0.0, 0.0)
    if services[s, at.EXTERNAL_SHARE] > 0.0 and services[s, at.FALLBACK] <= 0.0:
        if services[s, at.EXTERNAL_FAIL] > 0.05 or services[s, at.EXTERNAL_MS] > 1000.0:
            write(out, OUTSIDE_FAILED, 3.0, 0.0, 0.0)
    if services[s, at.THREADS_BUSY] > 0.98:
        write(out, EXECUTOR_FULL, 2.0, 0.0, 0.0)
    if min(services[s, at.EXTRA_ERRORS] + released_errors(services, releases, s), 1.0) > 0.02:
        write(out, HANDLER_FAILED, 3.0, 0.0, 0.0)
    if services[s, at.IS_CONSUMER] > 0.0 and services[s, at.LAG] > 0.2 * services[s, at.TOPIC_LIMIT]:
        write(out, LAG_GROWS, 2.0, services[s, at.LAG], 0.0)
        if services[s, at.POISON] > 0.0 and services[s, at.DEAD_LETTER] <= 0.0:
            write(out, MESSAGE_RETRIED, 2.0, 0.0, 0.0)
    if services[s, at.OWN_FAIL] > 0.05 and services[s, at.READY] > 0.0 and services[s, at.BACKLOG] > 1.0:
        write(out, QUEUE_FULL, 1.5, 0.0, 0.0)


@compiled
def shorten(out: Floats) -> None:
    """What is left of it where only requests and their status are written."""
    for k in range(int(out[OUT_COUNT])):
        source = out[OUT_PAYLOAD + SOURCE_COLUMNS * k :]
        if source[0] >= FIRST_ERROR:
            source[0] = REQUEST_FAILED
        elif source[0] >= FIRST_WARNING:
            source[0] = NOTHING


@compiled
def show_logs(
    clock: Floats, facts: Floats, services: Floats, releases: Floats, edges: Floats, first: Ints, callees: Ints,
    s: int, seed: int, out: Floats,
) -> None:  # fmt: skip
    """The sources of a service's lines."""
    out[OUT_COUNT] = 0.0
    write_chatter(services, facts, s, seed, out)
    write_memory(services, clock, s, out)
    if services[s, at.POOL_MAX] > 0.0:
        write_database(services, s, out)
    write_client(services, releases, s, out)
    write_own(services, releases, s, out)
    write_calls(services, edges, first, callees, s, out)
    if (int(facts[at.TERSE]) >> s) & 1:
        shorten(out)
    out[OUT_COLUMNS - 1] = services[s, at.HEALTH]
