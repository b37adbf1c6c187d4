"""The numbers behind the four diagnostics: what a probe, a look at limits, a connection or a name lookup finds now."""

from simcore.kernel import layout as at
from simcore.kernel.clients import queries_per_s
from simcore.kernel.compiled import compiled
from simcore.kernel.conditions import call_outside, disk_rate, released_errors, stolen_cpu
from simcore.kernel.layout import Floats, Ints
from simcore.kernel.memory import probe_failures
from simcore.kernel.observe import OUT_COUNT, OUT_PAYLOAD
from simcore.kernel.pods import used_quota
from simcore.kernel.queueing import percentile_99
from simcore.kernel.serve import locked

CONNECTIVITY, HEALTH, RESOURCES, NAMES = range(4)
(
    E_CALLEE, E_UP, E_FAIL, E_P99_MS, E_ATTEMPTS, E_TLS, E_DELAY_MS, E_LOSS, E_POLICY, E_MTU, E_LOGIN, E_NAMES, E_ASYNC,
    E_TOPIC_FULL, E_LIMITED, E_LATE, E_TIMEOUT_MS,
) = range(17)  # fmt: skip
CALLEE_COLUMNS = 17

(
    R_MEMORY, R_MEMORY_LIMIT, R_CPU, R_THROTTLED, R_THREADS, R_STUCK, R_STUCK_AGE, R_WORKERS, R_DISK, R_DISK_SIZE,
    R_DISK_RATE, R_QUOTA_USED, R_QUOTA, R_NODES_USED, R_NODES, R_CONNS, R_CONN_LIMIT, R_LOCK_BUSY, R_LOCK_HOLDER,
    R_LOCK_MS, R_LOCK_IDLE, R_SCANS, R_REPLICA_LAG, R_STOLEN, R_HOG, R_HOT_SHARE, R_HIT, R_GC,
    R_TOP_HOLDER, R_HELD, R_TOP_ASKER, R_ASK_SHARE, R_BURNT, R_HERD,
) = range(34)  # fmt: skip
(
    H_UP, H_DESIRED, H_OWN, H_LIMITED, H_PROBES, H_CLOCK, H_UNWRITTEN, H_READ_ONLY, H_OUTSIDE, H_OUTSIDE_MS, H_LAG,
    H_LAG_LIMIT, H_STALLED, H_EXCEPTIONS, H_ARRIVAL, H_CAPACITY, H_CANARY, H_DIRECT, H_TLS, H_OWN_MS,
) = range(20)  # fmt: skip
_A_MOMENT_S = 10.0  # over which a client's queries are counted


@compiled
def show_callees(services: Floats, edges: Floats, first: Ints, callees: Ints, s: int, out: Floats) -> None:
    """For each call of `s`: what the way there and the callee make of it."""
    out[OUT_COUNT] = first[s + 1] - first[s]
    for k in range(first[s + 1] - first[s]):
        e = first[s] + k
        c = callees[e]
        o = out[OUT_PAYLOAD + CALLEE_COLUMNS * k :]
        o[E_CALLEE], o[E_UP], o[E_FAIL] = c, services[c, at.UP], services[c, at.FAIL]
        o[E_P99_MS] = percentile_99(services[c, at.MEAN_MS], services[c, at.VAR_MS2])
        o[E_ATTEMPTS], o[E_TLS], o[E_DELAY_MS] = (
            edges[e, at.ATTEMPTS],
            services[c, at.TLS_BROKEN],
            services[c, at.NET_DELAY_MS],
        )
        o[E_LOSS], o[E_POLICY], o[E_MTU] = services[c, at.NET_LOSS], services[c, at.NET_POLICY], services[c, at.NET_MTU]
        o[E_LOGIN] = services[s, at.AUTH_BROKEN] if c == services[s, at.DATABASE] else 0.0
        o[E_NAMES], o[E_ASYNC] = services[s, at.DNS_BROKEN], edges[e, at.IS_ASYNC]
        o[E_TOPIC_FULL], o[E_LIMITED] = services[c, at.LAG_REFUSED], services[c, at.LIMITED]
        o[E_LATE], o[E_TIMEOUT_MS] = edges[e, at.LATE], services[s, at.CLIENT_TIMEOUT_MS]


