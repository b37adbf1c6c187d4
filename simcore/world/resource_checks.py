"""`check_resources` in words: what a service, its node, its namespace and its database are short of now."""

from simcore.kernel import diagnose as d
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_PAYLOAD
from simcore.observation import Check
from simcore.topologies.topology import Topology
from simcore.world.percent import percent


def resource_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    o = out[OUT_PAYLOAD:].tolist()
    names = topology.names
    database = _database(o, names) if o[d.R_CONN_LIMIT] > 0 else []
    return (*_pod(o), *_around(o, names), *_sometimes(o), *database)


def _pod(o: list[float]) -> list[Check]:
    limit, disk = max(o[d.R_MEMORY_LIMIT], 1.0), o[d.R_DISK] / max(o[d.R_DISK_SIZE], 1.0)
    memory = f"{o[d.R_MEMORY]:.0f}Mi of {limit:.0f}Mi, {percent(o[d.R_GC])} of CPU collects garbage"
    return [
        Check("memory", o[d.R_MEMORY] < 0.9 * limit, memory, o[d.R_MEMORY] / limit),
        Check("cpu", o[d.R_CPU] < 90, f"{o[d.R_CPU]:.0f} % of the limit", o[d.R_CPU]),
        Check(
            "cpu throttling",
            o[d.R_THROTTLED] < 0.05,
            f"{percent(o[d.R_THROTTLED])} of periods throttled",
            o[d.R_THROTTLED],
        ),
        _threads(o),
        Check("disk", disk < 0.9, f"{o[d.R_DISK]:.0f} of {o[d.R_DISK_SIZE]:.0f} MB", disk),
        Check("disk growth", o[d.R_DISK_RATE] < 0.5, f"{o[d.R_DISK_RATE]:.1f} MB/s", o[d.R_DISK_RATE]),
    ]


def _threads(o: list[float]) -> Check:
    """`value` is the share that is busy or, where threads are stuck, how many are."""
    busy, stuck = o[d.R_THREADS] / max(o[d.R_WORKERS], 1.0), o[d.R_STUCK]
    detail = f"{o[d.R_THREADS]:.0f} of {o[d.R_WORKERS]:.0f} busy"
    if stuck > 1:
        return Check(
            "threads", False, f"{detail}, {stuck:.0f} blocked in a deadlock for {o[d.R_STUCK_AGE]:.0f} s", stuck
        )
    return Check("threads", busy < 0.9, detail, busy)


def quota_text(used: float, limit: float) -> str:
    return f"used {used:.0f}Mi, limited {limit:.0f}Mi"


def _around(o: list[float], names: tuple[str, ...]) -> list[Check]:
    quota_left, nodes_left = o[d.R_QUOTA] - o[d.R_QUOTA_USED], o[d.R_NODES] - o[d.R_NODES_USED]
    quota = quota_text(o[d.R_QUOTA_USED], o[d.R_QUOTA])
    nodes = f"{o[d.R_NODES_USED]:.0f}Mi requested, {o[d.R_NODES]:.0f}Mi allocatable"
    return [
        Check("namespace memory quota", quota_left >= o[d.R_MEMORY_LIMIT], quota, quota_left),
        _node(o[d.R_STOLEN], names[int(o[d.R_HOG])]),
        Check("node memory", nodes_left >= 0, nodes, nodes_left),
    ]


def _node(stolen: float, burner: str) -> Check:
    if stolen < 0.1:
        return Check("node", True, "enough CPU left", stolen)
    detail = f"pods get {percent(1 - stolen)} of their CPU: {burner} burns the node's cores"
    return Check("node", False, detail, stolen, burner)


def _sometimes(o: list[float]) -> list[Check]:
    found = []
    if o[d.R_BURNT] > 0.05:
        detail = f"{percent(o[d.R_BURNT])} burnt by another process"
        found.append(Check("cpu outside requests", False, detail, o[d.R_BURNT]))
    if o[d.R_HOT_SHARE] > 0.2:
        detail = f"{percent(o[d.R_HOT_SHARE])} of requests ask for one key"
        found.append(Check("keys", False, detail, o[d.R_HOT_SHARE]))
    if o[d.R_HIT] >= 0:
        found.append(Check("cache", o[d.R_HIT] > 0.6, f"hit ratio {percent(o[d.R_HIT])}", o[d.R_HIT]))
        found.append(Check("cache misses", o[d.R_HERD] < 2, f"{o[d.R_HERD]:.0f} queries for each miss", o[d.R_HERD]))
    return found


def _database(o: list[float], names: tuple[str, ...]) -> list[Check]:
    used, limit, scans = o[d.R_CONNS], o[d.R_CONN_LIMIT], o[d.R_SCANS]
    plans = "by index" if scans < 1.2 else f"sequential scans, {scans:.1f} times the usual work"
    found = [
        Check("connections", used < 0.95 * limit, f"{used:.0f} of {limit:.0f}", used / limit),
        _locks(o, names),
        Check("query plans", scans < 1.2, plans, scans),
    ]
    if o[d.R_HELD] >= 1:
        holder = names[int(o[d.R_TOP_HOLDER])]
        detail = f"{holder} holds {o[d.R_HELD]:.0f} without using them"
        found.append(Check("idle sessions", False, detail, o[d.R_HELD], holder))
    if o[d.R_TOP_ASKER] >= 0:
        asker, share = names[int(o[d.R_TOP_ASKER])], o[d.R_ASK_SHARE]
        found.append(Check("queries", True, f"{percent(share)} come from {asker}", share, asker))
    if o[d.R_REPLICA_LAG] >= 0:
        lag_s = o[d.R_REPLICA_LAG]
        found.append(Check("replica", lag_s < 10, f"{lag_s:.0f} s behind", lag_s))
    return found


def _locks(o: list[float], names: tuple[str, ...]) -> Check:
    """`value` is 1 where the rows are held by idle transactions, 0 where by queries that run."""
    if o[d.R_LOCK_BUSY] <= 0.3:
        return Check("locks", True, "nobody waits")
    holder, idle = names[int(o[d.R_LOCK_HOLDER])], o[d.R_LOCK_IDLE]
    how = "idle in transaction" if idle > 0 else "by a running query"
    detail = f"sessions wait for rows that {holder} holds, {how}, {o[d.R_LOCK_MS]:.0f} ms each"
    return Check("locks", False, detail, idle, holder)
