"""Tells a controller what changes in a cluster. The only file that knows kopf.

kopf watches, and nothing else: its handler hands over a key's manifest and returns, so it writes no status,
no annotation, no finalizer and no Event. It runs in a thread with an event loop of its own, because it ends
every task of its loop when it ends. It ends when a watch breaks for good; then the process is to end, too.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import kopf

from praetor.controller.key import Key
from praetor.resources.meta import GROUP, VERSION
from simcore.protocols import Manifest

PLURALS = ("incidentruns", "incidentscenarios", "targetsites")
log = logging.getLogger(__name__)
REQUEST_TIMEOUT_SECONDS = 30.0
ERROR_DELAYS_SECONDS = (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 60)

Notice = Callable[[Manifest], None]
NoticeGone = Callable[[Key], None]


class InformerEndedError(Exception):
    """Nobody watches any more: exit, and let the next process begin anew."""


class KopfInformer:
    """`notice` and `notice_gone` are called in the event loop that `run` was awaited in."""

    def __init__(self, notice: Notice, notice_gone: NoticeGone, namespaces: Sequence[str]) -> None:
        self._notice, self._notice_gone, self._namespaces = notice, notice_gone, namespaces
        self._stop = threading.Event()

    async def run(self) -> None:
        """Until it is cancelled. Raises InformerEndedError when kopf gives up."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        thread = threading.Thread(target=self._watch, args=(loop, ended), name="kopf", daemon=True)
        thread.start()
        try:
            await asyncio.shield(ended)
        finally:
            self._stop.set()
            await asyncio.to_thread(thread.join, 15.0)
        raise InformerEndedError("kopf stopped watching; see its log above")

    def _watch(self, loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[None]") -> None:
        try:
            asyncio.run(self._operate(loop))
        except Exception:
            log.exception("kopf gave up")
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, ended)

    async def _operate(self, loop: asyncio.AbstractEventLoop) -> None:
        await kopf.operator(
            registry=self._registry(loop),
            settings=settings(),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stop,
        )

    def _registry(self, loop: asyncio.AbstractEventLoop) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry, errors=kopf.ErrorsMode.PERMANENT)(self._log_in)
        for plural in PLURALS:
            kopf.on.event(GROUP, VERSION, plural, registry=registry)(self._handler(loop))
        return registry

    def _log_in(self, **arguments: Any) -> kopf.ConnectionInfo | None:
        """Without credentials kopf would stay up and watch nothing."""
        try:
            return kopf.login_via_client(**arguments)
        except Exception:
            self._stop.set()
            raise

    def _handler(self, loop: asyncio.AbstractEventLoop) -> Callable[..., Any]:
        async def hand_over(event: Any, **_: Any) -> None:
            loop.call_soon_threadsafe(self._hear, event["type"], event["object"])

        return hand_over

    def _hear(self, type: str | None, manifest: Any) -> None:
        if type == "DELETED":
            metadata = manifest["metadata"]
            self._notice_gone(Key(manifest["kind"], metadata["namespace"], metadata["name"]))
        else:
            self._notice(dict(manifest))


def settings() -> kopf.OperatorSettings:
    chosen = kopf.OperatorSettings()
    chosen.posting.enabled = False
    chosen.peering.standalone = True
    chosen.scanning.disabled = True
    chosen.persistence.finalizer = f"{GROUP}/kopf"
    chosen.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    chosen.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP)
    chosen.networking.request_timeout = REQUEST_TIMEOUT_SECONDS
    chosen.queueing.error_delays = ERROR_DELAYS_SECONDS
    return chosen


def _settle(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)
