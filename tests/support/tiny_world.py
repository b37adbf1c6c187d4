"""Worlds of one or two services, built from arrays alone: what the laws of the kernel are tested on."""

import numpy as np
from simcore.world.layout import WorldState

from simcore.world import kernel
from simcore.world import layout as at

FOREVER = 1e9
SLO = np.array([0.0, 1e12])


def service_row(state: WorldState, number: int, *, work_ms: float, cores: float, replicas: int = 1) -> None:
    row = state.services[number]
    row[[at.DESIRED, at.PODS, at.READY]] = replicas
    row[at.WORK_MS], row[at.CPU_CORES], row[at.WORKERS] = work_ms, cores, 1e6
    row[at.MEM_LIMIT_MB], row[at.HEAP_NEED_MB], row[at.HEAP_START_MB] = 1024.0, 100.0, 50.0
    row[at.WARMUP_S], row[at.START_S] = 60.0, 20.0
    row[at.TIMEOUT_MS], row[at.QUEUE_LIMIT], row[at.NOMINAL_RPS] = 1e9, FOREVER, 1.0
    row[[at.OOM_AT, at.REFUSED_AT, at.CHANGED_AT, at.CREATE_RETRY_AT]] = -at.NEVER
    row[[at.HPA_LOW_SINCE]] = at.NEVER
    row[at.SLOT_CAPACITY], row[at.MEAN_MS] = 1e4, work_ms


def tiny_world(count: int = 1, *, rate: float, quota_mb: float = 1e9) -> WorldState:
    """Service 0 is the entry, the last one stands for the database."""
    state = at.empty_state(count)
    state.pods[:, :, at.REPLACE_AT] = at.NEVER
    state.pods[:, :, at.LIMIT_MB] = 1024.0
    state.pods[:, :, [at.STARTED_AT, at.DOWN_UNTIL]] = -1e7
    state.rows[:, at.ROW_MODE] = at.MODE_DONE
    state.clock[[at.BASE_RPS, at.SURGE, at.QUOTA_MB, at.DATABASE]] = rate, 1.0, quota_mb, count - 1
    state.clock[at.NODES_MB] = 1e9
    state.clock[at.LAST_HISTORY_S] = -at.NEVER
    return state


def run(state: WorldState, seconds: float, calls: np.ndarray | None = None) -> None:
    """Advances the world in whole sub-steps of ten seconds or less."""
    count = len(state.services)
    graph = np.zeros((count, count)) if calls is None else calls
    order = np.arange(count)
    kernel.advance(
        state.services, state.pods, state.releases, state.rows, state.clock, state.history, state.history_times,
        graph, order, SLO, seconds,
    )  # fmt: skip
