"""CPU: too little, taken away, or burnt."""

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.model import (
    VICTIM_1,
    VICTIM_2,
    WORLD,
    ConfigChange,
    Mechanism,
    Row,
    Value,
    onset,
    released,
    times,
)

CPU = (
    Mechanism(
        "cpu_saturation", "cpu", "Requests have come to take more CPU than a service's pods have.",
        {**onset(300, 600), "utilisation": (1.1, 1.35), "ramp_seconds": (60, 200)},
        (Row(at.WORK_MS, times("utilisation", plan.OF_WORK_AT_FULL_MS), ramp="ramp_seconds"),),
        roles=("Stateless",),
    ),
    Mechanism(
        "runaway_process", "cpu", "A process beside the service in its containers burns their CPU.",
        {**onset(250, 500), "burnt_share": (0.84, 0.93)},
        (Row(at.HOGGED, times("burnt_share")),),
        roles=("Loaded",),
    ),
    Mechanism(
        "heavy_release", "release", "A release takes more CPU for a request than the service has.",
        {**onset(300, 600), "utilisation": (1.1, 1.6)},
        (released(at.WORK_FACTOR, times("utilisation", plan.OF_FULL_FACTOR)),),
        roles=("Stateless",), new_release=True,
    ),
    Mechanism(
        "cfs_throttling", "cpu", "Bursts of background threads use up the CPU quota of whole periods.",
        {**onset(250, 500), "burst_periods": (11, 16), "every_seconds": (3, 4.5)},
        (
            Row(at.BURST_MS, times("burst_periods", plan.OF_PERIOD_QUOTA_MS)),
            Row(at.BURST_EVERY_S, times("every_seconds")),
        ),
        roles=("Stateless",),
    ),
    Mechanism(
        "noisy_neighbour", "cpu", "A service without a CPU limit takes the node's cores from the pods beside it.",
        {**onset(250, 500), "node_share": (1.1, 1.35), "pods_share": (0.6, 1.0)},
        (
            Row(at.CPU_CORES, times("node_share", plan.OF_NODE_CORES, constant=1.4)),
            Row(at.HOG, Value(of=plan.OF_NUMBER), WORLD, at.SET_CLOCK),
            Row(at.HOG_CORES, times("node_share", plan.OF_NODE_CORES), WORLD, at.SET_CLOCK),
            Row(at.ON_HOG_NODE, times("pods_share"), VICTIM_1),
            Row(at.ON_HOG_NODE, times("pods_share"), VICTIM_2),
        ),
        roles=("Stateless",), has_victims=True, config=ConfigChange(keys.CPU_LIMIT), held_out=True,
    ),
    Mechanism(
        "feature_flag", "config", "A feature was switched on that makes every request expensive.",
        {**onset(250, 500), "utilisation": (1.1, 1.6)},
        (Row(at.FEATURE, times("utilisation", plan.OF_FULL_FACTOR)),),
        roles=("Stateless",), config=ConfigChange(keys.FEATURE), held_out=True,
    ),
    Mechanism(
        "hot_key", "cache", "Most requests ask for one key, and one pod answers for it.",
        {**onset(250, 500), "extra_factor": (0.9, 1.1), "hot_share": (0.75, 0.9)},
        (
            Row(at.HOT_SHARE, times("hot_share")),
            Row(at.EXTRA_RPS, times("extra_factor", plan.OF_RPS_TO_BUSY)),
        ),
        roles=("Unlimited",), held_out=True,
    ),
)  # fmt: skip
