"""Objects of a namespace as the API server has them, for what is decided from objects alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from praetor.resources.kubernetes_site import ConfigSetting
from praetor.substrates.cluster.reading import Objects
from praetor.substrates.cluster.sightings import Seen, seen

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
Manifest = dict[str, Any]


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def container(image: str = "shop/api:v1", memory: str | None = "64Mi", **more: Any) -> Manifest:
    limits = {} if memory is None else {"resources": {"limits": {"memory": memory}}}
    return {"name": "main", "image": image} | limits | more


def template(*containers: Manifest, name: str = "api", **annotations: str) -> Manifest:
    marks = {key.replace("__", "/").replace("_", "-"): value for key, value in annotations.items()}
    metadata = {"labels": {"app": name}} | ({"annotations": marks} if marks else {})
    return {"metadata": metadata, "spec": {"containers": list(containers or (container(),))}}


def deployment(name: str = "api", *, replicas: int = 1, pod: Manifest | None = None, **spec: Any) -> Manifest:
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": "7", "creationTimestamp": ago(9000)},
        "spec": {"replicas": replicas, "template": pod or template(name=name)} | spec,
        "status": {"conditions": []},
    }


def stateful_set(name: str = "store", **more: Any) -> Manifest:
    return deployment(name, **more)


def replica_set(
    number: int, of: str = "api", *, pod: Manifest | None = None, age: float = 600, **more: str
) -> Manifest:
    copied = pod or template(name=of)
    labels = copied["metadata"]["labels"] | {"pod-template-hash": f"h{number}"}
    return {
        "metadata": {
            "name": f"{of}-h{number}",
            "uid": f"uid-{of}-h{number}",
            "creationTimestamp": ago(age),
            "ownerReferences": [{"uid": f"uid-{of}", "controller": True}],
            "annotations": {"deployment.kubernetes.io/revision": str(number)}
            | {f"deployment.kubernetes.io/{key.replace('_', '-')}": value for key, value in more.items()},
        },
        "spec": {"template": copied | {"metadata": copied["metadata"] | {"labels": labels}}},
    }


def pod(
    name: str = "api-1", owner: str = "uid-api-h1", *, ready: bool = True, age: float = 600, restarts: int = 0,
    state: Manifest | None = None, last: Manifest | None = None, conditions: tuple[Manifest, ...] = (),
    since: float = 30,
) -> Manifest:  # fmt: skip
    """`since`: for how many seconds it has been ready, or not."""
    status = {
        "name": "main",
        "ready": ready,
        "restartCount": restarts,
        "state": {"running": {"startedAt": ago(age)}} if state is None else state,
        "lastState": {"terminated": last} if last else {},
    }
    said = {"type": "Ready", "status": str(ready), "lastTransitionTime": ago(min(age, since))}
    return {
        "metadata": {
            "name": name, "uid": f"uid-{name}", "creationTimestamp": ago(age),
            "ownerReferences": [{"uid": owner, "controller": True}],
        },
        "status": {"phase": "Running", "conditions": [said, *conditions], "containerStatuses": [status]},
    }  # fmt: skip


def ended(reason: str = "OOMKilled", code: int = 137, seconds: float = 20) -> Manifest:
    return {"reason": reason, "exitCode": code, "finishedAt": ago(seconds)}


def waiting(reason: str, message: str = "") -> Manifest:
    return {"waiting": {"reason": reason, "message": message}}


def event(
    about: str, reason: str, message: str, *, seconds: float = 30, kind: str = "Pod", type_: str = "Warning"
) -> Manifest:
    return {
        "metadata": {"name": "e", "creationTimestamp": ago(seconds)},
        "involvedObject": {"kind": kind, "name": about},
        "reason": reason, "message": message, "type": type_,
        "firstTimestamp": ago(seconds), "lastTimestamp": ago(seconds),
    }  # fmt: skip


def service(name: str = "api", of: str | None = None, target: str | int = 8080) -> Manifest:
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"app": of or name}, "ports": [{"port": 80, "targetPort": target}]},
    }


def autoscaler(of: str = "api", low: int = 2, high: int = 6) -> Manifest:
    target = {"kind": "Deployment", "name": of}
    return {
        "metadata": {"name": f"{of}-hpa"},
        "spec": {"scaleTargetRef": target, "minReplicas": low, "maxReplicas": high},
    }


def budget(of: str = "api", least: int | str = 2) -> Manifest:
    return {
        "metadata": {"name": f"{of}-pdb"},
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": of}}},
    }


def config_map(name: str = "settings", applied: str | None = None, **data: str) -> Manifest:
    annotations = {} if applied is None else {"kubectl.kubernetes.io/last-applied-configuration": applied}
    return {
        "metadata": {"name": name, "resourceVersion": "3", "creationTimestamp": ago(9000), "annotations": annotations},
        "data": data,
    }


def setting(key: str, service: str = "api", **where: Any) -> ConfigSetting:
    return ConfigSetting.model_validate({"service": service, "key": key} | where)


def looked_at(*, settings: tuple[ConfigSetting, ...] = (), maps: tuple[Manifest, ...] = (), **objects: Any) -> Seen:
    """What is seen of a namespace with these objects."""
    found = Objects(**{name: tuple(items) for name, items in objects.items()})
    return seen(NOW, found, settings, {one["metadata"]["name"]: one for one in maps})
