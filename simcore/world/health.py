"""The health word of a service, from what its pods and its callers see."""

from typing import TYPE_CHECKING

from simcore.world import layout as at

if TYPE_CHECKING:
    from simcore.world.world import World

_UNHEALTHY_ERRORS, _DEGRADED_ERRORS, _DEGRADED_GC = 0.2, 0.02, 0.25


def health(world: "World", s: int) -> str:
    """`healthy|degraded|unhealthy|crashed|restarting`."""
    row, now = world.state.services[s], world.now
    pods = world.state.pods[s, : int(row[at.PODS])]
    up = int((pods[:, at.DOWN_UNTIL] <= now).sum())
    if row[at.DESIRED] > 0 and up == 0:
        crashed = len(pods) == 0 or bool((pods[:, at.CRASHES] > 0).any())
        return "crashed" if crashed else "restarting"
    if row[at.FAIL] > _UNHEALTHY_ERRORS or row[at.DESIRED] == 0:
        return "unhealthy"
    if row[at.FAIL] > _DEGRADED_ERRORS or up < row[at.DESIRED] or row[at.GC_SHARE] > _DEGRADED_GC:
        return "degraded"
    return "healthy"
