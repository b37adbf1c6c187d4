"""OpenEnv servers as processes: ours, and the library's own over the same environment."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SERVE = (sys.executable, "-c", "from praetor.cli.main import main; main()", "openenv", "serve", "--port", "0")
LIBRARY = (sys.executable, "-m", "tests.support.openenv_library")
_ANNOUNCED = re.compile(r"http://\S+?(?=;)")
CLOSED = "closed"
START_SECONDS = 280.0  # on a fresh tree the kernel is compiled first


@dataclass(frozen=True)
class Running:
    url: str
    process: "subprocess.Popen[str]"
    log: Path

    @property
    def ws(self) -> str:
        return self.url.replace("http://", "ws://") + "/ws"

    @property
    def rss_mb(self) -> float:
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def cpu_seconds(self) -> float:
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(command: Sequence[str], **settings: str) -> Iterator[Running]:
    """A server that listens. What it says goes to a file: a pipe that nobody reads would stop it one day."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRAETOR_")}
    with tempfile.NamedTemporaryFile("r") as log:
        with open(log.name, "w") as output:
            process = subprocess.Popen(command, stderr=output, text=True, env=clean | settings)
        try:
            yield Running(_announced(process, log.name), process, Path(log.name))
        finally:
            process.kill()
            process.wait()


def _announced(process: "subprocess.Popen[str]", log: str) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _ANNOUNCED.search(Path(log).read_text()):
            return found[0]
        time.sleep(0.005)
    raise AssertionError(f"the server did not start: {Path(log).read_text()[-4000:]}")


def praetor_server(*options: str, **settings: str) -> Any:
    return running([*SERVE, *options], **settings)


def library_server(most: int = 64) -> Any:
    return running([*LIBRARY, str(most)])


def talk(url: str, frames: Sequence[Any]) -> list[Any]:
    """The answers to frames (objects, or raw text or bytes) over one connection; a close ends the list."""
    said: list[Any] = []
    with connect(url, proxy=None, open_timeout=240, max_size=None) as socket:
        for frame in frames:
            with suppress(ConnectionClosed):  # what was said before the end can still be read
                socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
            try:
                said.append(json.loads(socket.recv(timeout=240)))
            except ConnectionClosed as end:
                said.append((CLOSED, end.rcvd.code if end.rcvd else None))
                break
    return said
