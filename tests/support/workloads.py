"""Small workloads for a real namespace: what a test breaks, and what a substrate cures."""

import os
from typing import Any

BUSYBOX = os.environ.get("BUSYBOX_IMAGE", "localhost/busybox:1")
PYTHON = os.environ.get("PYTHON_IMAGE", "localhost/python:3.11")
_SERVE = "http.server.ThreadingHTTPServer(('', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"
GREEDY = (
    f"import http.server, os; kept = bytearray(os.urandom(1 << 20)) * 40; print('INFO serving', flush=True); {_SERVE}"
)
"""Needs about 55 MiB."""
MOODY = (
    "import http.server, os, sys; mode = os.environ['MODE']\n"
    "if mode != 'good': sys.exit(f'ERROR cannot work in mode {mode}, password=hunter2')\n"
    f"print('INFO serving', flush=True); {_SERVE}"
)
IDLE = ["sh", "-c", "echo INFO serving; mkdir -p /tmp/w; echo ok > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w"]


def deployment(
    name: str,
    image: str = BUSYBOX,
    command: list[str] | None = None,
    *,
    replicas: int = 1,
    memory: str = "32Mi",
    **container: Any,
) -> dict[str, Any]:
    return _workload(
        "Deployment", name, image, command, replicas, memory, container, {"strategy": {"type": "Recreate"}}
    )


def stateful_set(name: str, *, replicas: int = 1, memory: str = "32Mi", **container: Any) -> dict[str, Any]:
    return _workload("StatefulSet", name, BUSYBOX, None, replicas, memory, container, {"serviceName": name})


def _workload(
    kind: str,
    name: str,
    image: str,
    command: list[str] | None,
    replicas: int,
    memory: str,
    container: dict[str, Any],
    spec: dict[str, Any],
) -> dict[str, Any]:
    own = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command or IDLE,
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"memory": memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
            "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"},
        },
    } | container  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [own]},
            },
            **spec,
        },
    }


def service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 8080, "targetPort": "http"}]},
    }


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
