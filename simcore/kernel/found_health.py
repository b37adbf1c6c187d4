"""What `check_health` finds: probes of a service, of its clock and of what it depends on."""

from simcore.kernel import diagnose as d
from simcore.kernel import found as f
from simcore.kernel.compiled import compiled
from simcore.kernel.found import find
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_PAYLOAD

_FAILING, _SLOW_MS, _OFF_S = 0.05, 400.0, 5.0


@compiled
def find_health(out: Floats, told: Floats) -> None:
    o = out[OUT_PAYLOAD:]
    find_always(o, told)
    find_requests(o, told)
    find_state(o, told)
    find_topic(o, told)
    if o[d.H_OUTSIDE] >= 0.0:
        find(told, f.PROVIDER, o[d.H_OUTSIDE] < _FAILING, o[d.H_OUTSIDE], o[d.H_OUTSIDE_MS], told[f.F_SERVICE])


@compiled
def find_always(o: Floats, told: Floats) -> None:
    up, desired, own, own_ms = o[d.H_UP], o[d.H_DESIRED], o[d.H_OWN], o[d.H_OWN_MS]
    load = o[d.H_ARRIVAL] / max(o[d.H_CAPACITY], 0.01)
    find(told, f.READINESS, up >= desired and desired > 0.0, up, desired)
    find(told, f.OWN_REQUESTS, own < 0.01, own, 100.0 * own)
    find(told, f.OWN_TIME, own_ms < _SLOW_MS, own_ms)
    find(told, f.LOAD, load < 1.0, load, o[d.H_ARRIVAL], o[d.H_CAPACITY])
    find(told, f.LIVENESS, o[d.H_PROBES] < 0.02, o[d.H_PROBES])
    find(told, f.CLOCK, abs(o[d.H_CLOCK]) < _OFF_S, o[d.H_CLOCK])


@compiled
def find_requests(o: Floats, told: Floats) -> None:
    """What is wrong with some of the requests, if anything is."""
    if o[d.H_DIRECT] > 0.05:
        find(told, f.DIRECT, False, o[d.H_DIRECT])
    if o[d.H_LIMITED] > 0.01:
        find(told, f.LIMITED, False, o[d.H_LIMITED])
    if o[d.H_EXCEPTIONS] > 0.01:
        find(told, f.EXCEPTIONS, False, o[d.H_EXCEPTIONS])
    if o[d.H_UNWRITTEN] > 0.0:
        find(told, f.DISK_WRITES, False, o[d.H_UNWRITTEN])


@compiled
def find_state(o: Floats, told: Floats) -> None:
    """What is set or past its date, if anything is."""
    if o[d.H_READ_ONLY] > 0.0:
        find(told, f.WRITES, False, 1.0)
    if o[d.H_CANARY] > 0.0:
        find(told, f.CANARY, True, o[d.H_CANARY])
    if o[d.H_TLS] < 0.0:
        find(told, f.CERTIFICATE_OLD, False, -1.0)
    if o[d.H_TLS] > 0.0:
        find(told, f.CERTIFICATE_EXPIRED, False, o[d.H_TLS], o[d.H_TLS] / 60.0)


@compiled
def find_topic(o: Floats, told: Floats) -> None:
    """Of a consumer: what waits, and whether it gets on."""
    if o[d.H_LAG] < 0.0:
        return
    find(told, f.TOPIC, o[d.H_LAG] < 0.5 * o[d.H_LAG_LIMIT], o[d.H_LAG], o[d.H_LAG_LIMIT])
    if o[d.H_STALLED] > 0.0:
        find(told, f.CONSUMPTION, False, o[d.H_STALLED])
