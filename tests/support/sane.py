"""What is true of every world at every moment, read from its packed arrays."""

import numpy as np

from simcore.kernel import layout as at
from simcore.kernel.health import WORDS
from simcore.kernel.sections import Sections
from simcore.world.world import World

SHARES = (
    at.EARLY_FAIL, at.EFF_FAIL, at.GC_SHARE, at.FAIL, at.OWN_FAIL, at.THREADS_BUSY, at.HIT, at.HOGGED, at.HOT_SHARE,
    at.CANARY_WEIGHT, at.LIMITED, at.WRITE_SHARE, at.TLS_BROKEN, at.DNS_BROKEN, at.AUTH_BROKEN, at.EXTERNAL_SHARE,
    at.EXTERNAL_FAIL, at.NET_LOSS, at.POISON, at.LAG_REFUSED, at.ON_HOG_NODE, at.THROTTLED, at.EXTRA_ERRORS,
)  # fmt: skip
AMOUNTS = (
    at.PODS, at.READY, at.DESIRED, at.UP, at.CONNS, at.LEAKED_CONN, at.POOL_MAX, at.POOL_MIN, at.OFFERED, at.CAPACITY,
    at.BACKLOG, at.LAG, at.STUCK, at.TOKENS, at.MEM_MB, at.MEM_LIMIT_MB, at.HEAP_NEED_MB, at.DISK_USED_MB, at.MEAN_MS,
    at.VAR_MS2, at.EFF_WORK_MS, at.EFF_MS, at.EFF_VAR_MS2, at.RESTARTS, at.CREATE_FAILURES, at.KILL_DEBT, at.LOCK_BUSY,
    at.REPLICA_LAG_S, at.SLOT_CAPACITY,
)  # fmt: skip
WHOLE = (at.PODS, at.DESIRED, at.UP, at.RESTARTS, at.CREATE_FAILURES, at.USUAL_REPLICAS, at.RELEASE)
SLACK = 1e-6


def assert_sane(world: World) -> None:
    """Finite everywhere, shares that are shares, amounts that are not negative, nothing above what holds it."""
    state = world.state
    assert np.isfinite(world.buffer[: -state.history.size // 2]).all()
    assert np.isfinite(state.history).all()
    _assert_within(state.services, SHARES, 0.0, 1.0)
    _assert_within(state.services, AMOUNTS, 0.0, at.NEVER)
    _assert_within(state.services, (at.CPU_PERCENT,), 0.0, 100.0)
    _assert_within(state.services, (at.HEALTH,), 0.0, len(WORDS) - 1.0)
    assert np.array_equal(state.services[:, WHOLE], np.floor(state.services[:, WHOLE]))
    _assert_calls(state)
    _assert_pods(state)
    _assert_room(state)


def _assert_within(rows: np.ndarray, columns: tuple[int, ...], low: float, high: float) -> None:
    values = rows[:, columns]
    out = (values < low - SLACK) | (values > high + SLACK)
    assert not out.any(), [(int(s), columns[k], float(values[s, k])) for s, k in np.argwhere(out)]


def _assert_calls(state: Sections) -> None:
    _assert_within(state.edges, (at.REACH, at.LATE), 0.0, 1.0)
    assert (state.edges[:, at.ATTEMPTS] >= 1.0).all()


def _assert_pods(state: Sections) -> None:
    """A pod uses no more memory than its limit, and holds its part of what its service leaked."""
    services = state.services
    assert (services[:, at.PODS] <= at.MAX_PODS).all()
    assert (services[:, at.UP] <= services[:, at.PODS]).all()
    assert (services[:, at.READY] <= services[:, at.PODS] + SLACK).all()
    for s, row in enumerate(services):
        pods = state.pods[s, : int(row[at.PODS])]
        assert row[at.MEM_MB] <= pods[:, at.LIMIT_MB].max(initial=0.0) + SLACK, s
        assert (pods[:, [at.LEAKED_MB, at.CRASHES, at.POD_LEAKED_CONN, at.POD_STUCK]] >= -SLACK).all(), s
        assert abs(pods[:, at.POD_LEAKED_CONN].sum() - row[at.LEAKED_CONN]) < SLACK, (s, "connections without a pod")
        assert abs(pods[:, at.POD_STUCK].sum() - row[at.STUCK]) < SLACK, (s, "threads without a pod")


def _assert_room(state: Sections) -> None:
    """Queues, topics, disks and user minutes."""
    services = state.services
    room = services[:, at.QUEUE_LIMIT] * at.MAX_PODS  # whoever waits stays, also as pods become fewer
    assert (services[:, at.BACKLOG] <= room + SLACK).all()
    assert (services[:, at.LAG] <= services[:, at.TOPIC_LIMIT] + SLACK).all()
    assert state.clock[at.USER_MINUTES] >= 0.0
    assert state.ledger[at.STEPS] <= state.ledger[at.MAX_STEPS]
