"""Binds before it announces, and serves until it is told to stop."""

import asyncio
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import WSProtocolType

from simcore.errors import SimcoreError

_BACKLOG = 512
_GRACE_SECONDS = 2
_KEEP_ALIVE_SECONDS = 75  # longer than the pauses of a sender: a connection must not close under its request

FRAME_LIMIT_BYTES = 1024 * 1024


class BindError(SimcoreError):
    """The address cannot be had; the text says which, why, and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises BindError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise BindError(f"port {port} of {host} is in use; choose another with --port") from None
        raise BindError(f"cannot listen on {host} port {port}: {problem.strerror or problem}") from None
    # Connections inherit it; asyncio sets it only for sockets made with the protocol named, and without it every
    # answer waits 40 ms for the acknowledgement of its headers.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


def url_of(listening: socket.socket) -> str:
    host = listening.getsockname()[0]
    return f"http://[{host}]:{port_of(listening)}" if ":" in host else f"http://{host}:{port_of(listening)}"


class Server(uvicorn.Server):
    """Ends after the requests under way when SIGINT or SIGTERM says so, and then returns: uvicorn's own would
    raise the signal again, and a clean end would look like a kill."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def server_of(
    app: ASGIApp, kind: type[Server] = Server, websockets: type[asyncio.Protocol] | WSProtocolType = "auto"
) -> Server:
    """`await server.serve(sockets=[listening])`; from the main thread.

    WebSockets are not compressed: that costs more time and memory per connection than small frames are worth."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws=websockets,
        ws_max_size=FRAME_LIMIT_BYTES,
        ws_per_message_deflate=False,
    )
    return kind(config)