@compiled
def lock_holder(services: Floats, releases: Floats, d: int, o: Floats) -> None:
    """The client of a database that holds contended rows for longest: since a transaction is idle, or by a query."""
    o[R_LOCK_HOLDER], o[R_LOCK_MS], o[R_LOCK_IDLE] = -1.0, 0.0, 0.0
    for s in range(services.shape[0]):
        if services[s, at.DATABASE] == d and s != d:
            queried = releases[s, int(services[s, at.RELEASE]), at.LOCK_MS]
            held = services[s, at.LOCK_HOLD_MS] + queried
            if held > o[R_LOCK_MS]:
                o[R_LOCK_HOLDER], o[R_LOCK_MS] = s, held
                o[R_LOCK_IDLE] = 1.0 if services[s, at.LOCK_HOLD_MS] > queried else 0.0


@compiled
def top_clients(services: Floats, edges: Floats, first: Ints, callees: Ints, d: int, o: Floats) -> None:
    """Of a database: the client with most idle sessions, and the one that asks most."""
    o[R_TOP_HOLDER], o[R_HELD], o[R_TOP_ASKER], o[R_ASK_SHARE] = -1.0, 0.0, -1.0, 0.0
    total, most = 1e-9, 0.0
    for s in range(services.shape[0]):
        if services[s, at.DATABASE] != d or s == d:
            continue
        if services[s, at.LEAKED_CONN] > o[R_HELD]:
            o[R_TOP_HOLDER], o[R_HELD] = s, services[s, at.LEAKED_CONN]
        asked = queries_per_s(services, edges, first, callees, s, d, _A_MOMENT_S)
        total += asked
        if asked > most:
            o[R_TOP_ASKER], most = s, asked
    o[R_ASK_SHARE] = most / total


@compiled
def show_resources(
    clock: Floats, services: Floats, releases: Floats, pods: Floats, edges: Floats, first: Ints, callees: Ints, s: int,
    out: Floats,
) -> None:  # fmt: skip
    o, total = out[OUT_PAYLOAD:], 0.0
    for other in range(services.shape[0]):
        total += services[other, at.DESIRED] * services[other, at.MEM_LIMIT_MB]
    o[R_MEMORY], o[R_MEMORY_LIMIT] = services[s, at.MEM_MB], services[s, at.MEM_LIMIT_MB]
    o[R_CPU], o[R_THROTTLED] = services[s, at.CPU_PERCENT], services[s, at.THROTTLED]
    o[R_WORKERS] = services[s, at.WORKERS] * max(services[s, at.READY], 1.0)
    o[R_THREADS], o[R_STUCK] = services[s, at.THREADS_BUSY] * o[R_WORKERS], services[s, at.STUCK]
    o[R_STUCK_AGE] = clock[at.NOW_S] - services[s, at.STUCK_SINCE_S] if services[s, at.STUCK] > 0.0 else 0.0
    o[R_DISK], o[R_DISK_SIZE] = services[s, at.DISK_USED_MB], services[s, at.DISK_MB]
    o[R_DISK_RATE] = disk_rate(services, releases, s)
    o[R_QUOTA_USED], o[R_QUOTA] = used_quota(services, pods), clock[at.QUOTA_MB]
    o[R_NODES_USED], o[R_NODES] = total, clock[at.NODES_MB]
    o[R_CONNS], o[R_CONN_LIMIT] = services[s, at.CONNS], services[s, at.POOL_MAX]
    o[R_LOCK_BUSY], o[R_SCANS] = services[s, at.LOCK_BUSY], services[s, at.SCAN_FACTOR]
    lock_holder(services, releases, s, o)
    o[R_REPLICA_LAG] = services[s, at.REPLICA_LAG_S] if services[s, at.REPLICA_CORES] > 0.0 else -1.0
    o[R_STOLEN], o[R_HOG] = stolen_cpu(services, clock, s) * services[s, at.ON_HOG_NODE], clock[at.HOG]
    o[R_HOT_SHARE] = services[s, at.HOT_SHARE] / max(services[s, at.HOT_COPIES], 1.0)
    o[R_HIT] = services[s, at.HIT] if services[s, at.CACHE_KEYS] > 0.0 else -1.0
    o[R_GC] = services[s, at.GC_SHARE]
    o[R_BURNT] = services[s, at.HOGGED]
    o[R_HERD] = services[s, at.HERD] if services[s, at.COALESCE] <= 0.0 else 1.0
    top_clients(services, edges, first, callees, s, o)
    out[OUT_COUNT] = R_HERD + 1


