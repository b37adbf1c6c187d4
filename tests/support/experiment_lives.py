"""Lives of controllers with one experiment, each but the last cut off around a change, and what must be true meanwhile.

Over any store: a directory in a second, a real API server in a few."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from praetor.controller.controller import Controller
from praetor.controller.episodes import Pool
from praetor.controller.key import Key
from praetor.controller.times import Clock, utc_now, wire_time
from praetor.resources.experiment import FINALIZER
from praetor.substrates.chaos.deadman import Signs, stand_by
from praetor.substrates.chaos.lab import Ground
from praetor.substrates.chaos.site import SiteGround
from simcore.errors import NotFoundError, SimcoreError
from simcore.protocols import Manifest, Store
from tests.support.breakable_site import BreakableSite
from tests.support.experiments import NotedDeadmen, ScriptedPool, quick_lab
from tests.support.mortal import Crash, Died, mortal

PAUSE_SECONDS = 0.05
LONGEST_LIFE_SECONDS = 300.0


class Experiment:
    """`namespace` and `name` of its run; target and dead-men outlive every controller."""

    def __init__(self, store: Store, namespace: str, name: str, ground: Ground, *, clock: Clock = utc_now) -> None:
        self.store, self.key, self.ground = store, Key("IncidentRun", namespace, name), ground
        self.deadmen, self._clock, self._passed = NotedDeadmen(), clock, timedelta()

    async def is_broken(self) -> bool:
        raise NotImplementedError

    async def is_as_it_was(self) -> bool:
        raise NotImplementedError

    def pool(self) -> Pool:
        raise NotImplementedError

    async def life(self, crash: Crash | None) -> int | None:
        """One controller, until the run's end or its own; how many changes it made, None if it was cut off."""
        lab = quick_lab(self.deadmen, self.ground)
        controller = Controller(self.store, self.pool(), clock=lambda: self._clock() + self._passed, lab=lab)
        seam = mortal(controller, crash)
        controller.queue.add(self.key)
        try:
            async with asyncio.timeout(LONGEST_LIFE_SECONDS):
                while not await self.is_over():
                    await self._work(controller)
        except Died:
            await self.check_somebody_stands_by()
            return None
        finally:
            await controller._episodes.close()
            await controller._questions.close()
            controller.queue.close()
        return seam.count

    async def nobody_comes_in_time(self) -> None:
        """Until the fault's time is over; then its dead-man does what it is for."""
        self._passed += timedelta(hours=1)
        for plan in list(self.deadmen.armed_for.values()):
            with TemporaryDirectory() as folder:
                expired = replace(plan, expires_at=wire_time(utc_now()))
                assert await stand_by(expired, "", self.ground, Signs(Path(folder) / "armed"))
            del self.deadmen.armed_for[plan.uid]
        assert await self.is_as_it_was()

    async def _work(self, controller: Controller) -> None:
        key = controller.queue._keys.take()
        if key is None:
            await asyncio.sleep(PAUSE_SECONDS)
            return
        try:
            await controller.look_at(key)
        except SimcoreError:
            controller.queue.add(key)
        controller.queue._keys.done(key)

    async def run(self) -> Manifest | None:
        try:
            return await self.store.get(*self.key)
        except NotFoundError:
            return None

    async def is_over(self) -> bool:
        run = await self.run()
        return run is None or "completionTime" in run.get("status", {})

    async def check_somebody_stands_by(self) -> None:
        """Whatever is broken has a finalizer that keeps its run, a stored plan, and a dead-man."""
        if not await self.is_broken():
            return
        run = await self.run()
        assert run is not None
        assert FINALIZER in run["metadata"]["finalizers"]
        assert run["metadata"]["uid"] in self.deadmen.armed_for
        assert await self.store.get_artifact(self.key.namespace, self.key.name, "experiment.json")

    async def check_nothing_is_left(self) -> None:
        run = await self.run()
        assert await self.is_as_it_was()
        assert self.deadmen.armed_for == {}
        assert run is None or not run["metadata"].get("finalizers")


class SiteExperiment(Experiment):
    def __init__(
        self, store: Store, site: BreakableSite, namespace: str, name: str = "one", *, clock: Clock = utc_now
    ) -> None:
        super().__init__(store, namespace, name, SiteGround(), clock=clock)
        self.site = site

    async def is_broken(self) -> bool:
        return self.site.fault is not None

    async def is_as_it_was(self) -> bool:
        return self.site.is_as_it_was

    def pool(self) -> Pool:
        return ScriptedPool()


def ending_of(run: Manifest) -> dict[str, Any]:
    """What must be the same however often somebody died."""
    status = run["status"]
    result = {name: status["result"][name] for name in ("resolved", "diagnosed", "truth")} if "result" in status else {}
    said = {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}
    return {"phase": status["phase"], "experiment": status.get("experiment", {}).get("state"), "said": said} | result
