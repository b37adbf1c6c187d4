"""This tree's operator on namespaces of a real cluster, and what became of the runs there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.controlplane.processes import free_port
from tests.support.cluster import CHART, Namespace

REPOSITORY = CHART.parents[1]


@contextmanager
def operator(namespace: Namespace, image: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """For one namespace; its dead-men are pods of the image."""
    settings = {"PRAETOR_NAMESPACE": namespace.name, "PRAETOR_CHAOS_IMAGE": image} | environment
    script = f"from praetor.serve.operator import main; main([{namespace.name!r}], {free_port()}, 1)"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=output, stderr=subprocess.STDOUT, env=os.environ | settings
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ended(namespace: Namespace, name: str) -> Any:
    found = namespace.get("irun", name)
    return found if "completionTime" in (found.get("status") or {}) else None


def template(namespace: Namespace, name: str) -> Any:
    return namespace.get("deployment", name)["spec"]["template"]
