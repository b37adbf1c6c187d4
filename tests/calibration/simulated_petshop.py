"""PetShop as a topology, and its issues: what befalls their root is as measured there, the way up is the kernel's.

All nodes are services that somebody else runs, or containers far from their limits: they take their time and do not
queue, which is many cores here. The kernel's requests call one callee after the other.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from simcore.kernel import layout as at
from simcore.kernel.advance import advance
from simcore.kernel.layout import Floats
from simcore.kernel.queueing import percentile_99
from simcore.kernel.sections import sections
from simcore.topologies.rest import world_at_rest
from simcore.topologies.topology import Call, Part, Topology
from tests.calibration.petshop import CALLEES, LATENCY, SITE, Issue, Node, PetShop

_PLENTY_CORES, _LEAST_OWN_MS = 64.0, 1.0
_NEVER_MS = 1e9


def simulated(shop: PetShop, issue: Issue) -> Issue:
    """The same issue as it goes in the simulator."""
    topology = _topology(shop)
    world = world_at_rest(topology).copy()
    services = sections(world, topology.graph).services
    services[:, [at.DEADLINE_MS, at.CLIENT_TIMEOUT_MS, at.PROBE_TIMEOUT_MS]] = _NEVER_MS  # nothing timed out
    advance(world, topology.graph, 100.0)
    before = _nodes(topology, services)
    _befall(services[topology.index[issue.root]], issue)
    advance(world, topology.graph, 100.0)
    return replace(issue, before=before, during=_nodes(topology, services))


def _befall(root: Floats, issue: Issue) -> None:
    """A delay of the length that was asked for on as many requests as make the mean that was added, or of that mean on
    all; errors on as many requests as failed more."""
    root[at.SPECIAL] = 1.0
    if issue.metric == LATENCY:
        length = max(issue.added(issue.root), 0.0 if math.isnan(issue.asked_ms) else issue.asked_ms)
        root[at.EXTERNAL_SHARE], root[at.EXTERNAL_MS] = issue.added(issue.root) / length, length
    else:
        root[at.EXTRA_ERRORS] = issue.added(issue.root) / 100.0


def _nodes(topology: Topology, services: Floats) -> Mapping[str, Node]:
    return {
        name: Node(row[at.MEAN_MS], percentile_99(row[at.MEAN_MS], row[at.VAR_MS2]), 100.0 * row[at.FAIL])
        for name, row in zip(topology.names, services, strict=True)
    }


@lru_cache(maxsize=2)
def _topology(shop: PetShop) -> Topology:
    def own_ms(node: str) -> float:
        below = sum(shop.calls_per_request(node, callee) * shop.usual[callee].mean_ms for callee in CALLEES[node])
        return max(shop.usual[node].mean_ms - below, _LEAST_OWN_MS)

    return Topology(
        name="petshop",
        nominal_rps=shop.requests_per_second[SITE],
        parts=tuple(
            Part(node, "java", replicas=1, work_ms=own_ms(node), cpu_cores=_PLENTY_CORES, heap_mb=100.0)
            for node in CALLEES
        ),
        calls=tuple(
            Call(node, callee, shop.calls_per_request(node, callee)) for node in CALLEES for callee in CALLEES[node]
        ),
    )
