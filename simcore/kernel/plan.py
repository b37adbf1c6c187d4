"""A scenario as numbers, in one topology: what `draw` draws from. Rows of packed float64 tables.

`variants` name ranges of the other tables: `ranges[k] = (low, high)` of a parameter (number 0 is always the seconds
before time 0 at which it begins), `templates` for rows of the world, `wanted` for parts of remedies, `targets`.
"""

(
    V_WEIGHT, V_CLASS, V_TEMPLATES, N_TEMPLATES, V_RANGES, N_RANGES, V_TARGETS, N_TARGETS, V_WANTED, N_WANTED,
    V_VICTIMS, V_NEW_RELEASE, V_HEALS, V_NAMED, V_CONFIG_AT, V_CONFIG_KEY, V_CONFIG_COLUMN,
) = range(17)  # fmt: skip
VARIANT_COLUMNS = 17

# A row of the world: its value is `constant x parameter / divisor x reference of a place`, each factor optional (-1).
(
    T_AT, T_COLUMN, T_MODE, T_CONSTANT, T_PARAMETER, T_DIVISOR, T_OF, T_OF_AT, T_WHOLE, T_DELAY, T_DELAY_PARAMETER,
    T_RAMP_PARAMETER,
) = range(12)  # fmt: skip
TEMPLATE_COLUMNS = 12
NONE = -1.0

# What a value may refer to: a service's setting by its column, or one of these of the healthy world.
(
    OF_MEMORY_ROOM_MB, OF_HEAP_SHARE, OF_WORK_AT_FULL_MS, OF_RPS_AT_FULL, OF_FULL_FACTOR, OF_POOL_NEED,
    OF_THREADS_NEED, OF_CALLEES_MS, OF_LOCK_FULL_MS, OF_DISK_ROOM_MB, OF_BUDGET_RPS, OF_PERIOD_QUOTA_MS,
    OF_ARRIVALS, OF_REQUESTED_MB, OF_BEGIN, OF_PRIMARY_FACTOR, OF_NODE_CORES, OF_NUMBER,
    OF_RPS_TO_BUSY, OF_HERD_AT_FULL,
) = range(1000, 1020)  # fmt: skip

(W_ALTERNATIVE, W_PREDICATE, W_AT, W_COLUMN, W_FACTOR, W_OF_TEMPLATE, W_OF) = range(7)
WANTED_COLUMNS = 7

(
    AT_LEAST, AT_MOST, RELEASE_CLEAN, CONNECTIONS_RELEASED, POOL_OUTLASTS_LEAK, POOL_COVERS_NEED, QUOTA_COVERS_DEMAND,
    NODES_COVER_DEMAND, REPLICAS_READY, RESTARTED, CAPACITY_COVERS_LOAD, BUDGET_COVERS_LOAD, DISK_HAS_ROOM,
    STALLS_ARE_SHORT, NEIGHBOUR_IS_QUIET, CLOCK_IS_RIGHT,
) = range(16)  # fmt: skip

# What holds for the whole draw.
(
    D_DIFFICULTY, D_NO_FAULT, D_SELF_HEALING, D_MULTI_FAULT, D_AVAILABILITY, D_LATENCY_MS, D_STABILIZATION_S,
    D_MAX_STEPS, D_DISTRACTORS,
) = range(9)  # fmt: skip
SETTING_COLUMNS = 9
