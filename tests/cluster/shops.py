"""This tree's operator on namespaces of a real cluster, and what became of the runs there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.controlplane.processes import free_port
from tests.support.cluster import CHART, Namespace
from tests.support.operators import operator_process

REPOSITORY = CHART.parents[1]


@contextmanager
def operator(namespace: Namespace, image: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """For one namespace; its dead-men are pods of the image."""
    process = operator_process(namespace.name, free_port(), log, PRAETOR_CHAOS_IMAGE=image, **environment)
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
