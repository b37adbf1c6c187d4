"""A namespace of a real cluster as a stage: three services of Deployments, broken by what kubectl can do, and users in
a pod of their own. Needs KUBECONFIG and a node that has the image `SHOP_IMAGE` (Python 3)."""

import json
import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from praetor.guard.targets import SiteRequest
from praetor.runner.loop import play
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.connect import connect
from tests.bench.proof.cells import Cell
from tests.bench.proof.on_site import ALERT, Pace
from tests.bench.proof.policies import policy_of
from tests.bench.proof.watched import JUDGED_SECONDS, Figures
from tests.support.cluster import Namespace, run

IMAGE = os.environ.get("SHOP_IMAGE", "localhost/python:3.11")
PROGRAM = Path(__file__).with_name("shop.py")
CALLS = {"web": "orders", "orders": "stock", "stock": ""}
USERS_PER_SECOND = 4.0
NEED_MIB, LIMIT_MIB, TIMEOUT_MS, PROMISED_MS = 40, 128, 2000, 1000.0
CONFIG = [
    {"service": name, "key": "client.timeout_ms", "configMap": {"name": name, "key": "CLIENT_TIMEOUT_MS"}}
    for name in CALLS
]


@dataclass(frozen=True)
class ClusterStage:
    cell: Cell
    namespace: Namespace
    pace: Pace
    seed: int
    twin: Namespace
    poll_seconds = 2.0

    @property
    def promised_ms(self) -> float:
        """Three services in a row, of which one waits 120 ms; or, on a node that is too busy for that, twice what users
        of an untouched shop beside it see at the same time."""
        return max(PROMISED_MS, 2.0 * users_of(self.twin, JUDGED_SECONDS)["p99_ms"])

    def users(self, seconds: float) -> Figures:
        return users_of(self.namespace, seconds)

    def break_(self) -> str:
        return BREAKS[self.cell.family](self.namespace, random.Random(self.seed))

    def play(self) -> RunOutcome:
        kubernetes = {
            "namespace": self.namespace.name,
            "selector": {"matchLabels": {"part-of": "shop"}},
            "entry": "web",
            "config": CONFIG,
        }
        site = SiteRequest("shop", kubernetes=kubernetes, **self.pace._asdict())
        request = RunRequest(
            run_uid=str(uuid.uuid4()),
            namespace=self.namespace.name,
            name="bench",
            scenario="unknown",
            policy=self.cell.policy,
            alert=ALERT | {"service": "web"},
            site=site,
        )
        return play(request, connect(request), policy_of(self.cell.policy, self.seed))


def users_of(namespace: Namespace, seconds: float) -> Figures:
    text = namespace.kubectl("logs", "deployment/users", f"--since={ceil(seconds) + 6}s")
    told = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    recent = [one for one in told if one["at"] + one["ms"] / 1000 >= time.time() - seconds]
    took = sorted(one["ms"] for one in recent)
    failed = sum(one["status"] != 200 for one in recent)
    return {
        "requests": len(recent),
        "failed": failed,
        "error_rate_percent": round(100.0 * failed / len(recent), 2) if recent else 0.0,
        "p99_ms": took[ceil(0.99 * len(took)) - 1] if took else 0.0,
    }


@contextmanager
def shop() -> Iterator[Namespace]:
    """In a namespace of its own, with users on it."""
    name = f"praetor-proof-{secrets.token_hex(3)}"
    run("kubectl", "create", "namespace", name)
    try:
        namespace = Namespace(name)
        namespace.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        namespace.kubectl("create", "configmap", "program", f"--from-file={PROGRAM}")
        namespace.apply(*(one for name in CALLS for one in _service(name)), _users())
        namespace.kubectl("rollout", "status", "deployment", "--timeout=600s")
        yield namespace
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=false")


@contextmanager
def cluster_stage(cell: Cell, pace: Pace, attempt: int, twin: Namespace) -> Iterator[ClusterStage]:
    """`twin` is a shop that nobody touches."""
    with shop() as namespace:
        yield ClusterStage(cell, namespace, pace, cell.seed(attempt), twin)


