"""What can be done to one workload by plain API means: what is sent, what undoes it, and what it truly is. Pure.

A step is a request as data: a JSON patch of the workload, an object to create or to delete. The first step of every
fault marks the workload.
"""

import copy
from collections.abc import Callable
from typing import NamedTuple

from praetor.resources.experiment import Inject
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.plan import Step
from praetor.substrates.chaos.workload_marks import EXPIRES, MARK, Mark, Ops, marking, put
from praetor.substrates.cluster.templates import annotations_of, limit_of, main_container, request_of, tag_of
from praetor.substrates.cluster.workloads import Workload
from simcore.protocols import Manifest
from simcore.quantity import parse_quantity

NO_SUCH_VERSION = "praetor-no-such-version"


class Broken(NamedTuple):
    """`ops` change the workload beside marking it; `more` are further steps, `undo_more` what undoes those. `pods` is
    how many are hit; `mechanism` None: nothing stays broken."""

    ops: Ops
    more: list[Step]
    undo_more: list[Step]
    pods: int
    mechanism: str | None


Fault = Callable[[Workload, Inject, Mark], Broken]


def pod_kill(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    hit = workload.pods[: inject.pods] if inject.pods else workload.pods
    namespace = str(workload.manifest["metadata"]["namespace"])
    where = {"do": "delete", "of": "pods", "namespace": namespace}
    deletions = [{**where, "name": pod.name, "uid": mark.pods[pod.name]} for pod in hit]
    return Broken([], deletions, [], len(hit), None)


def scale_to_zero(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    return Broken([put("/spec/replicas", 0)], [], [], workload.desired, "scale_to_zero")


def memory_limit(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    return _limited(workload, "memory", _needed(inject.memory_limit, "memoryLimit"), "memory_limit_lowered")


def cpu_limit(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    return _limited(workload, "cpu", _needed(inject.cpu_limit, "cpuLimit"), "cfs_throttling")


def bad_image(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    """Another version; without one that is named, one that does not exist."""
    version = inject.version or NO_SUCH_VERSION
    image = workload.image.partition("@")[0]
    if tag_of(workload.image) == version:
        raise ChaosRefusedError(f"spec.inject.version: {workload.name} runs {version} already")
    name = image[: -len(tag_of(image)) - 1] if ":" in image.rpartition("/")[2] else image
    return _on_template(workload, {"image": f"{name}:{version}"}, "failing_release")


def bad_config(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    """An environment variable, which may be new."""
    variable = {"name": _needed(inject.key, "key"), "value": _needed(inject.value, "value")}
    env = main_container(workload.template).get("env") or []
    found = [number for number, one in enumerate(env) if one["name"] == variable["name"]]
    if found:  # of several with one name the last counts
        op = {"op": "replace", "path": f"{_main(workload)}/env/{found[-1]}", "value": variable}
    else:
        op = put(f"{_main(workload)}/env/-", variable) if env else put(f"{_main(workload)}/env", [variable])
    return Broken([op], [], [], workload.desired, "config_drift")


def network_deny(workload: Workload, inject: Inject, mark: Mark) -> Broken:
    """No connection in or out; only a network that enforces policies does it."""
    name, namespace = f"{mark.run}-deny", str(workload.manifest["metadata"]["namespace"])
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "annotations": {MARK: mark.uid, EXPIRES: mark.expires_at}},
        "spec": {"podSelector": workload.spec["selector"], "policyTypes": ["Ingress", "Egress"]},
    }
    where = {"of": "networkpolicies", "namespace": namespace, "name": name}
    created, deleted = {"do": "create", **where, "manifest": policy}, {"do": "delete", **where, "mark": mark.uid}
    return Broken([], [created], [deleted], workload.desired, "network_partition")


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (pod_kill, scale_to_zero, memory_limit, cpu_limit, bad_image, bad_config, network_deny)
}


def steps_of(workload: Workload, broken: Broken, mark: Mark) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """(what breaks, what undoes it). Raises ChaosRefusedError for a workload that another experiment has marked."""
    other = annotations_of(workload.manifest).get(MARK)
    if other is not None and other != mark.uid:
        raise ChaosRefusedError(
            f"{workload.name} is of another experiment ({other}): heal it, or remove its annotation {MARK}"
        )
    where = {"do": "patch", "of": workload.resource.plural, "namespace": workload.manifest["metadata"]["namespace"]}
    where |= {"name": workload.name, "mark": mark.uid}
    known = {"op": "test", "path": "/metadata/generation", "value": workload.manifest["metadata"]["generation"]}
    marks = marking(workload, mark)
    breaking, undoing = {**where, "body": [known, *marks, *broken.ops]}, {**where, "marking": marks}
    stuck = [_stuck(workload, mark)] if workload.kind == "StatefulSet" else []
    return (breaking, *broken.more), (*broken.undo_more, undoing, *stuck)


def _stuck(workload: Workload, mark: Mark) -> Step:
    """A StatefulSet does not replace a pod that never got ready, whatever its template says by now."""
    namespace = workload.manifest["metadata"]["namespace"]
    return {"do": "delete-stuck", "of": "pods", "namespace": namespace, "name": workload.name}


def _limited(workload: Workload, resource: str, limit: str, mechanism: str) -> Broken:
    container = main_container(workload.template)
    old, requested = limit_of(container, resource), request_of(container, resource)
    if old is not None and parse_quantity(old) <= parse_quantity(limit):
        raise ChaosRefusedError(f"{workload.name} has a {resource} limit of {old}: {limit} would not be less")
    resources = copy.deepcopy(container.get("resources") or {})
    resources.setdefault("limits", {})[resource] = limit
    if requested is not None and parse_quantity(requested) > parse_quantity(limit):
        resources["requests"][resource] = limit
    return _on_template(workload, {"resources": resources}, mechanism)


def _on_template(workload: Workload, changes: Manifest, mechanism: str) -> Broken:
    ops = [put(f"{_main(workload)}/{field}", value) for field, value in changes.items()]
    return Broken(ops, [], [], workload.desired, mechanism)


def _main(workload: Workload) -> str:
    """Where the main container is."""
    name = main_container(workload.template)["name"]
    names = [one["name"] for one in workload.template["spec"]["containers"]]
    return f"/spec/template/spec/containers/{names.index(name)}"


def _needed(value: str | None, field: str) -> str:
    if value is None:
        raise ChaosRefusedError(f"spec.inject.{field}: this fault needs it")
    return value
