"""Memory and pods that die of it."""

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.capacity import PODS_LOST
from simcore.mechanisms.model import WORLD, ConfigChange, Mechanism, Row, Value, exactly, onset, per, released, times

_ROOM = plan.OF_MEMORY_ROOM_MB

MEMORY = (
    Mechanism(
        "heap_oom", "memory", "The live heap of a service outgrew its memory limit.",
        {**onset(300, 600), "need_factor": (1.15, 1.6), "ramp_seconds": (100, 200)},
        (Row(at.HEAP_NEED_MB, times("need_factor", at.MEM_LIMIT_MB), ramp="ramp_seconds"),),
        roles=("Stateless",),
    ),
    Mechanism(
        "memory_leak", "release", "A release leaks memory; a larger limit only delays the kill.",
        {**onset(300, 600), "seconds_to_limit": (60, 150)},
        (released(at.LEAK_MB_PER_S, per("seconds_to_limit", _ROOM)),),
        roles=("Stateless",), new_release=True,
    ),
    Mechanism(
        "memory_limit_lowered", "config", "Somebody set a memory limit below what the service needs.",
        {**onset(200, 500), "limit_factor": (0.78, 0.93)},
        (
            Row(at.MEM_LIMIT_MB, times("limit_factor", at.HEAP_NEED_MB, whole=True)),
            Row(at.LIMIT_MB, times("limit_factor", at.HEAP_NEED_MB, whole=True), mode=at.SET_PODS),
        ),
        roles=("Stateless",), config=ConfigChange(keys.MEMORY_LIMIT),
    ),
    Mechanism(
        "slow_leak", "memory", "Pods that have run for weeks have leaked almost up to their limit.",
        {**onset(300, 600), "filled_share": (0.972, 0.985), "seconds_to_limit": (200_000, 400_000)},
        (
            Row(at.LEAKED_MB, times("filled_share", _ROOM), mode=at.SET_PODS),
            Row(at.LEAK_MB_PER_S, per("seconds_to_limit", _ROOM), mode=at.SET_EVERY_RELEASE),
        ),
        roles=("Loaded",),
    ),
    Mechanism(
        "gc_death_spiral", "memory", "Live data almost fills the heap; garbage collection takes the CPU.",
        {**onset(300, 600), "filled_share": (0.978, 0.988), "ramp_seconds": (100, 200)},
        (Row(at.HEAP_NEED_MB, times("filled_share", at.MEM_LIMIT_MB), ramp="ramp_seconds"),),
        roles=("Loaded",),
    ),
    Mechanism(
        "probe_misconfigured", "config", "The liveness probe's timeout is shorter than a healthy answer takes.",
        {**onset(250, 500), "timeout_ms": (30, 70)},
        (Row(at.PROBE_TIMEOUT_MS, times("timeout_ms", whole=True)),),
        roles=("Stateless",), config=ConfigChange(keys.PROBE_TIMEOUT),
    ),
    Mechanism(
        "leaky_release", "release", "A release leaks memory; the autoscaler answers with pods and eats the quota.",
        {
            **onset(900, 1100), "seconds_to_limit": (700, 1000), "pods_lost_after_seconds": (750, 950),
            "quota_factor": (1.08, 1.14),
        },
        (
            released(at.LEAK_MB_PER_S, per("seconds_to_limit", _ROOM)),
            Row(at.HPA_MIN, Value(of=at.USUAL_REPLICAS)),
            Row(at.HPA_MAX, exactly(at.MAX_PODS)),
            Row(at.HPA_TARGET, Value(of=plan.OF_HEAP_SHARE)),
            Row(at.QUOTA_MB, times("quota_factor", plan.OF_REQUESTED_MB, whole=True), WORLD, at.SET_CLOCK),
            *PODS_LOST,
        ),
        roles=("Stateless",), new_release=True, has_victims=True,
    ),
)  # fmt: skip
