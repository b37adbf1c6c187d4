"""Real gateway processes for tests against a real API server."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.gateway import TOKEN

START_SECONDS = 240.0


class Address(str):
    """Where a gateway listens, and its process."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid


_SCRIPT = "from praetor.cli.main import main; main()"
_ANNOUNCED = re.compile(r"gateway at (http://\S+);")


@contextmanager
def gateway_process(
    kubeconfig: Path, home: str, log: Path, *options: str, token: str = TOKEN, port: int = 0
) -> Iterator[Address]:
    """`praetor gateway`: its address, once it listens."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRAETOR_")}
    settings = {"KUBECONFIG": str(kubeconfig), "PRAETOR_NAMESPACE": home, "PRAETOR_WEBHOOK_TOKEN": token}
    command = [sys.executable, "-c", _SCRIPT, "gateway", "--port", str(port), *options]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=clean | settings)
    try:
        address = Address(_address(process, log))
        address.process = process
        yield address
    finally:
        process.terminate()
        try:
            process.wait(120)
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _ANNOUNCED.findall(log.read_text(errors="replace")):
            return str(found[-1])
        time.sleep(0.05)
    raise AssertionError(f"the gateway did not start:\n{log.read_text(errors='replace')[-4000:]}")
