"""A transport whose time limit is for a whole request: connecting, sending, headers and body together.

httpx limits each read for itself, so that a server which sends its headers byte by byte could hold a thread for days.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx


class HurriedTransport(httpx.HTTPTransport):
    """One request at a time, each begun by `hurry`."""

    def __init__(self, verify: Any = True) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._backend = _Backend(self._pool._network_backend)
        self._pool._network_backend = self._backend

    def hurry(self, seconds: float) -> None:
        """So much time is left from now on."""
        self._backend.ends = time.monotonic() + seconds


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner, self.ends = inner, float("inf")

    def left(self, timeout: float | None) -> float:
        left_seconds = self.ends - time.monotonic()
        if left_seconds <= 0:
            raise httpcore.ReadTimeout("the time for the whole request is over")
        return left_seconds if timeout is None else min(timeout, left_seconds)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        made = self._inner.connect_tcp(host, port, self.left(timeout), local_address, socket_options)
        return _Stream(made, self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, clock: _Backend) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left_seconds = self._clock.left(timeout)
        except httpcore.ReadTimeout:
            self.close()  # nobody else knows of it yet
            raise
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left_seconds), self._clock)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
