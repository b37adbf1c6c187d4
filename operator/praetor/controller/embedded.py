"""The controller without a cluster: over a directory, in the process of whoever enters it."""

import asyncio
from typing import Self

from praetor.controller.controller import Controller
from praetor.controller.directory_watcher import DirectoryWatcher
from praetor.controller.episodes import Pool
from praetor.controller.live import LiveHub
from praetor.controller.metrics import ControllerMetrics
from praetor.store.directory import DirectoryStore
from praetor.substrates.chaos.detached import DetachedDeadmen
from praetor.substrates.chaos.lab import Lab
from praetor.substrates.chaos.site import SiteGround

DEADMEN = "deadmen"
"""The folder of a data directory where those who heal experiments are."""


def local_lab(store: DirectoryStore) -> Lab:
    """Experiments on sites; their dead-men are processes of this machine."""
    return Lab({"Site": SiteGround()}, DetachedDeadmen(store.path / DEADMEN))


class EmbeddedController:
    """`async with EmbeddedController(store, pool) as controller: ... controller.live ...`"""

    def __init__(
        self,
        store: DirectoryStore,
        pool: Pool,
        *,
        metrics: ControllerMetrics | None = None,
        lab: Lab | None = None,
        plays: bool = True,
    ) -> None:
        """Without `plays` runs wait until `play` is called, and all else does not."""
        self._controller = Controller(store, pool, metrics=metrics, lab=lab or local_lab(store), plays=plays)
        self._watcher = DirectoryWatcher(store, self._controller)
        self._watching: asyncio.Task[None] | None = None

    @property
    def live(self) -> LiveHub:
        return self._controller.live

    @property
    def metrics(self) -> ControllerMetrics:
        return self._controller.metrics

    def play(self) -> None:
        self._controller.play()

    async def __aenter__(self) -> Self:
        await self._controller.__aenter__()
        self._watching = asyncio.create_task(self._watcher.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._controller.__aexit__()
