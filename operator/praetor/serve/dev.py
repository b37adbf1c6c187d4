"""`praetor dev`: gateway, console, OpenEnv, controller, runner and store in one process, without a cluster."""

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import typer

from praetor.alerts.sources import Sources, sources_of
from praetor.console.live import LiveTraces
from praetor.controller.embedded import EmbeddedController
from praetor.controller.pools import episode_pool
from praetor.guard.addresses import ALLOWED_NETWORKS, ALLOWED_PORTS, is_number, rules_of
from praetor.openenv.app import OpenEnv, mounted_app
from praetor.openenv.counters import SessionCollector
from praetor.openenv.path_token import PathToken
from praetor.openenv.sessions import Sessions
from praetor.serve.gateway_http import TOKEN_VARIABLE, AlertSettings, check_token, gateway_app
from praetor.serve.readiness import Readiness
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope
from praetor.web.callers import CallerCheck, Loopback, NoCallersError, SharedToken, is_loopback
from praetor.web.ending import run_to_the_end
from praetor.web.gate import OPEN_PATHS
from praetor.web.metrics import Metrics
from praetor.web.quick_websocket import QuickWebSocket
from praetor.web.serving import bind, server_of, url_of
from simcore.errors import SimcoreError

HOME = "default"
OPENENV_PATH = "/openenv"
DATA_VARIABLE = "PRAETOR_DATA_DIR"
DEFAULT_DATA = "praetor-data"


class DataError(SimcoreError):
    """The data directory cannot be used; the text says which and why."""


class AllowError(SimcoreError):
    """What may be dialled was said wrongly."""


class ControllerEndedError(SimcoreError):
    """Runs are not played any more; the text says why."""


def run_dev(
    host: str = "127.0.0.1",
    port: int = 8080,
    data: Path | None = None,
    workers: int | None = None,
    *,
    alerts: AlertSettings | None = None,
    allow: Sequence[str] = (),
) -> None:
    """Serves until SIGINT or SIGTERM. Raises NoCallersError off loopback without a token, BindError, DataError,
    SourcesError, SecretError, AllowError for what is neither a port nor a network."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    checks = dev_checks(host, os.environ.get(TOKEN_VARIABLE, ""))
    allow_dialling(allow)
    folder = data or Path(os.environ.get(DATA_VARIABLE) or DEFAULT_DATA)
    sources = sources_of()
    listening = bind(host, port)
    store = open_store(folder)
    typer.echo(f"Praetor at {url_of(listening)} with its data in {folder.resolve()}; Ctrl-C ends it.", err=True)
    run_to_the_end(DevServer(store, checks, workers, alerts, sources).serve(listening))


def allow_dialling(texts: Sequence[str]) -> None:
    """For this process and those that it starts: they play and probe."""
    try:
        rules_of(texts)
    except ValueError as problem:
        raise AllowError(f"--allow: {problem}") from None
    for variable, added in (
        (ALLOWED_PORTS, [text for text in texts if is_number(text)]),
        (ALLOWED_NETWORKS, [text for text in texts if not is_number(text)]),
    ):
        known = [text for text in os.environ.get(variable, "").split(",") if text]
        if added:
            os.environ[variable] = ",".join([*known, *added])


def dev_checks(host: str, token: str) -> list[CallerCheck]:
    """On loopback everybody of this machine may call; elsewhere only who knows the token."""
    check_token(token, required=False)
    if is_loopback(host):
        return [Loopback(), *([SharedToken(token)] if token else [])]
    if not token:
        raise NoCallersError(f"--host {host} is not loopback: others need a token, so set {TOKEN_VARIABLE} first")
    return [SharedToken(token)]


def open_store(folder: Path) -> DirectoryStore:
    try:
        return DirectoryStore(folder)
    except OSError as problem:
        raise DataError(f"data directory {folder}: {problem.strerror or problem}") from None


class WarmingUpError(SimcoreError):
    """Alerts are taken in and sites are probed, but nothing is played yet."""


class DevServer:
    """The whole of Praetor over one directory. Ends when a signal says so, or `stop` is called."""

    def __init__(
        self,
        store: DirectoryStore,
        checks: list[CallerCheck],
        workers: int | None = None,
        alerts: AlertSettings | None = None,
        sources: Sources | None = None,
    ) -> None:
        self._store, self._workers, self._live = store, workers, LiveTraces()
        self._store_answers, self._plays = Readiness(store, HOME), False
        self._openenv = OpenEnv.over(Sessions())
        metrics = Metrics()
        metrics.registry.register(SessionCollector(self._openenv.sessions))
        app = gateway_app(
            store,
            checks,
            Scope(HOME),
            live=self._live,
            alerts=alerts,
            sources=sources,
            metrics=metrics,
            ready=self._check_ready,
            open_paths=OPEN_PATHS | {f"{OPENENV_PATH}/health"},
        )
        app.mount(OPENENV_PATH, mounted_app(self._openenv, web_url="/"))
        self._server = server_of(PathToken(app, OPENENV_PATH), websockets=QuickWebSocket)

    def stop(self) -> None:
        self._server.should_exit = True

    async def serve(self, listening: socket.socket) -> None:
        """Alerts are taken in and sites probed at once; runs are played as soon as the pool has warmed up.

        Raises ControllerEndedError: a server that plays nothing must not look alive.
        """
        proving = asyncio.create_task(self._openenv.health.prove())
        playing = asyncio.create_task(self._play())
        playing.add_done_callback(lambda _: self.stop())
        try:
            await self._server.serve(sockets=[listening])
        finally:
            playing.cancel()
            proving.cancel()
            (ending, *_) = await asyncio.gather(playing, proving, self._openenv.mcp.stop(), return_exceptions=True)
            self._store.close()
        if isinstance(ending, Exception):
            raise ControllerEndedError(f"the controller ended: {type(ending).__name__}: {ending}") from ending

    async def _play(self) -> None:
        pool = episode_pool(self._workers)
        async with aclosing(pool), EmbeddedController(self._store, pool, plays=False) as controller:
            await pool.start()
            with controller.live.subscribe() as happening:
                self._plays = True
                controller.play()
                async for told in happening:
                    self._live.publish(told.event)

    async def _check_ready(self) -> None:
        """Raises what the store raises, and WarmingUpError."""
        await self._store_answers()
        if not self._plays:
            raise WarmingUpError("runs are played as soon as the processes for them have warmed up")