@compiled
def show_health(clock: Floats, services: Floats, releases: Floats, s: int, out: Floats) -> None:
    o = out[OUT_PAYLOAD:]
    o[H_UP], o[H_DESIRED], o[H_OWN] = services[s, at.UP], services[s, at.DESIRED], services[s, at.OWN_FAIL]
    o[H_LIMITED], o[H_CLOCK] = services[s, at.LIMITED], services[s, at.CLOCK_OFFSET_S]
    o[H_PROBES] = probe_failures(services, s, 0.0)
    o[H_UNWRITTEN] = services[s, at.WRITE_SHARE] if services[s, at.DISK_USED_MB] >= services[s, at.DISK_MB] else 0.0
    o[H_READ_ONLY] = services[s, at.READ_ONLY]
    outside = call_outside(services, s)
    asked = max(services[s, at.EXTERNAL_SHARE], 1e-9)
    o[H_OUTSIDE] = outside[2] / asked if services[s, at.EXTERNAL_SHARE] > 0.0 else -1.0
    o[H_OUTSIDE_MS] = outside[0] / asked
    o[H_LAG] = services[s, at.LAG] if services[s, at.IS_CONSUMER] > 0.0 else -1.0
    o[H_LAG_LIMIT] = services[s, at.TOPIC_LIMIT]
    o[H_STALLED] = 0.0 if services[s, at.DEAD_LETTER] > 0.0 else services[s, at.POISON]
    o[H_EXCEPTIONS] = min(services[s, at.EXTRA_ERRORS] + released_errors(services, releases, s), 1.0)
    o[H_ARRIVAL], o[H_CAPACITY] = services[s, at.OFFERED], services[s, at.CAPACITY]
    o[H_CANARY] = services[s, at.CANARY_WEIGHT]
    o[H_DIRECT] = services[s, at.EXTRA_RPS] / max(services[s, at.OFFERED], 1e-9)
    o[H_TLS] = 0.0
    if services[s, at.TLS_BROKEN] > 0.0:
        bundled = releases[s, int(services[s, at.RELEASE]), at.BREAKS] == at.BREAKS_TLS
        o[H_TLS] = -1.0 if bundled else max(clock[at.NOW_S] - services[s, at.CERT_EXPIRES_S], 0.0)
    o[H_OWN_MS] = (
        services[s, at.EFF_WORK_MS] / (1.0 - services[s, at.GC_SHARE]) + services[s, at.EFF_MS] + locked(services, s)[0]
    )
    out[OUT_COUNT] = H_OWN_MS + 1


@compiled
def show_names(services: Floats, releases: Floats, first: Ints, callees: Ints, s: int, out: Floats) -> None:
    """For each call of `s`: the callee, and whether its name resolves; a release can look up one wrong name."""
    o, count = out[OUT_PAYLOAD:], first[s + 1] - first[s]
    misnamed = releases[s, int(services[s, at.RELEASE]), at.BREAKS] == at.BREAKS_NAMES
    o[0], o[1] = services[s, at.RESOLVER], 1.0 if misnamed else 0.0
    for k in range(count):
        o[2 + k] = callees[first[s] + k]
    out[OUT_COUNT] = count


@compiled
def show_diagnostic(
    clock: Floats, services: Floats, releases: Floats, pods: Floats, edges: Floats, first: Ints, callees: Ints,
    s: int, command: int, out: Floats,
) -> None:  # fmt: skip
    if command == CONNECTIVITY:
        show_callees(services, edges, first, callees, s, out)
    elif command == HEALTH:
        show_health(clock, services, releases, s, out)
    elif command == RESOURCES:
        show_resources(clock, services, releases, pods, edges, first, callees, s, out)
    else:
        show_names(services, releases, first, callees, s, out)
