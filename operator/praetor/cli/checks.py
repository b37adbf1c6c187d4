"""What `praetor doctor` looks at. A check never raises: what it cannot do is its finding."""

import asyncio
import platform
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from praetor.cli.errors import missing_modules

State = Literal["ok", "missing", "broken"]
"""`missing`: something optional is not there; `broken`: nothing works without it."""
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: State
    detail: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def checks(port: int) -> list[Check]:
    found = [_python(), _compiler(), _extra("server"), _extra("operator"), _port(port)]
    return found if missing_modules("operator") else found + _cluster()


def _python() -> Check:
    fits = sys.version_info >= OLDEST_PYTHON
    return Check("python", "ok" if fits else "broken", f"{platform.python_version()}, 3.11 or later is needed")


def _compiler() -> Check:
    """Compiles and runs a function, as the simulator will."""
    try:
        import numba

        compiled: Callable[[int], int] = numba.njit(lambda number: number + 1)
        works = compiled(41) == 42
    except Exception as problem:  # whatever a broken compiler raises is what the user must read
        return Check("numba", "broken", f"{type(problem).__name__}: {problem}".splitlines()[0])
    return Check("numba", "ok" if works else "broken", f"{numba.__version__} compiles")


def _extra(extra: str) -> Check:
    missing = missing_modules(extra)
    if not missing:
        return Check(f"extra {extra}", "ok", "installed")
    return Check(f"extra {extra}", "missing", f"pip install 'praetor[{extra}]' brings {', '.join(missing)}")


def _port(port: int) -> Check:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            return Check("port", "missing", f"127.0.0.1:{port}: {problem.strerror}; name another with --port")
    return Check("port", "ok", f"127.0.0.1:{port} is free")


def _cluster() -> list[Check]:
    from praetor.cli.cluster_checks import cluster_checks

    return asyncio.run(cluster_checks())
