"""`check_connectivity` and `check_dns` in words: the way to each callee, how it answers, whether its name resolves."""

from simcore.kernel import diagnose as d
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_COUNT, OUT_PAYLOAD
from simcore.observation import Check
from simcore.topologies.topology import Topology
from simcore.world.percent import percent

_FAILING, _SLOW_MS, _USUAL_MTU = 0.05, 400.0, 1450.0
_LOSSY, _FAR_MS, _INSISTENT = 0.02, 20.0, 1.5


def connectivity_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    rows = out[OUT_PAYLOAD : OUT_PAYLOAD + d.CALLEE_COLUMNS * int(out[OUT_COUNT])].reshape(-1, d.CALLEE_COLUMNS)
    checks = [check for row in rows.tolist() for check in _callee(row, topology.names[int(row[d.E_CALLEE])])]
    return tuple(checks) or (Check("connect", True, "calls nobody"),)


def _callee(row: list[float], name: str) -> list[Check]:
    """What keeps calls from arriving, or else how the way is and how the callee answers."""
    if row[d.E_ASYNC]:
        return [_topic(row[d.E_TOPIC_FULL], name)]
    unreached = _unreached(row, name)
    if unreached is not None:
        return [unreached]
    return [*_way(row, name), *_answers(row, name)]


def _topic(refused: float, name: str) -> Check:
    ok = refused < _FAILING
    detail = "topic takes messages" if ok else f"{percent(refused)} of publishes refused, topic full"
    return Check(f"connect {name}", ok, detail, refused, name)


def _unreached(row: list[float], name: str) -> Check | None:
    def no(detail: str, share: float = 1.0) -> Check:
        return Check(f"connect {name}", False, detail, share, name)

    if row[d.E_NAMES] > _FAILING:
        return no(f"name does not resolve for {percent(row[d.E_NAMES])} of connections", row[d.E_NAMES])
    if row[d.E_POLICY] > 0:
        return no(f"connect timed out; {row[d.E_UP]:.0f} endpoints ready")
    if row[d.E_UP] < 1:
        return no("connection refused; no endpoints ready")
    if row[d.E_TLS] > _FAILING:
        return no(
            f"TLS handshake fails for {percent(row[d.E_TLS])} of connections: certificate has expired", row[d.E_TLS]
        )
    if row[d.E_LOGIN] > _FAILING:
        shown = percent(row[d.E_LOGIN])
        return no(f"login fails for {shown} of connections: password authentication failed", row[d.E_LOGIN])
    return None


def _way(row: list[float], name: str) -> list[Check]:
    found = []
    if row[d.E_MTU] > _USUAL_MTU:
        detail = f"answers over {_USUAL_MTU:.0f} bytes are lost (MTU {row[d.E_MTU]:.0f})"
        found.append(Check(f"packets to {name}", False, detail, row[d.E_MTU], name))
    if row[d.E_LOSS] > _LOSSY:
        found.append(
            Check(f"packets to {name}", False, f"{percent(row[d.E_LOSS])} of packets lost", row[d.E_LOSS], name)
        )
    if row[d.E_DELAY_MS] > _FAR_MS:
        found.append(Check(f"round trip to {name}", False, f"{row[d.E_DELAY_MS]:.0f} ms", row[d.E_DELAY_MS], name))
    if row[d.E_ATTEMPTS] > _INSISTENT:
        detail = f"{row[d.E_ATTEMPTS]:.1f} attempts per call"
        found.append(Check(f"retries to {name}", False, detail, row[d.E_ATTEMPTS], name))
    if row[d.E_LATE] > _FAILING:
        detail = f"{percent(row[d.E_LATE])} of calls take longer than {row[d.E_TIMEOUT_MS]:.0f} ms"
        found.append(Check(f"timeouts to {name}", False, detail, row[d.E_TIMEOUT_MS], name))
    return found


def _answers(row: list[float], name: str) -> list[Check]:
    failing, p99_ms, limited = row[d.E_FAIL], row[d.E_P99_MS], row[d.E_LIMITED]
    found = (
        [Check(f"answers of {name}", False, f"{percent(limited)} are 429", limited, name)] if limited > _FAILING else []
    )
    detail = f"{row[d.E_UP]:.0f} endpoints ready, {100 * failing:.1f} % fail there"
    found.append(Check(f"connect {name}", failing < _FAILING, detail, failing, name))
    found.append(Check(f"latency of {name}", p99_ms < _SLOW_MS, f"p99 {p99_ms:.0f} ms", p99_ms, name))
    return found


def name_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    o, count = out[OUT_PAYLOAD:], int(out[OUT_COUNT])
    resolver, misnamed = float(o[0]), float(o[1]) > 0
    checks = [_name(topology.names[int(o[2 + k])], resolver, misnamed and k == 0) for k in range(count)]
    return tuple(checks) or (Check("resolve", True, "looks up no names"),)


def _name(name: str, resolver: float, misnamed: bool) -> Check:
    title = f"resolve {name}.internal"
    if resolver > 0:
        detail = "no answer from 10.0.0.53" if resolver == 2 else "the local cache answers SERVFAIL"
        return Check(title, False, detail, resolver, name)
    if misnamed:
        return Check(title, False, f"NXDOMAIN: there is no {name}-v2.internal", 3.0, name)
    return Check(title, True, "resolved", 0.0, name)
