"""`praetor openenv serve` as a process of its own, on a free port of loopback."""

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

_START_SECONDS = 120.0


@contextmanager
def openenv_service() -> Iterator[str]:
    """Its URL, once it is healthy."""
    if importlib.util.find_spec("praetor.cli.openenv") is None:
        pytest.skip("there is no `praetor openenv serve` here")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "praetor.cli.main", "openenv", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            _wait_until_healthy(process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_until_healthy(process: "subprocess.Popen[str]", url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout and process.stdout.read()
        try:
            if httpx.get(f"{url}/health", trust_env=False).json()["status"] == "healthy":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not get healthy within {_START_SECONDS:g} s")
