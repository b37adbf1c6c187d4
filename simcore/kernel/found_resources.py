"""What `check_resources` finds: what a service, its node, its namespace and its database are short of."""

from simcore.kernel import diagnose as d
from simcore.kernel import found as f
from simcore.kernel.compiled import compiled
from simcore.kernel.found import NOBODY, find, find_at, find_nothing, say
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_PAYLOAD


@compiled
def find_resources(out: Floats, told: Floats) -> None:
    o = out[OUT_PAYLOAD:]
    find_pod(o, told)
    find_around(o, told)
    find_sometimes(o, told)
    if o[d.R_CONN_LIMIT] > 0.0:
        find_connections(o, told)
        find_clients(o, told)


@compiled
def find_pod(o: Floats, told: Floats) -> None:
    used, limit, throttled = o[d.R_MEMORY], max(o[d.R_MEMORY_LIMIT], 1.0), o[d.R_THROTTLED]
    say(told, f.MEMORY, used < 0.9 * limit, used / limit, NOBODY, used, limit, o[d.R_GC])
    find(told, f.CPU, o[d.R_CPU] < 90.0, o[d.R_CPU])
    find(told, f.THROTTLING, throttled < 0.05, throttled)
    busy = o[d.R_THREADS] / max(o[d.R_WORKERS], 1.0)
    if o[d.R_STUCK] > 1.0:
        say(told, f.THREADS_STUCK, False, o[d.R_STUCK], NOBODY, o[d.R_THREADS], o[d.R_WORKERS], o[d.R_STUCK_AGE])
    else:
        find(told, f.THREADS, busy < 0.9, busy, o[d.R_THREADS], o[d.R_WORKERS])
    disk = o[d.R_DISK] / max(o[d.R_DISK_SIZE], 1.0)
    find(told, f.DISK, disk < 0.9, disk, o[d.R_DISK], o[d.R_DISK_SIZE])
    find(told, f.DISK_GROWTH, o[d.R_DISK_RATE] < 0.5, o[d.R_DISK_RATE])


@compiled
def find_around(o: Floats, told: Floats) -> None:
    quota_left, nodes_left = o[d.R_QUOTA] - o[d.R_QUOTA_USED], o[d.R_NODES] - o[d.R_NODES_USED]
    find(told, f.QUOTA, quota_left >= o[d.R_MEMORY_LIMIT], quota_left, o[d.R_QUOTA_USED], o[d.R_QUOTA])
    if o[d.R_STOLEN] < 0.1:
        find(told, f.NODE_FREE, True, o[d.R_STOLEN])
    else:
        find_at(told, f.NODE_BURNT, False, o[d.R_STOLEN], o[d.R_HOG], 1.0 - o[d.R_STOLEN])
    find(told, f.NODE_MEMORY, nodes_left >= 0.0, nodes_left, o[d.R_NODES_USED], o[d.R_NODES])


@compiled
def find_sometimes(o: Floats, told: Floats) -> None:
    if o[d.R_BURNT] > 0.05:
        find(told, f.OTHER_PROCESS, False, o[d.R_BURNT])
    if o[d.R_HOT_SHARE] > 0.2:
        find(told, f.KEYS, False, o[d.R_HOT_SHARE])
    if o[d.R_HIT] >= 0.0:
        find(told, f.CACHE, o[d.R_HIT] > 0.6, o[d.R_HIT])
        find(told, f.CACHE_MISSES, o[d.R_HERD] < 2.0, o[d.R_HERD])


@compiled
def find_connections(o: Floats, told: Floats) -> None:
    """Of a database: its connections, locks (1 where idle transactions hold the rows, 0 where queries do), plans."""
    used, limit, scans = o[d.R_CONNS], o[d.R_CONN_LIMIT], o[d.R_SCANS]
    find(told, f.CONNECTIONS, used < 0.95 * limit, used / limit, used, limit)
    if o[d.R_LOCK_BUSY] <= 0.3 or o[d.R_LOCK_HOLDER] < 0.0:
        find_nothing(told, f.LOCKS_FREE)
    else:
        find_at(told, f.LOCKS_HELD, False, o[d.R_LOCK_IDLE], o[d.R_LOCK_HOLDER], o[d.R_LOCK_MS])
    find(told, f.PLANS_BY_INDEX if scans < 1.2 else f.PLANS_SCAN, scans < 1.2, scans)


@compiled
def find_clients(o: Floats, told: Floats) -> None:
    """Of a database: who holds its sessions and who asks most, and how far its replica is behind."""
    if o[d.R_HELD] >= 1.0:
        find_at(told, f.IDLE_SESSIONS, False, o[d.R_HELD], o[d.R_TOP_HOLDER])
    if o[d.R_TOP_ASKER] >= 0.0:
        find_at(told, f.QUERIES, True, o[d.R_ASK_SHARE], o[d.R_TOP_ASKER])
    if o[d.R_REPLICA_LAG] >= 0.0:
        find(told, f.REPLICA, o[d.R_REPLICA_LAG] < 10.0, o[d.R_REPLICA_LAG])
