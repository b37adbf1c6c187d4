"""A small threaded HTTP server that counts what it serves; its figures go to stdout, a line of JSON a second."""

import json
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

TOO_MANY_REQUESTS = 429
_REPORT_SECONDS = 1.0
_HANDSHAKE_SECONDS = 5.0
_DRAIN_LOOKS, _DRAIN_LOOK_SECONDS = 40, 0.05
_STACK_BYTES = 512 * 1024


@dataclass
class Figures:
    """Since the last report."""

    requests: int = 0
    failed: int = 0
    milliseconds: list[float] = field(default_factory=list)
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def began(self) -> float:
        with self.lock:
            self.under_way += 1
        return time.monotonic()

    def ended(self, began: float, status: int) -> None:
        with self.lock:
            self.under_way -= 1
            self.requests += 1
            self.failed += is_failure(status)
            self.milliseconds.append(round((time.monotonic() - began) * 1000.0, 2))

    def taken(self) -> dict[str, Any]:
        with self.lock:
            told = {
                "requests": self.requests,
                "failed": self.failed,
                "milliseconds": self.milliseconds,
                "under_way": self.under_way,
            }
            self.requests, self.failed, self.milliseconds = 0, 0, []
        return told


def is_failure(status: int) -> bool:
    return status >= 500 or status == TOO_MANY_REQUESTS


Answer = tuple[int, dict[str, Any]]


class Server(HTTPServer):
    """`serve` answers a path, in a thread of the connection's own; it must not raise. `tls` is asked for each
    connection; a handshake that fails counts as a failed request, and is told to `refused`."""

    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, listening: socket.socket, serve: Callable[[str], Answer]) -> None:
        super().__init__(listening.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.serve, self.figures = serve, Figures()
        self.tls: Callable[[], ssl.SSLContext] | None = None
        self.refused: Callable[[Exception], None] = lambda problem: None

    def process_request(self, request: Any, client_address: Any) -> None:
        """Counted before its thread begins: a server that is told to end waits for it."""
        began = self.figures.began()
        serving = threading.Thread(target=self._serve_one, args=(request, client_address, began), daemon=True)
        try:
            serving.start()
        except RuntimeError:  # no room for another thread
            self.figures.ended(began, 503)
            raise

    def _serve_one(self, request: socket.socket, client_address: Any, began: float) -> None:
        status = 503
        try:
            status = self._answered(request, client_address)
        finally:
            self.figures.ended(began, status)
            request.close()

    def _answered(self, request: socket.socket, client_address: Any) -> int:
        try:
            connection = self._secured(request)
        except OSError as problem:
            self.refused(problem)
            return 503
        with connection, suppress(OSError):  # the caller has gone
            return _Handler(connection, client_address, self).status
        return 503

    def _secured(self, request: socket.socket) -> socket.socket:
        request.settimeout(_HANDSHAKE_SECONDS)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is None:
            return request
        return self.tls().wrap_socket(request, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Errors of connections are counted, not printed."""

    def run(self) -> None:
        """Says that it is ready, then serves until SIGTERM, and ends what is under way."""
        threading.Thread(target=self._report, name="figures", daemon=True).start()
        signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=self.shutdown).start())
        self.serve_forever(poll_interval=0.1)
        self.drain()
        os._exit(0)  # threads that hold transactions would be waited for

    def drain(self) -> None:
        """Looked at so often, not so long: who was stopped in between has not waited."""
        for _ in range(_DRAIN_LOOKS):
            if not self.figures.under_way:
                return
            time.sleep(_DRAIN_LOOK_SECONDS)

    def _report(self) -> None:
        say({"ready": self.socket.getsockname()[1]})
        while True:
            time.sleep(_REPORT_SECONDS)
            say(self.figures.taken())


class _Handler(BaseHTTPRequestHandler):
    server: Server
    status = 503

    def do_GET(self) -> None:
        self.status, body = self.server.serve(urlsplit(self.path).path)
        content = json.dumps(body).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are counted, not logged."""


def say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def small_stacks() -> None:
    threading.stack_size(_STACK_BYTES)
