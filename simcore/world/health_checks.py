"""`check_health` in words: what probes of a service, of its clock and of what it depends on find now."""

from simcore.kernel import diagnose as d
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_PAYLOAD
from simcore.observation import Check
from simcore.topologies.topology import Topology
from simcore.world.percent import percent

_FAILING, _SLOW_MS, _OFF_S = 0.05, 400.0, 5.0


def health_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    o = out[OUT_PAYLOAD:].tolist()
    found = [*_always(o), *_requests(o), *_state(o), *_topic(o)]
    if o[d.H_OUTSIDE] >= 0:
        failing, detail = o[d.H_OUTSIDE], f"{percent(o[d.H_OUTSIDE])} fail, {o[d.H_OUTSIDE_MS]:.0f} ms"
        found.append(Check(f"provider {topology.parts[s].outside}", failing < _FAILING, detail, failing))
    return tuple(found)


def _always(o: list[float]) -> list[Check]:
    up, desired, own, own_ms = o[d.H_UP], o[d.H_DESIRED], o[d.H_OWN], o[d.H_OWN_MS]
    arrival, capacity, probes, offset_s = o[d.H_ARRIVAL], o[d.H_CAPACITY], o[d.H_PROBES], o[d.H_CLOCK]
    load = arrival / max(capacity, 0.01)
    return [
        Check("readiness", up >= desired > 0, f"{up:.0f} of {desired:.0f} pods ready", up),
        Check("own requests", own < 0.01, f"{100 * own:.1f} % fail in the service itself", own),
        Check("own time", own_ms < _SLOW_MS, f"{own_ms:.0f} ms in the service itself", own_ms),
        Check("load", load < 1, f"{arrival:.0f}/s arrive, {capacity:.0f}/s can be served", load),
        Check("liveness", probes < 0.02, f"{percent(probes)} of probes time out", probes),
        Check("clock", abs(offset_s) < _OFF_S, f"offset {offset_s:+.0f} s", offset_s),
    ]


def _requests(o: list[float]) -> list[Check]:
    """What is wrong with some of the requests, if anything is."""
    found = []
    if o[d.H_DIRECT] > 0.05:
        detail = f"{percent(o[d.H_DIRECT])} of requests come from none of the callers"
        found.append(Check("direct clients", False, detail, o[d.H_DIRECT]))
    if o[d.H_LIMITED] > 0.01:
        found.append(Check("rate limit", False, f"{percent(o[d.H_LIMITED])} answered 429", o[d.H_LIMITED]))
    if o[d.H_EXCEPTIONS] > 0.01:
        detail = f"{percent(o[d.H_EXCEPTIONS])} of requests end in an exception"
        found.append(Check("exceptions", False, detail, o[d.H_EXCEPTIONS]))
    if o[d.H_UNWRITTEN] > 0:
        detail = f"{percent(o[d.H_UNWRITTEN])} of requests fail: no space left on device"
        found.append(Check("disk writes", False, detail, o[d.H_UNWRITTEN]))
    return found


def _state(o: list[float]) -> list[Check]:
    """What is set or past its date, if anything is."""
    found = []
    if o[d.H_READ_ONLY] > 0:
        found.append(Check("writes", False, "refused: cannot write in a read-only transaction", 1.0))
    if o[d.H_CANARY] > 0:
        found.append(Check("canary", True, f"{percent(o[d.H_CANARY])} of traffic goes to the canary", o[d.H_CANARY]))
    if o[d.H_TLS] < 0:
        found.append(Check("certificate", False, "expired 41 days ago; not the one that the issuer renewed", -1.0))
    if o[d.H_TLS] > 0:
        found.append(Check("certificate", False, f"expired {o[d.H_TLS] / 60:.0f} min ago", o[d.H_TLS]))
    return found


def _topic(o: list[float]) -> list[Check]:
    """Of a consumer: what waits, and whether it gets on."""
    if o[d.H_LAG] < 0:
        return []
    waiting = f"{o[d.H_LAG]:.0f} of {o[d.H_LAG_LIMIT]:.0f} messages wait"
    found = [Check("topic", o[d.H_LAG] < 0.5 * o[d.H_LAG_LIMIT], waiting, o[d.H_LAG])]
    if o[d.H_STALLED] > 0:
        detail = f"{percent(o[d.H_STALLED])} of partitions do not advance: one message is delivered again and again"
        found.append(Check("consumption", False, detail, o[d.H_STALLED]))
    return found
