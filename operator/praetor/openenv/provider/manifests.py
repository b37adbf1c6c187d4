"""The objects of one environment, as pure functions: a Pod, its Service, and a Secret if it has a token."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from praetor.openenv.provider.settings import HOME, PodSettings, Wanted
from simcore.protocols import Manifest

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "praetor-openenv"
INSTANCE = "openenv.praetor.dev/instance"
HOLDER = "openenv.praetor.dev/holder"
EXPIRES = "openenv.praetor.dev/expires"
CONTAINER = "environment"
TOKEN_KEY = "token"  # noqa: S105 - the name of a key


@dataclass(frozen=True, slots=True)
class Names:
    """What the objects of one environment have in common. `expires_at` is in seconds since 1970, of the server."""

    name: str
    namespace: str
    holder: str
    holder_uid: str
    expires_at: int | None = None

    def metadata(self, labels: Mapping[str, str]) -> Manifest:
        owner = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "name": self.holder,
            "uid": self.holder_uid,
        }
        own = {MANAGED_BY: MANAGER, INSTANCE: self.name, HOLDER: self.holder}
        if self.expires_at is not None:
            own[EXPIRES] = str(self.expires_at)
        return {
            "name": self.name,
            "namespace": self.namespace,
            "labels": {**labels, **own},
            "ownerReferences": [owner],
        }


def new_name(image: str) -> str:
    """A Service's name too: at most 63 characters that begin with a letter."""
    words = re.sub(r"[^a-z0-9]+", "-", image.rsplit("/", 1)[-1].split("@")[0].split(":")[0].lower()).strip("-")
    return f"openenv-{words[:40].strip('-') or 'env'}-{secrets.token_hex(4)}"


def pod(names: Names, wanted: Wanted) -> Manifest:
    settings = wanted.settings
    spec: dict[str, Any] = {
        "restartPolicy": "Never",  # an environment that restarted has lost its sessions: its clients must know
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": settings.grace_period_seconds,
        "activeDeadlineSeconds": settings.active_deadline_seconds,
        "runtimeClassName": settings.runtime_class_name,
        "nodeSelector": dict(settings.node_selector),
        "tolerations": [dict(each) for each in settings.tolerations],
        "imagePullSecrets": [{"name": name} for name in settings.image_pull_secrets],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": settings.user_id,
            "runAsGroup": settings.user_id,
            "fsGroup": settings.user_id,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(names, wanted)],
        "volumes": [
            {"name": f"scratch-{number}", "emptyDir": {"sizeLimit": settings.scratch_limit}}
            for number, _ in enumerate(settings.writable_paths)
        ],
    }
    given = {name: value for name, value in spec.items() if value is not None}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": names.metadata(settings.labels), "spec": given}


def service(names: Names, wanted: Wanted) -> Manifest:
    port = {"name": "http", "port": wanted.port, "targetPort": wanted.port}
    spec = {"selector": {INSTANCE: names.name}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": names.metadata(wanted.settings.labels), "spec": spec}


def secret(names: Names, wanted: Wanted, token: str) -> Manifest:
    metadata = names.metadata(wanted.settings.labels)
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {TOKEN_KEY: token}}


def _container(names: Names, wanted: Wanted) -> Manifest:
    settings = wanted.settings
    container = {
        "name": CONTAINER,
        "image": wanted.image,
        "imagePullPolicy": settings.image_pull_policy,
        "command": list(settings.command) if settings.command is not None else None,
        "args": list(settings.args) if settings.args is not None else None,
        "ports": [{"name": "http", "containerPort": wanted.port}],
        "env": _environment(names, wanted),
        "resources": _resources(settings),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": settings.read_only_root,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": f"scratch-{number}", "mountPath": path} for number, path in enumerate(settings.writable_paths)
        ],
    }
    return {name: value for name, value in container.items() if value is not None}


def _environment(names: Names, wanted: Wanted) -> list[Manifest]:
    plain = dict(wanted.env_vars)
    if wanted.settings.writable_paths:  # the user that we choose has no home in the image
        plain.setdefault(HOME, wanted.settings.writable_paths[0])
    sources = {name: source.split("/") for name, source in wanted.settings.secret_env.items()}
    if wanted.token_variable:
        sources[wanted.token_variable] = [names.name, TOKEN_KEY]
    return [{"name": name, "value": value} for name, value in plain.items()] + [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for name, (secret, key) in sources.items()
    ]


def _resources(settings: PodSettings) -> Manifest:
    limits = {"cpu": settings.cpu_limit, "memory": settings.memory_limit}
    return {
        "requests": {"cpu": settings.cpu_request, "memory": settings.memory_request},
        "limits": {name: value for name, value in limits.items() if value is not None},
    }
