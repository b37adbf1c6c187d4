"""The four diagnostics: what a probe, a look at limits, a connection or a name lookup says right now."""

from collections.abc import Callable

from simcore.observation import Check, Diagnostic
from simcore.world import layout as at
from simcore.world.pods import used_quota
from simcore.world.world import World


def diagnose(world: World, s: int, command: str) -> Diagnostic:
    return Diagnostic(world.incident.topology.names[s], command, _CHECKS[command](world, s))


def quota_text(world: World) -> str:
    used = used_quota(world.state.services, world.state.pods)
    return f"used {used:.0f}Mi, limited {world.state.clock[at.QUOTA_MB]:.0f}Mi"


def _connectivity(world: World, s: int) -> tuple[Check, ...]:
    topology, services = world.incident.topology, world.state.services
    checks = []
    for c in topology.callees(s):
        up = int(services[c, at.UP])
        failing = services[c, at.OWN_FAIL]
        detail = f"{up} endpoints ready, {100 * failing:.0f} % of calls fail there"
        checks.append(Check(f"connect {topology.names[c]}", bool(up > 0 and failing < 0.05), detail))
    return tuple(checks) or (Check("connect", True, "calls nobody"),)


def _probe(world: World, s: int) -> tuple[Check, ...]:
    row = world.state.services[s]
    up = int(row[at.UP])
    own = row[at.OWN_FAIL]
    return (
        Check("readiness", bool(up >= row[at.DESIRED]), f"{up} of {row[at.DESIRED]:.0f} pods ready"),
        Check("own requests", bool(own < 0.01), f"{100 * own:.1f} % fail in the service itself"),
    )


def _resources(world: World, s: int) -> tuple[Check, ...]:
    row = world.state.services[s]
    limit = max(row[at.MEM_LIMIT_MB], 1.0)
    full = used_quota(world.state.services, world.state.pods) + limit > world.state.clock[at.QUOTA_MB]
    checks = [
        Check("memory", bool(row[at.MEM_MB] < 0.9 * limit), f"{row[at.MEM_MB]:.0f}Mi of {limit:.0f}Mi"),
        Check("cpu", bool(row[at.CPU_PERCENT] < 90), f"{row[at.CPU_PERCENT]:.0f} % of the limit"),
        Check("namespace memory quota", not full, quota_text(world)),
    ]
    if row[at.POOL_MAX] > 0:
        left = bool(row[at.CONNS] < 0.95 * row[at.POOL_MAX])
        checks.append(Check("connections", left, f"{row[at.CONNS]:.0f} of {row[at.POOL_MAX]:.0f}"))
    return tuple(checks)


def _dns(world: World, s: int) -> tuple[Check, ...]:
    names = [world.incident.topology.names[c] for c in world.incident.topology.callees(s)]
    return tuple(Check(f"resolve {name}.internal", True, "resolved") for name in names) or (
        Check("resolve", True, "looks up no names"),
    )


_CHECKS: dict[str, Callable[[World, int], tuple[Check, ...]]] = {
    "check_connectivity": _connectivity,
    "check_health": _probe,
    "check_resources": _resources,
    "check_dns": _dns,
}
