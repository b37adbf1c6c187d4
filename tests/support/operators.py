"""Real operator processes for tests against a real API server."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.controlplane.processes import free_port
from tests.controlplane.server import ControlPlane

START_SECONDS = 280.0  # the kernel may have to be compiled first
LONG_LEASE = {"PRAETOR_LEASE_SECONDS": "120/100/0.2"}
"""For an operator that keeps its lease however long a busy machine stops it; who takes it away says so."""
LONGEST_SECONDS = 240.0
"""What anything may take that is not compiled first: only for hangs."""


def operator_process(namespace: str, port: int, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """`praetor operator` for one namespace, its Lease there too."""
    script = f"from praetor.serve.operator import main; main([{namespace!r}], {port}, 1)"
    settings = os.environ | {"PRAETOR_NAMESPACE": namespace} | environment
    with log.open("ab") as output:
        return subprocess.Popen([sys.executable, "-c", script], stdout=output, stderr=subprocess.STDOUT, env=settings)


def kubectl_praetor(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As kubectl starts its plugins."""
    script = "from praetor.cli.approve import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True, text=True, timeout=LONGEST_SECONDS, env=os.environ | {"COLUMNS": "200"}, check=False,
    )  # fmt: skip


class Operator:
    """That process over an API server of tests."""

    def __init__(self, server: ControlPlane, namespace: str, log: Path, **environment: str) -> None:
        self.port, self.log = free_port(), log
        settings = {"KUBECONFIG": str(server.kubeconfig)} | environment
        self.process = operator_process(namespace, self.port, log, **settings)

    def wait_ready(self) -> None:
        until(lambda: self.status("/readyz") == 200, START_SECONDS, self.tail)

    def status(self, path: str, token: str = "") -> int | None:
        """The HTTP status of a GET, or None while nobody listens."""
        return self.get(path, token)[0]

    def get(self, path: str, token: str = "") -> tuple[int | None, str]:
        assert self.process.poll() is None, f"the operator ended:\n{self.tail()}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except (urllib.error.URLError, OSError):
            return None, ""

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self) -> int:
        """Ends it as the kubelet does; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextmanager
def running(server: ControlPlane, namespace: str, log: Path, **environment: str) -> Iterator[Operator]:
    operator = Operator(server, namespace, log, **environment)
    try:
        operator.wait_ready()
        yield operator
    finally:
        operator.stop()


def until(holds: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s\n{told()}"
        time.sleep(0.02)


def run_manifest(name: str, **spec: Any) -> dict[str, Any]:
    if "alert" not in spec:
        spec = {"scenarioRef": {"name": "oom-crash"}} | spec
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"name": name},
        "spec": {"seed": 7} | spec,
    }


class Cluster:
    """What a user does in one namespace, with kubectl."""

    def __init__(self, server: ControlPlane, namespace: str) -> None:
        self.server, self.namespace = server, namespace

    def kubectl(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.server.kubectl("-n", self.namespace, *arguments, **options)

    def apply(self, manifest: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return self.server.kubectl_json("-n", self.namespace, "get", kind, name)

    def exists(self, kind: str, name: str) -> bool:
        return self.kubectl("get", kind, name, check=False).returncode == 0

    def wait(self, condition: str, name: str, kind: str = "irun") -> None:
        self.kubectl("wait", f"--for={condition}", f"{kind}/{name}", f"--timeout={LONGEST_SECONDS:.0f}s")

    def patch(self, name: str, **spec: Any) -> None:
        self.kubectl("patch", "irun", name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def events(self, name: str) -> list[dict[str, Any]]:
        found = self.server.kubectl_json(
            "-n", self.namespace, "get", "events", f"--field-selector=involvedObject.name={name}"
        )
        return found["items"]


def conditions(run: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["status"] for one in run["status"]["conditions"]}


def reason(run: dict[str, Any], condition: str) -> str:
    return next(one["reason"] for one in run["status"]["conditions"] if one["type"] == condition)
