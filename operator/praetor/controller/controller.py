"""The controller: keys come in, objects go towards what they ask for. The same in a cluster and embedded."""

import asyncio
from collections.abc import Iterable
from typing import Self

from praetor.controller import declared
from praetor.controller.episodes import Episodes, Pool
from praetor.controller.finished import needs_look
from praetor.controller.key import Key
from praetor.controller.live import LiveHub
from praetor.controller.metrics import ControllerMetrics
from praetor.controller.probing import SiteProber
from praetor.controller.questions import Questions
from praetor.controller.queue import WorkQueue
from praetor.controller.runs import RunHandler
from praetor.controller.seam import CrashPoint, Seam
from praetor.controller.times import Clock, utc_now
from praetor.controller.trials import Trials
from praetor.substrates.chaos.lab import Lab
from simcore.protocols import Manifest, Store

KINDS = ("IncidentScenario", "TargetSite", "IncidentRun")
WORKERS = 8
RESYNC_SECONDS = 300.0


class Controller:
    """`async with Controller(...)`, then tell it what to look at: `notice`, `notice_gone`, `resync`."""

    def __init__(
        self,
        store: Store,
        pool: Pool,
        *,
        metrics: ControllerMetrics | None = None,
        clock: Clock = utc_now,
        workers: int = WORKERS,
        lab: Lab | None = None,
        plays: bool = True,
    ) -> None:
        """`lab` is what experiments are made with; without one they are refused. Without `plays` runs are left alone
        until `play` is called, as if they had just been created: a deadline must not pass before a pool is warm."""
        self.metrics = metrics or ControllerMetrics()
        self.live = LiveHub()
        self.queue: WorkQueue[Key] = WorkQueue()
        self._store, self._clock, self._workers = store, clock, workers
        self._episodes = Episodes(pool, self.live, self.queue.add, clock, self.metrics)
        self._questions = Questions(lab, self.queue.add)
        seam = Seam(store, self.metrics, CrashPoint.from_environment(), lab)
        self._sites = SiteProber(store, clock, metrics=self.metrics)
        self._plays, self._held_back = plays, set[Key]()
        self._runs = RunHandler(
            store, seam, self._episodes, self.queue, clock, self._questions, Trials(lab, self._questions)
        )
        self._tasks: list[asyncio.Task[None]] = []
        self.metrics.queue_depth.set_function(lambda: len(self.queue))

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self.queue.work(self.look_at)) for _ in range(self._workers)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Nothing is changed from here on, whatever is still noticed; it may be said twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.queue.close()
        await self._episodes.close()
        await self._questions.close()

    def play(self) -> None:
        """Runs are looked at from here on, those first that have waited."""
        self._plays = True
        for key in self._held_back:
            self.queue.add(key)
        self._held_back.clear()

    def notice(self, manifest: Manifest) -> None:
        """An object is there or has changed."""
        if needs_look(manifest):
            self.queue.add(key_of(manifest))

    def notice_gone(self, key: Key) -> None:
        self.queue.add(key)

    async def resync(self, namespaces: Iterable[str | None]) -> None:
        """Looks at everything; None stands for all namespaces. Raises StoreError."""
        for namespace in namespaces:
            for kind in KINDS:
                for manifest in await self._store.find(kind, namespace):
                    self.notice(manifest)

    async def look_at(self, key: Key) -> None:
        if key.kind == "IncidentRun" and not self._plays:
            self._held_back.add(key)
            return
        self.metrics.reconciles.labels(key.kind).inc()
        with self.metrics.errors.labels(key.kind).count_exceptions():
            if key.kind == "IncidentRun":
                await self._runs.look_at(key)
            elif key.kind == "TargetSite":
                again_seconds = await self._sites.look_at(key)
                if again_seconds is not None:
                    self.queue.add_after(key, again_seconds)
            else:
                await declared.look_at(key, self._store, self._clock)


def key_of(manifest: Manifest) -> Key:
    metadata = manifest["metadata"]
    return Key(manifest["kind"], metadata["namespace"], metadata["name"])
