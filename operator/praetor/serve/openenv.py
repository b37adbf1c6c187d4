"""`praetor openenv serve`: the OpenEnv server as a process of its own. It needs neither a store nor a cluster."""

import asyncio
import gc
import logging
import os
import socket
from pathlib import Path
from types import FrameType

import typer

from praetor.openenv.app import OpenEnv, served_app
from praetor.openenv.session import Limits
from praetor.openenv.sessions import Sessions
from praetor.web.callers import SHORTEST_TOKEN, CallerCheck, Loopback, NoCallersError, SharedToken, is_loopback
from praetor.web.quick_websocket import QuickWebSocket
from praetor.web.serving import Server, bind, server_of, url_of

TOKEN_VARIABLE = "PRAETOR_OPENENV_TOKEN"  # noqa: S105 (a variable's name)


def run_openenv(
    host: str = "127.0.0.1",
    port: int = 8000,
    token_file: Path | None = None,
    limits: Limits | None = None,
    *,
    grace_seconds: float = 20.0,
    web_url: str = "",
) -> None:
    """Serves until SIGINT or SIGTERM, then until open episodes end or `grace_seconds` are over; a second signal ends
    it at once. Raises NoCallersError off loopback without a token, BindError."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    checks = openenv_checks(host, read_token(token_file))
    listening = bind(host, port)
    env = OpenEnv.over(Sessions(limits))
    server = server_of(served_app(env, checks, web_url), DrainingServer, QuickWebSocket)
    assert isinstance(server, DrainingServer)
    server.drains(env.sessions, grace_seconds)
    typer.echo(f"OpenEnv environment at {url_of(listening)}; Ctrl-C ends it.", err=True)
    asyncio.run(server.serve(sockets=[listening]))


def read_token(token_file: Path | None) -> str:
    """Of the file, else of the environment. Raises NoCallersError."""
    if token_file is None:
        return os.environ.get(TOKEN_VARIABLE, "")
    try:
        return token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise NoCallersError(f"--token-file {token_file}: {getattr(problem, 'strerror', None) or problem}") from None


def openenv_checks(host: str, token: str) -> list[CallerCheck]:
    """On loopback everybody of this machine may call; elsewhere only who knows the token."""
    if token and len(token) < SHORTEST_TOKEN:
        raise NoCallersError(f"{TOKEN_VARIABLE} has fewer than {SHORTEST_TOKEN} characters and can be guessed")
    if is_loopback(host):
        return [Loopback(), *([SharedToken(token)] if token else [])]
    if not token:
        raise NoCallersError(
            f"--host {host} is not loopback: clients need a token, so set {TOKEN_VARIABLE} or --token-file first"
        )
    return [SharedToken(token)]


class DrainingServer(Server):
    """Lets open episodes end before it closes their connections."""

    _sessions: Sessions | None = None
    _grace_seconds = 0.0
    _draining: asyncio.Task[None] | None = None

    def drains(self, sessions: Sessions, grace_seconds: float) -> None:
        self._sessions, self._grace_seconds = sessions, grace_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """What is loaded by now stays: the collector need not look at it again."""
        await super().startup(sockets)
        gc.freeze()
        gc.enable()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._sessions is None or self._draining is not None:
            super().handle_exit(sig, frame)
            return
        self._draining = asyncio.get_running_loop().create_task(self._drain(self._sessions))

    async def _drain(self, sessions: Sessions) -> None:
        if count := sessions.under_way:
            told = f"{count} open episode{'s have' if count > 1 else ' has'} {self._grace_seconds:g} s to end"
            typer.echo(f"{told}; a second signal ends the server at once.", err=True)
        try:
            await sessions.drain(self._grace_seconds)
        finally:
            self.should_exit = True
