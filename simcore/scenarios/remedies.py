"""Names of the predicates that remedies are made of, and what each stands for in the kernel."""

from dataclasses import dataclass

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.model import Mechanism
from simcore.settings import BY_NAME, Setting

_HEAP_MARGIN = 1.15
_SWITCHED_BY_CODE = {
    "feature.rollout": at.FEATURE,
    "tls.renewal": at.RENEWAL_OFF,
    "db.index.rebuild": at.SCAN_FACTOR,
    "db.replica.cancel_conflicts": at.APPLY_SPEED,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A predicate of `plan` with its column and its limit: `factor x reference`, or `x` the value of a row template."""

    code: int
    column: int = -1
    factor: float = 1.0
    of: int = -1
    of_template: int = -1


_PLAIN = {
    "ReleaseWithoutFault": plan.RELEASE_CLEAN,
    "ConnectionsReleased": plan.CONNECTIONS_RELEASED,
    "PoolOutlastsLeak": plan.POOL_OUTLASTS_LEAK,
    "PoolCoversNeed": plan.POOL_COVERS_NEED,
    "QuotaCoversDemand": plan.QUOTA_COVERS_DEMAND,
    "NodesCoverDemand": plan.NODES_COVER_DEMAND,
    "ReplicasReady": plan.REPLICAS_READY,
    "Restarted": plan.RESTARTED,
    "CapacityCoversLoad": plan.CAPACITY_COVERS_LOAD,
    "BudgetCoversLoad": plan.BUDGET_COVERS_LOAD,
    "DiskHasRoom": plan.DISK_HAS_ROOM,
    "StallsAreShort": plan.STALLS_ARE_SHORT,
    "NeighbourIsQuiet": plan.NEIGHBOUR_IS_QUIET,
    "ClockIsRight": plan.CLOCK_IS_RIGHT,
}
_STATES = {
    "IndexIsThere": Wish(plan.AT_MOST, at.SCAN_FACTOR, 1.2),
    "CertificateIsValid": Wish(plan.AT_LEAST, at.CERT_EXPIRES_S, at.NEVER),
    "ResolverAnswers": Wish(plan.AT_MOST, at.RESOLVER, 0.0),
    "SecretIsFresh": Wish(plan.AT_LEAST, at.SECRET_ROTATED_S, at.NEVER),
    "NoLocksHeld": Wish(plan.AT_MOST, at.LOCK_HOLD_MS, 0.0),
    "WayIsShort": Wish(plan.AT_MOST, at.NET_DELAY_MS, 50.0),
    "WayIsSafe": Wish(plan.AT_MOST, at.NET_LOSS, 0.02),
    "ReplicaKeepsUp": Wish(plan.AT_LEAST, at.APPLY_SPEED, 1.0),
    "ThreadsCoverNeed": Wish(plan.AT_LEAST, at.WORKERS, 1.25, plan.OF_THREADS_NEED),
    "StateIsSound": Wish(plan.AT_MOST, at.EXTRA_ERRORS, 0.0),
    "NothingElseBurns": Wish(plan.AT_MOST, at.HOGGED, 0.0),
    "TrafficIsUsual": Wish(plan.AT_MOST, at.EXTRA_RPS, 0.0),
}
PREDICATES = ("MemoryCoversNeed", "SettingRestored", *_PLAIN, *_STATES)


def wish_of(predicate: str, setting: str, mechanism: Mechanism) -> Wish:
    """What a predicate asks of the world, for an incident of this mechanism."""
    if predicate == "SettingRestored":
        return _restored(BY_NAME[setting])
    if predicate == "MemoryCoversNeed":
        grown = [number for number, row in enumerate(mechanism.rows) if row.column == at.HEAP_NEED_MB]
        if grown:
            return Wish(plan.AT_LEAST, at.MEM_LIMIT_MB, _HEAP_MARGIN, of_template=grown[0])
        return Wish(plan.AT_LEAST, at.MEM_LIMIT_MB, _HEAP_MARGIN, at.HEAP_NEED_MB)
    return _STATES.get(predicate) or Wish(_PLAIN[predicate])


def _restored(setting: Setting) -> Wish:
    """As good as it usually is, within what counts as restored; a switch is where it should be."""
    if setting.name == "db.index.rebuild":
        return _STATES["IndexIsThere"]
    column = _SWITCHED_BY_CODE.get(setting.name, keys.COLUMN[setting.number])
    if is_absolute(setting):
        better_is_more = setting.better == "higher" and setting.name != "tls.renewal"
        limit = setting.restored if better_is_more else 0.0
        return Wish(plan.AT_LEAST if better_is_more else plan.AT_MOST, column, limit)
    return Wish(plan.AT_LEAST if setting.better == "higher" else plan.AT_MOST, column, setting.restored, column)


def is_absolute(setting: Setting) -> bool:
    """Whether what counts as restored does not depend on the usual value."""
    return setting.kind not in ("number", "memory", "cores") or setting.name in (
        "cache.hot_key_copies",
        "canary.weight",
    )


RESTORABLE = tuple(
    setting.name
    for setting in BY_NAME.values()
    if setting.name in _SWITCHED_BY_CODE or keys.COLUMN[setting.number] >= 0
)
