"""Deployments and StatefulSets as services: each with its pods, its history and what else speaks of it. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from praetor.kube import paths
from praetor.kube.paths import Resource
from praetor.substrates.cluster.events import Event, events_about, replicas_before
from praetor.substrates.cluster.pods import Pod, pod_of
from praetor.substrates.cluster.reading import Objects
from praetor.substrates.cluster.revisions import (
    Release,
    Revision,
    releases_of,
    revisions_of_deployment,
    revisions_of_stateful_set,
)
from praetor.substrates.cluster.templates import annotations_of, main_container
from simcore.protocols import Manifest

Kind = Literal["Deployment", "StatefulSet"]
RESOURCES: dict[Kind, Resource] = {"Deployment": paths.DEPLOYMENTS, "StatefulSet": paths.STATEFUL_SETS}


@dataclass(frozen=True, slots=True)
class Workload:
    """`revisions` and `releases` are oldest first, what is wanted now last. `usual_replicas` is how many it is known to
    have had, 0 where nothing tells."""

    kind: Kind
    manifest: Manifest
    pods: tuple[Pod, ...]
    revisions: tuple[Revision, ...]
    releases: tuple[Release, ...]
    events: tuple[Event, ...]
    usual_replicas: int
    autoscaler: Manifest | None
    disruption_budgets: tuple[Manifest, ...]
    services: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.manifest["metadata"]["name"])

    @property
    def resource(self) -> Resource:
        return RESOURCES[self.kind]

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.manifest["spec"])

    @property
    def template(self) -> Manifest:
        return dict(self.manifest["spec"]["template"])

    @property
    def desired(self) -> int:
        return int(self.spec.get("replicas", 1))

    @property
    def ready(self) -> int:
        return sum(pod.ready for pod in self.pods)

    @property
    def is_scaled_away(self) -> bool:
        """Nobody is wanted, although there used to be somebody."""
        return self.desired == 0 and self.usual_replicas > 0

    @property
    def is_idle(self) -> bool:
        """Nobody is wanted, and nothing tells that it was ever otherwise: nobody misses it."""
        return self.desired == 0 and self.usual_replicas == 0

    @property
    def wanted(self) -> int:
        """How many pods its users count on."""
        return self.desired or self.usual_replicas

    @property
    def troubled(self) -> tuple[Pod, ...]:
        return tuple(pod for pod in self.pods if pod.trouble)

    @property
    def running(self) -> Revision:
        return self.revisions[-1]

    @property
    def version(self) -> str:
        return self.releases[-1].version

    @property
    def image(self) -> str:
        return str(main_container(self.template).get("image", ""))


def workloads_of(objects: Objects, now: datetime) -> tuple[Workload, ...]:
    """By name. Left out are names that no action can say, and a StatefulSet that is called as a Deployment is."""
    pods = [pod_of(one, now) for one in objects.pods]
    found = {one.name: one for one in _stateful_sets(objects, pods, now)}
    found |= {one.name: one for one in _deployments(objects, pods, now)}
    return tuple(found[name] for name in sorted(found) if _can_be_named(name))


def _can_be_named(name: str) -> bool:
    return len(name) <= 63 and "." not in name


def _deployments(objects: Objects, pods: Sequence[Pod], now: datetime) -> Iterable[Workload]:
    for manifest in objects.deployments:
        sets = [one for one in objects.replica_sets if _owns(manifest, one)]
        ids = {one["metadata"]["uid"] for one in sets}
        own = [pod for pod in pods if pod.owner in ids and not pod.leaving]
        revisions = revisions_of_deployment(manifest, sets, own, now)
        yield _workload("Deployment", manifest, own, revisions, sets, objects, now)


def _stateful_sets(objects: Objects, pods: Sequence[Pod], now: datetime) -> Iterable[Workload]:
    for manifest in objects.stateful_sets:
        own = [pod for pod in pods if pod.owner == manifest["metadata"]["uid"] and not pod.leaving]
        known = [one for one in objects.controller_revisions if _owns(manifest, one)]
        revisions = revisions_of_stateful_set(manifest, known, own, now)
        yield _workload("StatefulSet", manifest, own, revisions, [], objects, now)


def _workload(
    kind: Kind,
    manifest: Manifest,
    pods: Sequence[Pod],
    revisions: tuple[Revision, ...],
    sets: Sequence[Manifest],
    objects: Objects,
    now: datetime,
) -> Workload:
    labels = ((manifest["spec"]["template"].get("metadata") or {}).get("labels")) or {}
    names = {manifest["metadata"]["name"], *(one["metadata"]["name"] for one in sets), *(pod.name for pod in pods)}
    events = events_about(objects.events, names, now)
    return Workload(
        kind=kind,
        manifest=manifest,
        pods=tuple(pods),
        revisions=revisions,
        releases=releases_of(revisions),
        events=events,
        usual_replicas=_usual_replicas(manifest, revisions, events),
        autoscaler=next((one for one in objects.autoscalers if _scales(one, kind, manifest)), None),
        disruption_budgets=tuple(
            one for one in objects.disruption_budgets if _selects(one["spec"].get("selector"), labels)
        ),
        services=tuple(
            one["metadata"]["name"]
            for one in objects.services
            if one["spec"].get("selector") and _has(one["spec"]["selector"], labels)
        ),
    )


def _owns(owner: Manifest, one: Manifest) -> bool:
    references = one["metadata"].get("ownerReferences") or ()
    return any(each["uid"] == owner["metadata"]["uid"] for each in references)


def _scales(autoscaler: Manifest, kind: Kind, manifest: Manifest) -> bool:
    target = autoscaler["spec"]["scaleTargetRef"]
    return bool(target["kind"] == kind and target["name"] == manifest["metadata"]["name"])


def _has(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """By labels alone; of a selector with expressions nobody knows here."""
    return (
        selector is not None
        and not selector.get("matchExpressions")
        and _has(selector.get("matchLabels") or {}, labels)
    )


def _usual_replicas(manifest: Manifest, revisions: Sequence[Revision], events: Sequence[Event]) -> int:
    """What is wanted; of a workload at zero what it was declared with, scaled down from, or rolled out with."""
    desired = int(manifest["spec"].get("replicas", 1))
    if desired:
        return desired
    declared = declared_replicas(annotations_of(manifest))
    return declared or replicas_before(events) or max((one.desired for one in revisions), default=0)


def declared_replicas(annotations: Mapping[str, str]) -> int:
    """As `kubectl apply` was told last; 0 where it was told nothing."""
    try:
        applied = json.loads(annotations.get("kubectl.kubernetes.io/last-applied-configuration", "{}"))
        return int(applied.get("spec", {}).get("replicas") or 0)
    except (ValueError, AttributeError, TypeError):
        return 0
