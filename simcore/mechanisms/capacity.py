"""Too much to do for what is there."""

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.model import (
    VICTIM_1,
    VICTIM_2,
    VICTIMS,
    WORLD,
    ConfigChange,
    Mechanism,
    Row,
    Value,
    exactly,
    onset,
    per,
    released,
    times,
)

_POLLED = Row(at.EXTRA_RPS, times("extra_share", plan.OF_RPS_AT_FULL))
PODS_LOST = (
    Row(0, exactly(0), VICTIM_1, at.LOSE_PODS, delay_by="pods_lost_after_seconds"),
    Row(0, exactly(0), VICTIM_2, at.LOSE_PODS, delay=15.0, delay_by="pods_lost_after_seconds"),
)

CAPACITY = (
    Mechanism(
        "traffic_surge", "capacity", "Direct clients ask a service for more than its pods can answer.",
        {**onset(250, 500), "extra_share": (0.85, 1.15)},
        (_POLLED,),
        roles=("Unlimited",), heals=True,
    ),
    Mechanism(
        "hpa_misconfigured", "config", "Traffic grew, and the autoscaler may not add the pods that it needs.",
        {**onset(250, 500), "extra_share": (0.85, 1.15)},
        (
            _POLLED,
            Row(at.HPA_ON_CPU, exactly(1)),
            Row(at.HPA_MIN, Value(of=at.USUAL_REPLICAS)),
            Row(at.HPA_TARGET, exactly(0.7)),
            Row(at.HPA_MAX, Value(of=at.USUAL_REPLICAS)),
        ),
        roles=("Unlimited",), config=ConfigChange(keys.HPA_MAX),
    ),
    Mechanism(
        "scale_to_zero", "capacity", "Somebody scaled a service to no replicas.",
        onset(120, 300),
        (Row(at.DESIRED, exactly(0)),),
        roles=("Stateless", "Consumers"),
    ),
    Mechanism(
        "quota_lowered", "capacity", "The namespace's memory quota was lowered below what its services ask for.",
        {**onset(600, 1000), "quota_factor": (0.72, 0.88), "pods_lost_after_seconds": (400, 560)},
        (Row(at.QUOTA_MB, times("quota_factor", plan.OF_REQUESTED_MB, whole=True), WORLD, at.SET_CLOCK), *PODS_LOST),
        named=VICTIMS, has_victims=True,
    ),
    Mechanism(
        "node_pressure", "capacity", "A node is gone, and the others have no room for its pods.",
        {**onset(500, 800), "room_factor": (0.74, 0.88), "pods_lost_after_seconds": (10, 60)},
        (Row(at.NODES_MB, times("room_factor", plan.OF_REQUESTED_MB, whole=True), WORLD, at.SET_CLOCK), *PODS_LOST),
        named=VICTIMS, has_victims=True,
    ),
    Mechanism(
        "thread_pool_exhaustion", "config", "A service was given fewer threads than its load keeps busy.",
        {**onset(250, 500), "threads_factor": (0.4, 0.75)},
        (Row(at.WORKERS, times("threads_factor", plan.OF_THREADS_NEED, whole=True)),),
        roles=("Busy",), config=ConfigChange(keys.THREADS),
    ),
    Mechanism(
        "thread_deadlock", "capacity", "Threads wait for one another for ever; soon none is left.",
        {**onset(300, 600), "seconds_to_stuck": (120, 260)},
        (Row(at.STUCK_PER_S, per("seconds_to_stuck", at.WORKERS)),),
        roles=("Stateless",),
    ),
    Mechanism(
        "deadlocking_release", "release", "A release locks in another order; its threads wait for one another.",
        onset(330, 600),
        (released(at.BREAKS, exactly(at.BREAKS_THREADS)),),
        roles=("Stateless",), new_release=True,
    ),
    Mechanism(
        "consumer_lag", "capacity", "More is published than a consumer's pods can work off; its topic is full.",
        {**onset(500, 900), "extra_share": (0.95, 1.3)},
        (_POLLED,),
        roles=("Consumers",), heals=True,
    ),
)  # fmt: skip
