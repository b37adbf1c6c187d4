"""The history of a workload: the revisions that Kubernetes keeps, and the releases that they are of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from praetor.substrates.cluster.pods import Pod
from praetor.substrates.cluster.templates import (
    LAST_CHANGE,
    annotations_of,
    essence,
    main_container,
    tag_of,
    without_hash,
)
from praetor.substrates.cluster.times import moment
from simcore.protocols import Manifest

_REVISION = "deployment.kubernetes.io/revision"
_EARLIER = "deployment.kubernetes.io/revision-history"
_DESIRED = "deployment.kubernetes.io/desired-replicas"


@dataclass(frozen=True, slots=True)
class Revision:
    """`rolled_out` is when its pods were last begun, as far as objects tell; `desired` how many there were to be."""

    number: int
    template: Manifest
    rolled_out: datetime
    desired: int = 0

    @property
    def tag(self) -> str:
        return tag_of(main_container(self.template).get("image", ""))

    @property
    def version(self) -> str:
        """How it is shown, and named in `to_version`."""
        return f"r{self.number}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Release:
    """Revisions one after another that differ only in how often they were started, or in what Praetor set: named by
    the newest, as old as the first."""

    revisions: tuple[Revision, ...]

    @property
    def newest(self) -> Revision:
        return self.revisions[-1]

    @property
    def version(self) -> str:
        return self.newest.version

    @property
    def since(self) -> datetime:
        return self.revisions[0].rolled_out


def revisions_of_deployment(
    manifest: Manifest, replica_sets: Sequence[Manifest], pods: Sequence[Pod], now: datetime
) -> tuple[Revision, ...]:
    """Oldest first, the one that is wanted last."""
    found = [
        Revision(
            int(annotations_of(one)[_REVISION]),
            without_hash(one["spec"]["template"]),
            _rolled_out(one, [pod for pod in pods if pod.owner == one["metadata"]["uid"]], now),
            int(annotations_of(one).get(_DESIRED, 0)),
        )
        for one in replica_sets
        if _REVISION in annotations_of(one)
    ]
    return _with_wanted(sorted(found, key=lambda one: one.number), without_hash(manifest["spec"]["template"]), now)


def _rolled_out(replica_set: Manifest, pods: Sequence[Pod], now: datetime) -> datetime:
    """A ReplicaSet that is used again is older than its rollout."""
    created = moment(replica_set["metadata"].get("creationTimestamp")) or now
    if _EARLIER not in annotations_of(replica_set) or not pods:
        return created
    return min(pod.created for pod in pods)


def revisions_of_stateful_set(
    manifest: Manifest, controller_revisions: Sequence[Manifest], pods: Sequence[Pod], now: datetime
) -> tuple[Revision, ...]:
    found = []
    for one in controller_revisions:
        template = dict(((one.get("data") or {}).get("spec") or {}).get("template") or {})
        template.pop("$patch", None)
        created = moment(one["metadata"].get("creationTimestamp")) or now
        own = [pod.created for pod in pods if pod.revision_hash == one["metadata"]["name"]]
        found.append(Revision(one["revision"], without_hash(template), max(created, min(own, default=created))))
    return _with_wanted(sorted(found, key=lambda one: one.number), without_hash(manifest["spec"]["template"]), now)


def _with_wanted(known: list[Revision], template: Manifest, now: datetime) -> tuple[Revision, ...]:
    """A template that was just set has no revision yet."""
    if known and known[-1].template == template:
        return tuple(known)
    same = next((one for one in reversed(known) if one.template == template), None)
    number = known[-1].number + 1 if known else 1
    rest = [one for one in known if one is not same]
    return (*rest, Revision(number, template, now))


def releases_of(revisions: Sequence[Revision]) -> tuple[Release, ...]:
    """Oldest first."""
    found: list[list[Revision]] = []
    for one in revisions:
        if found and _is_same(found[-1][-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return tuple(Release(tuple(group)) for group in found)


def _is_same(before: Revision, after: Revision) -> bool:
    """Whether it was only started anew, or Praetor set a limit or a setting of it."""
    ours = annotations_of(after.template).get(LAST_CHANGE)
    by_us = ours is not None and ours != annotations_of(before.template).get(LAST_CHANGE)
    return essence(before.template, settings=not by_us) == essence(after.template, settings=not by_us)