def _patch(namespace: Namespace, service: str, container: dict[str, Any]) -> None:
    template = {"spec": {"template": {"spec": {"containers": [{"name": "main"} | container]}}}}
    namespace.kubectl("patch", "deployment", service, "--type=strategic", "-p", json.dumps(template))


def memory_limit(namespace: Namespace, draws: random.Random) -> str:
    """Below the need: the container is really OOMKilled."""
    service, limit_mib = draws.choice(list(CALLS)), draws.randint(26, 40)
    _patch(namespace, service, {"resources": {"limits": {"memory": f"{limit_mib}Mi"}}})
    return f"{service}: {limit_mib}Mi"


def bad_version(namespace: Namespace, draws: random.Random) -> str:
    """A release that fails on every request, or one whose image is not there."""
    service = draws.choice(list(CALLS))
    if draws.random() < 0.5:
        _patch(namespace, service, {"image": "localhost/shop:v2-missing"})
        return f"{service}: an image that is not there"
    _patch(namespace, service, {"env": [{"name": "RELEASE", "value": "v2"}]})
    return f"{service}: a release that fails"


def scale_to_zero(namespace: Namespace, draws: random.Random) -> str:
    service = draws.choice(list(CALLS))
    namespace.kubectl("scale", "deployment", service, "--replicas=0")
    return service


def bad_config(namespace: Namespace, draws: random.Random) -> str:
    """A client that gives up before its upstream can answer."""
    service, timeout_ms = draws.choice(["web", "orders"]), draws.randint(5, 90)
    data = json.dumps({"data": {"CLIENT_TIMEOUT_MS": str(timeout_ms)}})
    namespace.kubectl("patch", "configmap", service, "-p", data)
    namespace.kubectl("rollout", "restart", "deployment", service)
    return f"{service}: {timeout_ms} ms"


def cpu_limit(namespace: Namespace, draws: random.Random) -> str:
    """A quota far below the work: requests wait for its periods."""
    service, limit_m = draws.choice(list(CALLS)), draws.randint(10, 20)
    _patch(namespace, service, {"resources": {"limits": {"cpu": f"{limit_m}m"}}})
    return f"{service}: {limit_m}m"


BREAKS: dict[str, Callable[[Namespace, random.Random], str]] = {
    one.__name__: one for one in (memory_limit, bad_version, scale_to_zero, bad_config, cpu_limit)
}


def _service(name: str) -> Iterator[dict[str, Any]]:
    data = {"CLIENT_TIMEOUT_MS": str(TIMEOUT_MS)}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 8080}]},
    }
    env = {"NEED_MIB": str(NEED_MIB), "BURN_MS": "6", "UPSTREAM": f"http://{CALLS[name]}:8080/" if CALLS[name] else ""}
    container = {
        "ports": [{"containerPort": 8080}],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "envFrom": [{"configMapRef": {"name": name}}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 2, "timeoutSeconds": 3},
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": f"{LIMIT_MIB}Mi"}},
    }
    yield _deployment(name, ["serve"], {"app": name, "part-of": "shop"}, container)


def _users() -> dict[str, Any]:
    arguments = ["users", "http://web:8080/", str(USERS_PER_SECOND)]
    share = {"requests": {"cpu": "50m", "memory": "32Mi"}}  # who judges is not to be the first who goes short
    return _deployment("users", arguments, {"app": "users"}, {"resources": share})


def _deployment(name: str, arguments: list[str], labels: dict[str, str], container: dict[str, Any]) -> dict[str, Any]:
    own = {
        "name": "main",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "/program/shop.py", *arguments],
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
        "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
            "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"},
        },
    } | container  # fmt: skip
    pod = {
        "terminationGracePeriodSeconds": 1,
        "containers": [own],
        "volumes": [{"name": "program", "configMap": {"name": "program"}}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": name}},
            "template": template,
        },
    }
