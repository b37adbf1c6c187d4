"""What is written down while the world moves: user minutes, objectives, history."""

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats, Singles
from simcore.kernel.queueing import percentile_99, share_over

REQUESTS_PER_USER_MINUTE = 6.0
_WORTH_COUNTING = 0.01
_SAMPLES_OF_REST = 3


@inlined
def count_loss(services: Floats, clock: Floats, entry: int, dt: float) -> None:
    """User minutes: the requests of `dt` that failed or were late, at 6 requests a user and minute."""
    failed = services[entry, at.FAIL]
    late = share_over(clock[at.LATENCY_MS], services[entry, at.MEAN_MS], services[entry, at.VAR_MS2])
    lost = failed + (1.0 - failed) * (late if late > _WORTH_COUNTING else 0.0)
    clock[at.USER_MINUTES] += services[entry, at.OFFERED] * dt * lost / REQUESTS_PER_USER_MINUTE


@inlined
def watch_slo(services: Floats, clock: Floats, entry: int, dt: float) -> None:
    """Seconds that the entry's objectives have been broken without a break, and the worst values since asked."""
    p99 = percentile_99(services[entry, at.MEAN_MS], services[entry, at.VAR_MS2])
    broken = services[entry, at.FAIL] > 1.0 - clock[at.AVAILABILITY] or p99 > clock[at.LATENCY_MS]
    clock[at.SLO_BROKEN_S] = clock[at.SLO_BROKEN_S] + dt if broken else 0.0
    clock[at.WORST_FAIL] = max(clock[at.WORST_FAIL], services[entry, at.FAIL])
    clock[at.WORST_P99] = max(clock[at.WORST_P99], p99)


@inlined
def remember(services: Floats, clock: Floats, times: Floats, history: Singles) -> None:
    """A sample into the ring of recent ones, and now and then one into the ring of older ones."""
    now = clock[at.NOW_S]
    if now - clock[at.LAST_FINE_S] >= at.FINE_SPACING_S - 1e-6:
        clock[at.LAST_FINE_S] = now
        sample(services, times, history, int(clock[at.FINE_COUNT]) % at.FINE_SLOTS, now)
        clock[at.FINE_COUNT] += 1.0
    if now - clock[at.LAST_COARSE_S] >= at.COARSE_SPACING_S - 1e-6:
        clock[at.LAST_COARSE_S] = now
        sample(services, times, history, at.FINE_SLOTS + int(clock[at.COARSE_COUNT]) % at.COARSE_SLOTS, now)
        clock[at.COARSE_COUNT] += 1.0


@inlined
def remember_rest(services: Floats, clock: Floats, times: Floats, history: Singles, begin: float) -> None:
    """The samples from before it all began: as healthy as the services are now."""
    for k in range(_SAMPLES_OF_REST):
        when = begin - at.COARSE_SPACING_S * (_SAMPLES_OF_REST - k)
        sample(services, times, history, at.FINE_SLOTS + k, when)
    clock[at.COARSE_COUNT] = _SAMPLES_OF_REST
    clock[at.LAST_COARSE_S] = begin - at.COARSE_SPACING_S


@inlined
def sample(services: Floats, times: Floats, history: Singles, slot: int, now: float) -> None:
    times[slot] = now
    for s in range(services.shape[0]):
        history[slot, s, at.H_CPU] = services[s, at.CPU_PERCENT]
        history[slot, s, at.H_MEMORY] = services[s, at.MEM_MB]
        history[slot, s, at.H_MEAN] = services[s, at.MEAN_MS]
        history[slot, s, at.H_VARIANCE] = services[s, at.VAR_MS2]
        history[slot, s, at.H_FAIL] = services[s, at.FAIL]
        history[slot, s, at.H_CONNS] = services[s, at.CONNS]
        history[slot, s, at.H_RPS] = services[s, at.OFFERED]
        history[slot, s, at.H_READY] = services[s, at.READY]


@inlined
def sample_before(clock: Floats, times: Floats, when: float) -> int:
    """The newest sample that is not newer than `when`, or the oldest that is left."""
    best, oldest = -1, -1
    fine, coarse = min(int(clock[at.FINE_COUNT]), at.FINE_SLOTS), min(int(clock[at.COARSE_COUNT]), at.COARSE_SLOTS)
    for slot in range(at.HISTORY_SLOTS):
        if (slot < at.FINE_SLOTS and slot >= fine) or slot - at.FINE_SLOTS >= coarse:
            continue
        if times[slot] <= when and (best < 0 or times[slot] > times[best]):
            best = slot
        if oldest < 0 or times[slot] < times[oldest]:
            oldest = slot
    return best if best >= 0 else max(oldest, 0)
