"""The four diagnostics in words: what a probe, a look at limits, a connection or a name lookup found."""

from collections.abc import Callable

from simcore.kernel import diagnose as d
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_COUNT, OUT_PAYLOAD
from simcore.observation import Check
from simcore.topologies.topology import Topology

_FAILING = 0.05
_SLOW_MS = 400.0


def connectivity_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    rows = out[OUT_PAYLOAD : OUT_PAYLOAD + d.CALLEE_COLUMNS * int(out[OUT_COUNT])].reshape(-1, d.CALLEE_COLUMNS)
    checks = [check for row in rows.tolist() for check in _callee(row, topology)]
    return tuple(checks) or (Check("connect", True, "calls nobody"),)


def _callee(row: list[float], topology: Topology) -> list[Check]:
    """The way to one callee: the first that is wrong with it, else how the callee answers."""
    c = int(row[0])
    name = topology.names[c]
    up, failing, p99, attempts, tls, delay, loss, policy, mtu, auth, dns, is_async, full, limited, late, timeout = row[
        1:17
    ]
    title = f"connect {name}"
    if is_async:
        return [
            Check(
                title,
                full < _FAILING,
                f"{100 * full:.0f} % of publishes refused, topic full" if full >= _FAILING else "topic takes messages",
                full,
                name,
            )
        ]
    if dns > _FAILING:
        return [Check(title, False, f"name does not resolve for {100 * dns:.0f} % of connections", dns, name)]
    if policy > 0:
        return [Check(title, False, f"connect timed out; {up:.0f} endpoints ready", 1.0, name)]
    if up < 1:
        return [Check(title, False, "connection refused; no endpoints ready", 1.0, name)]
    if tls > _FAILING:
        return [
            Check(
                title,
                False,
                f"TLS handshake fails for {100 * tls:.0f} % of connections: certificate has expired",
                tls,
                name,
            )
        ]
    if auth > _FAILING:
        return [
            Check(
                title,
                False,
                f"login fails for {100 * auth:.0f} % of connections: password authentication failed",
                auth,
                name,
            )
        ]
    found = []
    if mtu > 1450:
        found.append(Check(f"packets to {name}", False, f"answers over 1450 bytes are lost (MTU {mtu:.0f})", mtu, name))
    if loss > 0.02:
        found.append(Check(f"packets to {name}", False, f"{100 * loss:.0f} % of packets lost", loss, name))
    if delay > 20:
        found.append(Check(f"round trip to {name}", False, f"{delay:.0f} ms", delay, name))
    if attempts > 1.5:
        found.append(Check(f"retries to {name}", False, f"{attempts:.1f} attempts per call", attempts, name))
    if limited > _FAILING:
        found.append(Check(f"answers of {name}", False, f"{100 * limited:.0f} % are 429", limited, name))
    if late > _FAILING:
        found.append(
            Check(
                f"timeouts to {name}",
                False,
                f"{100 * late:.0f} % of calls take longer than {timeout:.0f} ms",
                timeout,
                name,
            )
        )
    return [
        *found,
        Check(title, failing < _FAILING, f"{up:.0f} endpoints ready, {100 * failing:.1f} % fail there", failing, name),
        Check(f"latency of {name}", p99 < _SLOW_MS, f"p99 {p99:.0f} ms", p99, name),
    ]


def health_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    o = out[OUT_PAYLOAD:].tolist()
    up, desired, own = o[d.H_UP], o[d.H_DESIRED], o[d.H_OWN]
    checks = [
        Check("readiness", up >= desired > 0, f"{up:.0f} of {desired:.0f} pods ready", up),
        Check("own requests", own < 0.01, f"{100 * own:.1f} % fail in the service itself", own),
        Check("own time", o[d.H_OWN_MS] < 400, f"{o[d.H_OWN_MS]:.0f} ms in the service itself", o[d.H_OWN_MS]),
        Check(
            "load",
            o[d.H_ARRIVAL] < o[d.H_CAPACITY],
            f"{o[d.H_ARRIVAL]:.0f}/s arrive, {o[d.H_CAPACITY]:.0f}/s can be served",
            o[d.H_ARRIVAL] / max(o[d.H_CAPACITY], 0.01),
        ),
        Check("liveness", o[d.H_PROBES] < 0.02, f"{100 * o[d.H_PROBES]:.0f} % of probes time out", o[d.H_PROBES]),
        Check("clock", abs(o[d.H_CLOCK]) < 5, f"offset {o[d.H_CLOCK]:+.0f} s", o[d.H_CLOCK]),
    ]
    return tuple(checks + [check for check in _conditional(o, s, topology) if check is not None])


