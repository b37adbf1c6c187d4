"""The addresses of a name, within a time: the system's resolver has limits of its own, and they are long."""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order of the system's preference. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolved_within(seconds: float, resolve: Resolve, host: str, port: int) -> list[str]:
    """Raises TimeoutError, and what `resolve` raises. One that hangs is left to itself, since nothing can stop it."""
    told: Future[list[str]] = Future()
    Thread(target=_tell, args=(told, resolve, host, port), daemon=True).start()
    return told.result(timeout=max(0.0, seconds))


def _tell(told: "Future[list[str]]", resolve: Resolve, host: str, port: int) -> None:
    try:
        told.set_result(resolve(host, port))
    except Exception as problem:
        told.set_exception(problem)
