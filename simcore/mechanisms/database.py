"""Databases, their clients and the caches between them."""

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.model import DATABASE, ConfigChange, Mechanism, Row, Value, exactly, onset, per, released, times

DATABASES = (
    Mechanism(
        "connection_leak", "connections", "A service takes database connections and does not give them back.",
        {**onset(500, 900), "seconds_to_exhaust": (420, 800)},
        (Row(at.CONN_LEAK_PER_S, per("seconds_to_exhaust", at.POOL_MAX, DATABASE), mode=at.SET_EVERY_RELEASE),),
        roles=("DatabaseClients",),
    ),
    Mechanism(
        "leaky_connections_release", "release", "A release leaks database connections; the one before does not.",
        {**onset(400, 700), "seconds_to_exhaust": (240, 420)},
        (released(at.CONN_LEAK_PER_S, per("seconds_to_exhaust", at.POOL_MAX, DATABASE)),),
        roles=("DatabaseClients",), new_release=True,
    ),
    Mechanism(
        "pool_misconfigured", "config", "The database's connection limit was set below what its clients need.",
        {**onset(240, 500), "connections_factor": (0.35, 0.7)},
        (Row(at.POOL_MAX, times("connections_factor", plan.OF_POOL_NEED, whole=True)),),
        roles=("Databases",), config=ConfigChange(keys.POOL_MAX),
    ),
    Mechanism(
        "lock_contention", "data lock", "A client's transactions stay open and keep rows locked that others need.",
        {**onset(240, 500), "lock_load": (1.4, 2.8)},
        (Row(at.LOCK_HOLD_MS, times("lock_load", plan.OF_LOCK_FULL_MS)),),
        roles=("DatabaseClients",),
    ),
    Mechanism(
        "slow_query_release", "release", "A release's new query locks rows for long; others wait until they time out.",
        {**onset(240, 500), "lock_load": (1.4, 2.8)},
        (released(at.LOCK_MS, times("lock_load", plan.OF_LOCK_FULL_MS)),),
        roles=("DatabaseClients",), new_release=True,
    ),
    Mechanism(
        "missing_index", "storage", "An index is gone; queries read whole tables and the database runs out of CPU.",
        {**onset(240, 500), "utilisation": (1.1, 1.5)},
        (Row(at.SCAN_FACTOR, times("utilisation", plan.OF_FULL_FACTOR)),),
        roles=("Databases",),
    ),
    Mechanism(
        "replication_lag", "storage", "A query blocks the replica; it falls behind and no read may go to it.",
        {**onset(240, 500), "apply_speed": (0.1, 0.6)},
        (Row(at.APPLY_SPEED, times("apply_speed")),),
        roles=("ReplicatedDatabases",), held_out=True,
    ),
    Mechanism(
        "read_only_database", "storage", "The database came back from a failover and takes no writes.",
        onset(120, 300),
        (Row(at.READ_ONLY, exactly(1)),),
        roles=("Databases",),
    ),
    Mechanism(
        "wal_growth", "storage", "A dead replication slot keeps the write-ahead log; the database's volume is full.",
        {**onset(500, 900), "seconds_to_full": (300, 480)},
        (Row(at.DISK_MB_PER_S, per("seconds_to_full", plan.OF_DISK_ROOM_MB)),),
        roles=("Databases",),
    ),
    Mechanism(
        "cache_stampede", "cache", "Popular entries expire; every request that misses one asks the database itself.",
        {**onset(200, 400), "herd_factor": (1.4, 2.2)},
        (Row(at.HERD, times("herd_factor", plan.OF_HERD_AT_FULL)),),
        roles=("CachingServices",),
    ),
    Mechanism(
        "cache_ttl_lowered", "config", "A cache's entries expire almost at once; the database gets its questions.",
        {**onset(250, 500), "ttl_seconds": (0.2, 0.6)},
        (Row(at.CACHE_TTL_S, times("ttl_seconds")),),
        roles=("CachingServices",), config=ConfigChange(keys.CACHE_TTL),
    ),
    Mechanism(
        "stale_secret", "certificate", "The database's password was rotated; a service still uses the old one.",
        onset(250, 500),
        (Row(at.SECRET_ROTATED_S, Value(of=plan.OF_BEGIN)),),
        roles=("DatabaseClients",),
    ),
    Mechanism(
        "wrong_login_release", "release", "A release logs in with a user that the database does not know.",
        onset(250, 500),
        (released(at.BREAKS, exactly(at.BREAKS_LOGIN)),),
        roles=("DatabaseClients",), new_release=True,
    ),
)  # fmt: skip