def _conditional(o: list[float], s: int, topology: Topology) -> list[Check | None]:
    """What only some services have, or only some moments show."""
    direct, limited, failed, outside = o[d.H_DIRECT], o[d.H_LIMITED], o[d.H_EXCEPTIONS], o[d.H_OUTSIDE]
    return [
        Check("direct clients", False, f"{100 * direct:.0f} % of requests come from none of the callers", direct)
        if direct > 0.05
        else None,
        Check("rate limit", False, f"{100 * limited:.0f} % answered 429", limited) if limited > 0.01 else None,
        Check("exceptions", False, f"{100 * failed:.0f} % of requests end in an exception", failed)
        if failed > 0.01
        else None,
        Check(
            "disk writes",
            False,
            f"{100 * o[d.H_UNWRITTEN]:.0f} % of requests fail: no space left on device",
            o[d.H_UNWRITTEN],
        )
        if o[d.H_UNWRITTEN] > 0
        else None,
        Check("writes", False, "refused: cannot write in a read-only transaction", 1.0)
        if o[d.H_READ_ONLY] > 0
        else None,
        Check(
            f"provider {topology.parts[s].outside}",
            outside < _FAILING,
            f"{100 * outside:.0f} % fail, {o[d.H_OUTSIDE_MS]:.0f} ms",
            outside,
        )
        if outside >= 0
        else None,
        Check(
            "topic",
            o[d.H_LAG] < 0.5 * o[d.H_LAG_LIMIT],
            f"{o[d.H_LAG]:.0f} of {o[d.H_LAG_LIMIT]:.0f} messages wait",
            o[d.H_LAG],
        )
        if o[d.H_LAG] >= 0
        else None,
        Check(
            "consumption",
            False,
            f"{100 * o[d.H_STALLED]:.0f} % of partitions do not advance: one message is delivered again and again",
            o[d.H_STALLED],
        )
        if o[d.H_STALLED] > 0
        else None,
        Check("canary", True, f"{100 * o[d.H_CANARY]:.0f} % of traffic goes to the canary", o[d.H_CANARY])
        if o[d.H_CANARY] > 0
        else None,
        _certificate(o[d.H_TLS]),
    ]


def _certificate(value: float) -> Check | None:
    if value == 0:
        return None
    if value < 0:
        return Check("certificate", False, "expired 41 days ago; not the one that the issuer renewed", -1.0)
    return Check("certificate", False, f"expired {value / 60:.0f} min ago", value)


def resource_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    o = out[OUT_PAYLOAD:].tolist()
    limit, disk = max(o[d.R_MEMORY_LIMIT], 1.0), o[d.R_DISK] / max(o[d.R_DISK_SIZE], 1.0)
    busy, quota_left = o[d.R_THREADS] / max(o[d.R_WORKERS], 1.0), o[d.R_QUOTA] - o[d.R_QUOTA_USED]
    threads = f"{o[d.R_THREADS]:.0f} of {o[d.R_WORKERS]:.0f} busy"
    if o[d.R_STUCK] >= 1:
        threads += f", {o[d.R_STUCK]:.0f} blocked in a deadlock for {o[d.R_STUCK_AGE]:.0f} s"
    checks = [
        Check(
            "memory",
            o[d.R_MEMORY] < 0.9 * limit,
            f"{o[d.R_MEMORY]:.0f}Mi of {limit:.0f}Mi, {100 * o[d.R_GC]:.0f} % of CPU collects garbage",
            o[d.R_MEMORY] / limit,
        ),
        Check("cpu", o[d.R_CPU] < 90, f"{o[d.R_CPU]:.0f} % of the limit", o[d.R_CPU]),
        Check(
            "cpu throttling",
            o[d.R_THROTTLED] < 0.05,
            f"{100 * o[d.R_THROTTLED]:.0f} % of periods throttled",
            o[d.R_THROTTLED],
        ),
        Check("threads", busy < 0.9 and o[d.R_STUCK] < 1, threads, o[d.R_STUCK] if o[d.R_STUCK] >= 1 else busy),
        Check("disk", disk < 0.9, f"{o[d.R_DISK]:.0f} of {o[d.R_DISK_SIZE]:.0f} MB", disk),
        Check("disk growth", o[d.R_DISK_RATE] < 0.5, f"{o[d.R_DISK_RATE]:.1f} MB/s", o[d.R_DISK_RATE]),
        Check("namespace memory quota", quota_left >= limit, quota_text(o[d.R_QUOTA_USED], o[d.R_QUOTA]), quota_left),
        Check(
            "node",
            o[d.R_STOLEN] < 0.1,
            "enough CPU left"
            if o[d.R_STOLEN] < 0.1
            else f"pods get {100 * (1 - o[d.R_STOLEN]):.0f} % of their CPU: {topology.names[int(o[d.R_HOG])]} burns the node's cores",
            o[d.R_STOLEN],
            topology.names[int(o[d.R_HOG])] if o[d.R_STOLEN] >= 0.1 else None,
        ),
        Check(
            "node memory",
            o[d.R_NODES_USED] <= o[d.R_NODES],
            f"{o[d.R_NODES_USED]:.0f}Mi requested, {o[d.R_NODES]:.0f}Mi allocatable",
            o[d.R_NODES] - o[d.R_NODES_USED],
        ),
    ]
    if o[d.R_BURNT] > 0.05:
        burnt = o[d.R_BURNT]
        checks.append(Check("cpu outside requests", False, f"{100 * burnt:.0f} % burnt by another process", burnt))
    if o[d.R_HOT_SHARE] > 0.2:
        checks.append(
            Check("keys", False, f"{100 * o[d.R_HOT_SHARE]:.0f} % of requests ask for one key", o[d.R_HOT_SHARE])
        )
    if o[d.R_HIT] >= 0:
        checks.append(Check("cache", o[d.R_HIT] > 0.6, f"hit ratio {100 * o[d.R_HIT]:.0f} %", o[d.R_HIT]))
        checks.append(Check("cache misses", o[d.R_HERD] < 2, f"{o[d.R_HERD]:.0f} queries for each miss", o[d.R_HERD]))
    return (*checks, *(_database(o, topology) if o[d.R_CONN_LIMIT] > 0 else ()))


