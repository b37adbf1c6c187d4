"""Child processes that end with their parent, whatever ends the parent, and free ports for them."""

import ctypes
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

STOP_SECONDS = 30.0
_LEAST_PORT = 10_000
_PR_SET_PDEATHSIG = 1
_draw = random.SystemRandom()


class NotReadyError(Exception):
    """A process ended or did not get ready in time; the text has the end of its log."""


def free_port() -> int:
    """One that nobody is given who asks for any: it is still free when it is used, also again and much later."""
    while True:
        port = _draw.randrange(_LEAST_PORT, _first_given_port())
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _first_given_port() -> int:
    """Of those that the system gives away (Linux)."""
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return max(int(told.read_text().split()[0]) if told.exists() else 32768, 2 * _LEAST_PORT)


def start(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def wait_ready(
    process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool], timeout_seconds: float
) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not is_ready():
        if process.poll() is not None:
            raise NotReadyError(f"{log.stem} ended with {process.returncode}: {_tail(log)}")
        if time.monotonic() > deadline:
            raise NotReadyError(f"{log.stem} is not ready after {timeout_seconds:.0f} s: {_tail(log)}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
