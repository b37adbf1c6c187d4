"""`praetor openenv serve` as a process of its own, on a free port of loopback."""

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.controlplane.processes import free_port

_START_SECONDS = 280.0  # the kernel may have to be compiled first


@contextmanager
def openenv_service() -> Iterator[str]:
    """Its URL, once it is healthy."""
    if importlib.util.find_spec("praetor.cli.openenv") is None:
        pytest.skip("there is no `praetor openenv serve` here")
    port = free_port()
    program = "from praetor.cli.main import main; main()"
    with subprocess.Popen([sys.executable, "-c", program, "openenv", "serve", "--port", str(port)]) as process:
        try:
            _wait_until_healthy(process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_until_healthy(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            if httpx.get(f"{url}/health", trust_env=False, verify=False, timeout=60).json()["status"] == "healthy":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not get healthy within {_START_SECONDS:g} s")