def _database(o: list[float], topology: Topology) -> list[Check]:
    left = o[d.R_CONNS] < 0.95 * o[d.R_CONN_LIMIT]
    found = [
        Check("connections", left, f"{o[d.R_CONNS]:.0f} of {o[d.R_CONN_LIMIT]:.0f}", o[d.R_CONNS] / o[d.R_CONN_LIMIT])
    ]
    if o[d.R_LOCK_BUSY] > 0.3:
        holder = topology.names[int(o[d.R_LOCK_HOLDER])]
        how = "idle in transaction" if o[d.R_LOCK_IDLE] else "by a running query"
        found.append(
            Check(
                "locks",
                False,
                f"sessions wait for rows that {holder} holds, {how}, {o[d.R_LOCK_MS]:.0f} ms each",
                o[d.R_LOCK_IDLE],
                holder,
            )
        )
    else:
        found.append(Check("locks", True, "nobody waits"))
    if o[d.R_HELD] >= 1:
        holder = topology.names[int(o[d.R_TOP_HOLDER])]
        found.append(
            Check("idle sessions", False, f"{holder} holds {o[d.R_HELD]:.0f} without using them", o[d.R_HELD], holder)
        )
    if o[d.R_TOP_ASKER] >= 0:
        asker = topology.names[int(o[d.R_TOP_ASKER])]
        found.append(
            Check("queries", True, f"{100 * o[d.R_ASK_SHARE]:.0f} % come from {asker}", o[d.R_ASK_SHARE], asker)
        )
    scans = o[d.R_SCANS]
    found.append(
        Check(
            "query plans",
            scans < 1.2,
            "by index" if scans < 1.2 else f"sequential scans, {scans:.1f} times the usual work",
            scans,
        )
    )
    if o[d.R_REPLICA_LAG] >= 0:
        found.append(
            Check("replica", o[d.R_REPLICA_LAG] < 10, f"{o[d.R_REPLICA_LAG]:.0f} s behind", o[d.R_REPLICA_LAG])
        )
    return found


def quota_text(used: float, limit: float) -> str:
    return f"used {used:.0f}Mi, limited {limit:.0f}Mi"


def name_checks(out: Floats, s: int, topology: Topology) -> tuple[Check, ...]:
    o = out[OUT_PAYLOAD:]
    resolver, misnamed, count = float(o[0]), float(o[1]), int(out[OUT_COUNT])
    checks = [_name(topology.names[int(o[2 + k])], resolver, misnamed > 0 and k == 0) for k in range(count)]
    return tuple(checks) or (Check("resolve", True, "looks up no names"),)


def _name(name: str, resolver: float, misnamed: bool) -> Check:
    title = f"resolve {name}.internal"
    if resolver > 0:
        how = "no answer from 10.0.0.53" if resolver == 2 else "the local cache answers SERVFAIL"
        return Check(title, False, how, resolver, name)
    if misnamed:
        return Check(title, False, f"NXDOMAIN: there is no {name}-v2.internal", 3.0, name)
    return Check(title, True, "resolved", 0.0, name)


CHECKS: tuple[Callable[[Floats, int, Topology], tuple[Check, ...]], ...] = (
    connectivity_checks, health_checks, resource_checks, name_checks,
)  # fmt: skip
"""By the numbers of the commands."""
