"""Putting the site back as it was: each step whatever became of the others, and again until it has succeeded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from praetor.sites.demo.circumstances import DEFAULT_POOL
from praetor.sites.demo.service import Service

if TYPE_CHECKING:
    from praetor.sites.demo.site import DemoSite

AGAIN_SECONDS = 1.0
Step = Callable[[], Awaitable[None]]
log = logging.getLogger(__name__)


class NotBackError(Exception):
    """A step was made, and what it is for is not there yet."""


class Attempts:
    """`left` has the steps that did not succeed when they were tried last, each with why."""

    def __init__(self, again_seconds: float = AGAIN_SECONDS) -> None:
        self.left: dict[str, str] = {}
        self._again_seconds = again_seconds

    async def until_done(self, steps: Mapping[str, Step]) -> None:
        waiting = dict(steps)
        while waiting:
            for name in list(waiting):
                if await self._succeeds(name, waiting[name]):
                    del waiting[name]
            if waiting:
                await asyncio.sleep(self._again_seconds)

    async def _succeeds(self, name: str, step: Step) -> bool:
        try:
            await step()
        except Exception as problem:  # whatever it is, the others have their turn, and this one another
            self._failed(name, " ".join(f"{type(problem).__name__}: {problem}".split()))
            return False
        self.left.pop(name, None)
        return True

    def _failed(self, name: str, why: str) -> None:
        if self.left.get(name) != why:
            log.warning("%s is not back yet, and is tried again: %s", name, why)
        self.left[name] = why


class Setting(NamedTuple):
    version: str
    memory_limit_mb: int
    replicas: int


def setting_of(service: Service) -> Setting:
    return Setting(service.version, service.memory_limit_mb, service.wanted)


@dataclass
class Restoring:
    """The step back of one service. `anew`: its processes are started again whatever they look like."""

    service: Service
    was: Setting
    anew: bool = False

    async def __call__(self) -> None:
        """Raises NotBackError."""
        self._set()
        async with self.service.busy:
            self._set()  # a change that was begun has been made by now
        if self.anew:
            await self.service.restart()
            self.anew = False
        if not self.service.serving():
            raise NotBackError("it does not serve yet")

    def _set(self) -> None:
        service = self.service
        self.anew = self.anew or setting_of(service) != self.was or any(one.pausing for one in service.replicas)
        service.version, service.memory_limit_mb, service.wanted = self.was
        service.forget_rollouts()


class Beginning:
    """The site as it is when this is made, and the steps back to it."""

    def __init__(self, site: "DemoSite") -> None:
        self._site = site
        self._settings = {name: setting_of(service) for name, service in site.services.items()}

    def steps(self) -> dict[str, Step]:
        """The quick ones first."""
        return {
            "the certificate": self._certificate,
            "what the site lives in": self._circumstances,
            "db.pool.max_size of postgres": self._pool,
            **{name: self._service(name) for name in ("postgres", "api", "frontend")},
        }

    def _service(self, name: str) -> Restoring:
        debugging = name == "api" and self._site.around.now().debug_since > 0
        return Restoring(self._site.services[name], self._settings[name], anew=debugging)

    async def _certificate(self) -> None:
        self._site.authority.issue()

    async def _circumstances(self) -> None:
        site = self._site
        site.around.write(replace(site.normal, endpoints=site.api.ports(), pool_max=site.around.now().pool_max))

    async def _pool(self) -> None:
        await self._site.set_pool(DEFAULT_POOL)
