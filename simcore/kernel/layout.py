"""Where everything of an episode lies: one float64 buffer, the *world*, that a fork copies and a kernel advances.

The world's sections, in this order: `clock`, `ledger` (what grading has paid and seen), `facts` (what was drawn),
`rows` (what mechanisms still have to do), `parts` (what remedies must make true), then per service `services`,
`releases` and `pods`, per call `edges`, and `history` (float32). `views` opens a world as those arrays.

The *graph* is an int64 array that worlds of one topology share: `[n, m, entry]`, the services callers first, and the
calls as compressed rows in both directions.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel.compiled import inlined
from simcore.kernel.pointers import floats_at, ints_at, singles_at

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Singles = NDArray[np.float32]
Bytes = NDArray[np.uint8]

MAX_SERVICES = 30
MAX_PODS = 8
MAX_RELEASES = 2
MAX_ROWS = 16
MAX_PARTS = 12
MAX_CAUSES = 2
FINE_SLOTS, FINE_SPACING_S = 6, 15.0
COARSE_SLOTS, COARSE_SPACING_S = 3, 240.0
HISTORY_SLOTS = FINE_SLOTS + COARSE_SLOTS
NEVER = 1e18

# clock: one of each in a world ------------------------------------------------------------------------------------
(
    NOW_S, ALERT_S, BASE_RPS, WAVE_AMPLITUDE, WAVE_PHASE, SURGE, SHED, QUOTA_MB, NODES_MB, NODE_MB, HOG,
    HOG_CORES, SPARE_CORES, NODE_CORES, AVAILABILITY, LATENCY_MS, STABILIZATION_S, USER_MINUTES, SLO_BROKEN_S,
    WORST_FAIL, WORST_P99, FINE_COUNT, COARSE_COUNT, LAST_FINE_S, LAST_COARSE_S, SUB_STEP_S, MOVED, NEXT_ROW_S,
    SUB_STEPS,
) = range(29)  # fmt: skip
CLOCK_COLUMNS = 29

# ledger: what the episode has done so far -------------------------------------------------------------------------
(
    STEPS, MAX_STEPS, ENDED, PAST_ACTION, PAST_SERVICE, SUM_DIAGNOSTIC, SUM_CORRECT_OP, SUM_RESOLUTION, SUM_FORMAT,
    SUM_EFFICIENCY, SUM_PENALTY, SEEN_LIST, READ_EVIDENCE, DECLARED, DECLARED_SERVICE, DECLARED_CLASS,
) = (0, 1, 2, 3, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21)  # fmt: skip
SLOS_HELD, CAUSES_GONE, LEFT_BROKEN, IS_DIAGNOSED = range(24, 28)
LEDGER_COLUMNS = 28
PAST_STEPS = 3
NOT_ENDED, TERMINATED, TRUNCATED = 0.0, 1.0, 2.0

# facts: what was drawn and stays true -----------------------------------------------------------------------------
(
    KIND, CAUSES, DIFFICULTY, PAGED, TITLE_DRAW, CHRONIC, RELEVANT, NEAR, HEALS_AFTER_S, RED_HERRING,
    HERRING_UNTIL_S, TERSE, PAGE_FAIL, PAGE_P99_MS, PAGE_FIRES,
) = range(15)  # fmt: skip
CAUSE_0 = 15
VARIANT, TARGET, VICTIM_1, VICTIM_2, CALLER, CALLEE, CLASS, NAMED = range(8)
CAUSE_COLUMNS = 8
FACT_COLUMNS = CAUSE_0 + MAX_CAUSES * CAUSE_COLUMNS
FAULT, SELF_HEALING, NO_FAULT = 0.0, 1.0, 2.0

# rows: from then (until then) this cause has that value ------------------------------------------------------------
ROW_FROM, ROW_UNTIL, ROW_SERVICE, ROW_COLUMN, ROW_MODE, ROW_VALUE = range(6)
ROW_COLUMNS = 6
DONE, SET, RATE, SET_RELEASE, SET_EVERY_RELEASE, SET_CLOCK, SET_PODS, LOSE_PODS = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0

# parts of remedies: this must hold there ---------------------------------------------------------------------------
PART_CAUSE, PART_ALTERNATIVE, PART_PREDICATE, PART_SERVICE, PART_COLUMN, PART_LIMIT, PART_PAID = range(7)
PART_COLUMNS = 7

# a drawn cause says where it is; mechanisms and remedies name places ------------------------------------------------
(
    AT_TARGET, AT_VICTIM_1, AT_VICTIM_2, AT_CALLER, AT_CALLEE, AT_DATABASE, AT_ENTRY, AT_WORLD, AT_VICTIMS,
) = range(9)  # fmt: skip

# services: what every sub-step reads, together, so that a service costs few lines of cache ---------------------------
(
    SPECIAL, PODS, READY, DESIRED, SETTLED_PODS, SETTLED_NEED_MB, HEAP_NEED_MB, POOL_MAX, CONNS,
    HPA_MAX, RELEASE, NOMINAL_RPS, OFFERED, EXTRA_RPS, EARLY_FAIL, CAPACITY, EFF_WORK_MS, EFF_MS, EFF_VAR_MS2,
    EFF_FAIL, GC_SHARE, CPU_CORES, DEADLINE_MS, POOL_HOLD_MS, WORKERS, STUCK, SLOT_CAPACITY, SLOT_STEP,
    IS_CONSUMER, BACKLOG, QUEUE_LIMIT, MEAN_MS, VAR_MS2, FAIL, OWN_FAIL, CPU_PERCENT, THREADS_BUSY, MEM_MB,
    CLIENT_TIMEOUT_MS, RETRIES, RETRY_BUDGET, HIT, UP, HEALTH, SICK_SINCE_S, SICK_AT_S, USUAL_P99_MS,
) = range(47)  # fmt: skip
# services: causes and what they do, where something is special about a service ------------------------------------
(
    WORK_MS, BURST_MS, BURST_EVERY_S, HOGGED, VISITS, DATABASE, CACHE_KEYS, CACHE_TTL_S, HERD, COALESCE,
    HOT_SHARE, HOT_COPIES, CANARY_WEIGHT, EXTRA_ERRORS, RATE_LIMIT_RPS, TOKENS, LIMITED, DISK_MB, DISK_MB_PER_S,
    DISK_USED_MB, LOG_LEVEL, WRITE_SHARE, READ_ONLY, LOCK_HOLD_MS, LOCK_BUSY, SCAN_FACTOR, CERT_EXPIRES_S,
    RENEWAL_OFF, TLS_BROKEN, RESOLVER, DNS_BROKEN, SECRET_ROTATED_S, AUTH_BROKEN, EXTERNAL_SHARE, EXTERNAL_MS,
    EXTERNAL_FAIL, FALLBACK, CLOCK_DRIFT, CLOCK_OFFSET_S, NET_DELAY_MS, NET_LOSS, NET_POLICY, NET_MTU,
    PROBE_TIMEOUT_MS, KILL_DEBT, TOPIC_LIMIT, POISON, DEAD_LETTER, LAG, LAG_REFUSED, STUCK_PER_S, STUCK_SINCE_S,
    FEATURE, ON_HOG_NODE, REPLICA_CORES, APPLY_SPEED, REPLICA_LAG_S, THROTTLED, LEAKED_CONN, POOL_MIN,
) = range(47, 107)  # fmt: skip
# services: pods, scaling, and what is only looked at ---------------------------------------------------------------
(
    MEM_LIMIT_MB, HEAP_START_MB, START_S, HPA_MIN, HPA_TARGET, HPA_ON_CPU, USUAL_REPLICAS, RESTARTS,
    OOM_AT, KILLED_AT, REFUSED_AT, UNSCHEDULABLE_AT, CHANGED_AT, HPA_LOW_SINCE, CREATE_RETRY_AT,
    CREATE_FAILURES, CONFIG_KEY, CONFIG_AT, CONFIG_OLD, CONFIG_NEW, SEEN_READS, HPA_HIGHEST,
) = range(107, 129)  # fmt: skip
SERVICE_COLUMNS = 129

HEALTHY, DEGRADED, UNHEALTHY, RESTARTING, CRASHED = range(5)

(
    VERSION, ROLLED_OUT_S, LEAK_MB_PER_S, CONN_LEAK_PER_S, ERROR_SHARE, WORK_FACTOR, LOCK_MS, LOG_MB_PER_S,
    BREAKS,
) = range(9)  # fmt: skip
RELEASE_COLUMNS = 9
BREAKS_TLS, BREAKS_NAMES, BREAKS_LOGIN, BREAKS_THREADS = 1.0, 2.0, 3.0, 4.0

DOWN_UNTIL, STARTED_AT, LEAKED_MB, CRASHES, LIMIT_MB, REPLACE_AT, POD_LEAKED_CONN, POD_STUCK = range(8)
POD_COLUMNS = 8

RATE_PER_REQUEST, ATTEMPTS, REACH, IS_ASYNC, IS_CACHED, LATE = range(6)
EDGE_COLUMNS = 6

H_CPU, H_MEMORY, H_MEAN, H_VARIANCE, H_FAIL, H_CONNS, H_RPS, H_READY = range(8)
HISTORY_COLUMNS = 8

N_SERVICES, N_EDGES, ENTRY = range(3)
GRAPH_HEADER = 3

LEDGER_AT = CLOCK_COLUMNS
FACTS_AT = LEDGER_AT + LEDGER_COLUMNS
ROWS_AT = FACTS_AT + FACT_COLUMNS
PARTS_AT = ROWS_AT + MAX_ROWS * ROW_COLUMNS
TIMES_AT = PARTS_AT + MAX_PARTS * PART_COLUMNS
SERVICES_AT = TIMES_AT + HISTORY_SLOTS
PER_SERVICE = SERVICE_COLUMNS + MAX_RELEASES * RELEASE_COLUMNS + MAX_PODS * POD_COLUMNS
HISTORY_PER_SERVICE = HISTORY_SLOTS * HISTORY_COLUMNS // 2


def world_size(services: int, edges: int) -> int:
    """Numbers (float64) that the world of a topology takes."""
    return SERVICES_AT + services * PER_SERVICE + edges * EDGE_COLUMNS + services * HISTORY_PER_SERVICE


@inlined
def views(world: Floats, graph: Ints) -> Any:
    """(clock, ledger, facts, rows, parts, times, services, releases, pods, edges, history) of a world, which the
    caller must hold as long as it uses them."""
    n, m = graph[N_SERVICES], graph[N_EDGES]
    releases_at = SERVICES_AT + n * SERVICE_COLUMNS
    pods_at = releases_at + n * MAX_RELEASES * RELEASE_COLUMNS
    edges_at = pods_at + n * MAX_PODS * POD_COLUMNS
    history_at = edges_at + m * EDGE_COLUMNS
    return (
        floats_at(world, 0, (CLOCK_COLUMNS,)),
        floats_at(world, LEDGER_AT, (LEDGER_COLUMNS,)),
        floats_at(world, FACTS_AT, (FACT_COLUMNS,)),
        floats_at(world, ROWS_AT, (MAX_ROWS, ROW_COLUMNS)),
        floats_at(world, PARTS_AT, (MAX_PARTS, PART_COLUMNS)),
        floats_at(world, TIMES_AT, (HISTORY_SLOTS,)),
        floats_at(world, SERVICES_AT, (n, SERVICE_COLUMNS)),
        floats_at(world, releases_at, (n, MAX_RELEASES, RELEASE_COLUMNS)),
        floats_at(world, pods_at, (n, MAX_PODS, POD_COLUMNS)),
        floats_at(world, edges_at, (m, EDGE_COLUMNS)),
        singles_at(world, history_at, (HISTORY_SLOTS, n, HISTORY_COLUMNS)),
    )


@inlined
def order_of(graph: Ints) -> Any:
    """Service numbers, every caller before its callees."""
    return ints_at(graph, GRAPH_HEADER, (graph[N_SERVICES],))


@inlined
def calls_of(graph: Ints) -> Any:
    """(first, callees): service s makes the calls `first[s]` to `first[s + 1]`, call e goes to `callees[e]`."""
    begin = GRAPH_HEADER + graph[N_SERVICES]
    return ints_at(graph, begin, (graph[N_SERVICES] + 1,)), ints_at(
        graph, begin + graph[N_SERVICES] + 1, (graph[N_EDGES],)
    )


@inlined
def callers_of(graph: Ints) -> Any:
    """(first, calls, callers): service s is called by the calls `calls[first[s]:first[s + 1]]`, made by `callers`."""
    n, m = graph[N_SERVICES], graph[N_EDGES]
    begin = GRAPH_HEADER + 2 * n + 1 + m
    return (
        ints_at(graph, begin, (n + 1,)),
        ints_at(graph, begin + n + 1, (m,)),
        ints_at(graph, begin + n + 1 + m, (m,)),
    )
