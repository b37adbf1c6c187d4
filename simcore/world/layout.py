"""Where everything of an episode's world lies: columns of packed float64 arrays that kernel and Python share.

`services[n, SERVICE_COLUMNS]`, `pods[n, MAX_PODS, POD_COLUMNS]`, `releases[n, MAX_RELEASES, RELEASE_COLUMNS]`,
`rows[k, ROW_COLUMNS]` (what a mechanism does), `clock[CLOCK_COLUMNS]` and `history[HISTORY_SLOTS, n, HISTORY_COLUMNS]`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_PODS = 12
MAX_RELEASES = 4
MAX_ROWS = 12
HISTORY_SLOTS = 64
HISTORY_SPACING_S = 5.0
NEVER = 1e18

# services: settings (causes) -------------------------------------------------------------------------------
(
    DESIRED, WORKERS, WORK_MS, CPU_CORES, MEM_LIMIT_MB, HEAP_START_MB, HEAP_NEED_MB, WARMUP_S, START_S,
    MB_PER_CONN, POOL_MAX, POOL_MIN, POOL_HOLD_MS, RELEASE, HPA_MIN, HPA_MAX, HPA_TARGET, EXTRA_ERRORS,
    TIMEOUT_MS, QUEUE_LIMIT, RETRIES, NOMINAL_RPS, PODS_LOST,
) = range(23)  # fmt: skip
# services: state ---------------------------------------------------------------------------------------------
(
    HPA_LOW_SINCE, CREATE_RETRY_AT, CREATE_FAILURES, LEAKED_CONN, PODS, READY, OFFERED, CAPACITY, BACKLOG,
    MEAN_MS, VAR_MS2, FAIL, OWN_FAIL, CPU_PERCENT, MEM_MB, GC_SHARE, CONNS, RESTARTS, OOM_AT, REFUSED_AT,
    CHANGED_AT,
    UP,
    HEALTH,
    SETTLED_PODS,
    SETTLED_NEED_MB,
    SLOT_CAPACITY,
) = range(23, 49)  # fmt: skip
SERVICE_COLUMNS = 49

HEALTHY, DEGRADED, UNHEALTHY, RESTARTING, CRASHED = range(5)

DOWN_UNTIL, STARTED_AT, LEAKED_MB, CRASHES, LIMIT_MB, REPLACE_AT, POD_LEAKED_CONN = range(7)
POD_COLUMNS = 7

LEAK_MB_PER_S, CONN_LEAK_PER_S, ERROR_SHARE = range(3)
RELEASE_COLUMNS = 3

# rows: what a mechanism does to causes: (from, until, service, column, mode, value)
ROW_FROM, ROW_UNTIL, ROW_SERVICE, ROW_COLUMN, ROW_MODE, ROW_VALUE = range(6)
ROW_COLUMNS = 6
MODE_SET, MODE_RATE, MODE_RELEASE, MODE_EVERY_RELEASE, MODE_QUOTA, MODE_DONE = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0

NOW_S, BASE_RPS, WAVE_AMPLITUDE, WAVE_PHASE, SURGE, QUOTA_MB, ENTRY, DATABASE, USER_MINUTES, LAST_HISTORY_S = range(10)
HISTORY_COUNT, SLO_BROKEN_S, WORST_FAIL, WORST_P99, NODES_MB = range(10, 15)
CLOCK_COLUMNS = 15

H_CPU, H_MEMORY, H_MEAN, H_VARIANCE, H_FAIL, H_CONNS, H_RPS, H_READY = range(8)
HISTORY_COLUMNS = 8


@dataclass(slots=True)
class WorldState:
    """All that changes while an episode runs; `copy` is a fork."""

    services: Floats
    pods: Floats
    releases: Floats
    rows: Floats
    clock: Floats
    history: NDArray[np.float32]
    history_times: Floats

    def copy(self) -> "WorldState":
        fresh = self.without_history()
        fresh.history[:] = self.history
        fresh.history_times[:] = self.history_times
        return fresh

    def without_history(self) -> "WorldState":
        """A copy in which no slot of the history is written yet."""
        return WorldState(
            self.services.copy(),
            self.pods.copy(),
            self.releases.copy(),
            self.rows.copy(),
            self.clock.copy(),
            np.zeros_like(self.history),
            np.zeros_like(self.history_times),
        )


def empty_state(count: int) -> WorldState:
    return WorldState(
        services=np.zeros((count, SERVICE_COLUMNS)),
        pods=np.zeros((count, MAX_PODS, POD_COLUMNS)),
        releases=np.zeros((count, MAX_RELEASES, RELEASE_COLUMNS)),
        rows=np.zeros((MAX_ROWS, ROW_COLUMNS)),
        clock=np.zeros(CLOCK_COLUMNS),
        history=np.zeros((HISTORY_SLOTS, count, HISTORY_COLUMNS), dtype=np.float32),
        history_times=np.zeros(HISTORY_SLOTS),
    )
