"""Disks that fill up, queues that stop, releases that fail."""

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.model import ConfigChange, Mechanism, Row, exactly, onset, per, released, times

STORAGE = (
    Mechanism(
        "log_growth", "storage", "A process that is stuck in a loop fills its volume with log lines.",
        {**onset(500, 900), "seconds_to_full": (300, 480)},
        (Row(at.DISK_MB_PER_S, per("seconds_to_full", plan.OF_DISK_ROOM_MB)),),
        roles=("Stateless",),
    ),
    Mechanism(
        "debug_logging", "config", "The log level was left at DEBUG until the volume was full.",
        onset(700, 1000),
        (Row(at.LOG_LEVEL, exactly(1)),),
        roles=("Stateless",), config=ConfigChange(keys.LOG_LEVEL),
    ),
    Mechanism(
        "verbose_release", "release", "A release writes so much that it fills its volume.",
        {**onset(500, 900), "seconds_to_full": (300, 480)},
        (released(at.LOG_MB_PER_S, per("seconds_to_full", plan.OF_DISK_ROOM_MB)),),
        roles=("Stateless",), new_release=True,
    ),
    Mechanism(
        "poison_message", "queue", "A message that nobody can process blocks a topic; it is full by now.",
        {**onset(500, 900), "blocked_share": (0.85, 1.0)},
        (Row(at.POISON, times("blocked_share")),),
        roles=("Consumers",),
    ),
    Mechanism(
        "heavy_consumer_release", "release", "A consumer's release takes so long for a message that its topic is full.",
        {**onset(500, 900), "utilisation": (1.4, 2.0)},
        (released(at.WORK_FACTOR, times("utilisation", plan.OF_FULL_FACTOR)),),
        roles=("Consumers",), new_release=True,
    ),
    Mechanism(
        "failing_release", "release", "A release fails on some of its requests.",
        {**onset(180, 500), "failing_share": (0.2, 0.6)},
        (released(at.ERROR_SHARE, times("failing_share")),),
        roles=("Stateless",), new_release=True,
    ),
    Mechanism(
        "canary_errors", "release", "A canary fails on the share of traffic that it gets.",
        {**onset(180, 500), "canary_share": (0.15, 0.4), "failing_share": (0.7, 1.0)},
        (
            Row(at.RELEASE, exactly(0)),
            Row(at.CANARY_WEIGHT, times("canary_share")),
            released(at.ERROR_SHARE, times("failing_share")),
        ),
        roles=("Stateless",), new_release=True,
    ),
    Mechanism(
        "corrupt_state", "storage", "A process works with a broken local file until it is started afresh.",
        {**onset(180, 500), "failing_share": (0.2, 0.6)},
        (Row(at.EXTRA_ERRORS, times("failing_share")),),
        roles=("Stateless",),
    ),
)  # fmt: skip
