"""What the tests of the chart use to talk to a cluster: the tools that its people use, kubectl and helm."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST_SECONDS = 600
"""Only for hangs: pods begin slowly where the machine is slow."""
CHART = Path(__file__).parents[2] / "charts" / "praetor"


class CommandFailed(AssertionError):
    """A tool that should have succeeded did not; its whole output is the message."""


def run(*command: str, stdin: str | None = None, limit_seconds: float = 900) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=limit_seconds)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def fails(*command: str, stdin: str | None = None) -> str:
    """What a command that is expected to fail says on stderr."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=900)
    assert done.returncode != 0, f"{' '.join(command)} should have failed\n{done.stdout}"
    return done.stderr


def missing_tools(*tools: str) -> list[str]:
    return [tool for tool in tools if shutil.which(tool) is None]


def image_values(image: str) -> list[str]:
    repository, _, tag = image.rpartition(":")
    return ["--set", f"image.repository={repository}", "--set", f"image.tag={tag}"]


class Namespace:
    """One namespace of the cluster, seen through kubectl."""

    def __init__(self, name: str) -> None:
        self.name = name

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        return run("kubectl", "--namespace", self.name, *args, stdin=stdin)

    def get(self, *args: str) -> Any:
        return json.loads(self.kubectl("get", *args, "-o", "json"))

    def items(self, *args: str) -> list[Any]:
        return list(self.get(*args)["items"])

    def names(self, *args: str) -> set[str]:
        return {item["metadata"]["name"] for item in self.items(*args)}

    def apply(self, *manifests: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", stdin="\n---\n".join(json.dumps(each) for each in manifests))

    def refuses(self, manifest: dict[str, Any]) -> str:
        return fails("kubectl", "--namespace", self.name, "create", "-f", "-", stdin=json.dumps(manifest))

    def wait_for(self, condition: str, *names: str) -> None:
        self.kubectl("wait", f"--for=condition={condition}", f"--timeout={LONGEST_SECONDS}s", *names)

    @contextmanager
    def forwarded(self, target: str, port: int) -> Iterator[str]:
        """The URL of a local port, free until now, that leads to `target`."""
        command = ["kubectl", "--namespace", self.name, "port-forward", target, f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as forward:
            try:
                assert forward.stdout is not None
                said = forward.stdout.readline()
                found = re.search(r"127\.0\.0\.1:(\d+)", said)
                assert found, f"kubectl port-forward said {said!r}"
                yield f"http://127.0.0.1:{found[1]}"
            finally:
                forward.terminate()


class Release:
    """An installed release of the chart."""

    def __init__(self, namespace: Namespace, image: str, name: str = "praetor") -> None:
        self.namespace, self.name, self._image = namespace, name, image

    def install(self, *settings: str) -> None:
        self._helm("install", *settings)

    def upgrade(self, *settings: str) -> None:
        self._helm("upgrade", *settings)

    def uninstall(self) -> None:
        run("helm", "uninstall", self.name, "--namespace", self.namespace.name, "--wait")

    def token(self) -> str:
        secret = self.namespace.get("secret", "praetor-webhook")
        return base64.b64decode(secret["data"]["token"]).decode()

    def _helm(self, verb: str, *settings: str) -> None:
        try:
            run(
                *("helm", verb, self.name, str(CHART), "--namespace", self.namespace.name),
                *("--wait", "--timeout", "10m", *image_values(self._image), *settings),
            )
        except CommandFailed as failed:
            raise CommandFailed(f"{failed}\n{self._why()}") from None

    def _why(self) -> str:
        """What the namespace's pods say of themselves."""
        pods = self.namespace.kubectl("describe", "pods")
        logs = [
            self.namespace.kubectl("logs", pod, "--all-containers", "--tail=40", "--ignore-errors")
            for pod in sorted(self.namespace.names("pods"))
        ]
        return "\n".join([pods[-6000:], *logs])


def run_manifest(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"name": name},
        "spec": {"scenarioRef": {"name": "oom-crash"}, **spec},
    }


def condition(manifest: dict[str, Any], type_: str) -> dict[str, Any]:
    return next(each for each in manifest["status"]["conditions"] if each["type"] == type_)


def eventually(look: Callable[[], T]) -> T:
    """What `look` returns once it is true; what it last returned is part of the failure."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {LONGEST_SECONDS} s; last seen: {seen!r}"
        time.sleep(0.3)
    return seen


def chosen_cluster() -> tuple[str, str] | None:
    """KUBECONFIG and IMAGE, when both are set."""
    kubeconfig, image = os.environ.get("KUBECONFIG"), os.environ.get("IMAGE")
    return (kubeconfig, image) if kubeconfig and image else None
