"""The `/ops/*` contract over the demo site: what is accepted, what is refused and why. Nobody waits long."""

import asyncio
import time
from dataclasses import dataclass

from praetor.resources.ops import (
    BreakBody,
    ChangeAnswer,
    ConfigBody,
    HealBody,
    RestartBody,
    RollbackBody,
    ScaleBody,
    ServiceFacts,
    ServiceLogs,
    ServiceMetrics,
    ServiceState,
    SiteHealth,
    SiteServices,
    SiteStatus,
)
from praetor.sites.demo.faults import FAULTS
from praetor.sites.demo.postgres import MOST_POOL
from praetor.sites.demo.service import Service
from praetor.sites.demo.site import DemoSite
from simcore.quantity import mebibytes

LEAST_MEMORY_MB, MOST_MEMORY_MB = 128, 4096
POOL_KEY = "db.pool.max_size"
MEMORY_KEY = "memory.limit"
HEALED_SECONDS = 2.0


@dataclass
class RefusedError(Exception):
    """A change that is not made; `status` is HTTP's."""

    status: int
    text: str


class Operations:
    def __init__(self, site: DemoSite) -> None:
        self._site = site

    def health(self) -> SiteHealth:
        states = [ServiceState(name=one.name, health=one.health()) for one in self._site.services.values()]
        return SiteHealth(status=_status(states), services=states, idempotency_key=True)

    def services(self) -> SiteServices:
        facts = [
            ServiceFacts(
                name=one.name,
                version=one.version,
                versions=list(one.versions),
                replicas=one.wanted,
                calls=list(one.calls),
                runtime=one.runtime,
                previous_version=one.previous_version,
                version_seconds=None if one.version_since is None else time.monotonic() - one.version_since,
            )
            for one in self._site.services.values()
        ]
        return SiteServices(services=facts)

    def metrics(self, service: str) -> ServiceMetrics:
        return self._service(service).metrics()

    def logs(self, service: str, lines: int) -> ServiceLogs:
        return ServiceLogs(logs=list(self._service(service).lines)[-lines:])

    async def restart(self, body: RestartBody) -> ChangeAnswer:
        service = self._service(body.service)
        if body.memory_limit_mb is not None:
            service.memory_limit_mb = _memory_mb(body.memory_limit_mb)
        self._site.do(service.restart())
        return _begun(f"restarting {service.name} with {service.memory_limit_mb} MiB")

    async def scale(self, body: ScaleBody) -> ChangeAnswer:
        service = self._service(body.service)
        if body.replicas > service.most_replicas or (service.most_replicas == 1 and body.replicas != 1):
            raise RefusedError(422, f"replicas: {service.name} runs at most {service.most_replicas}")
        self._site.do(service.scale(body.replicas))
        return _begun(f"scaling {service.name} to {body.replicas}")

    async def config(self, body: ConfigBody) -> ChangeAnswer:
        service = self._service(body.service)
        if body.key == POOL_KEY and service is self._site.postgres:
            size = _whole(body, 1, MOST_POOL)
            await self._site.set_pool(size)
            return _begun(f"{POOL_KEY} is {size}")
        if body.key == MEMORY_KEY and service is not self._site.postgres:
            service.memory_limit_mb = _quantity_mb(body)
            self._site.do(service.restart())
            return _begun(f"restarting {service.name} with {service.memory_limit_mb} MiB")
        known = f"{POOL_KEY} of postgres, {MEMORY_KEY} of frontend and api"
        raise RefusedError(422, f"key: {body.key!r} of {service.name} cannot be set here; what can is {known}")

    async def rollback(self, body: RollbackBody) -> ChangeAnswer:
        service = self._service(body.service)
        if body.to_version not in service.versions:
            raise RefusedError(422, f"to_version: {service.name} has {', '.join(service.versions)}")
        if body.to_version == service.version:
            raise RefusedError(409, f"{service.name} runs {service.version} already")
        service.version = body.to_version
        self._site.do(service.restart())
        return _begun(f"rolling {service.name} back to {body.to_version}")

    async def break_(self, body: BreakBody) -> ChangeAnswer:
        if body.scenario not in FAULTS:
            raise RefusedError(422, f"scenario: {body.scenario!r} is unknown; known are {', '.join(FAULTS)}")
        if body.scenario == "disk_full" and not self._site.places.bounded:
            raise RefusedError(409, "disk_full needs a small volume: the right to mount a tmpfs, or --journal DIR")
        if self._site.fault is not None:
            raise RefusedError(409, f"{self._site.fault} is under way: POST /ops/heal first, one experiment at a time")
        if self._site.not_back:
            raise RefusedError(409, f"what was broken before is not back, and is tried again: {self._site.not_back}")
        self._site.fault = body.scenario
        self._site.do(self._site.break_(body.scenario))
        return _begun(f"{body.scenario} begins; it ends by itself after {self._site.fault_seconds:g} s")

    async def heal(self, body: HealBody) -> ChangeAnswer:
        """Waits a moment: often it is done by then, or what could not be done is known."""
        healing = self._site.do(self._site.heal())
        await asyncio.wait({healing}, timeout=HEALED_SECONDS)
        if healing.done():
            healing.result()
            return _begun("everything is back")
        late = f"; what is not yet is tried again: {self._site.not_back}" if self._site.not_back else ""
        return _begun(f"everything is being put back{late}")

    def _service(self, name: str) -> Service:
        if name not in self._site.services:
            raise RefusedError(404, f"service: {name!r} is unknown; known are {', '.join(self._site.services)}")
        return self._site.services[name]


def _status(states: list[ServiceState]) -> SiteStatus:
    """As users see it: the first service is theirs."""
    if states[0].health in ("unhealthy", "crashed", "restarting"):
        return "down"
    return "ok" if all(one.health == "healthy" for one in states) else "degraded"


def _begun(message: str) -> ChangeAnswer:
    return ChangeAnswer(ok=True, message=message)


def _memory_mb(value: int) -> int:
    if not LEAST_MEMORY_MB <= value <= MOST_MEMORY_MB:
        raise RefusedError(422, f"memory limit: {value} MiB is not from {LEAST_MEMORY_MB} to {MOST_MEMORY_MB}")
    return value


def _quantity_mb(body: ConfigBody) -> int:
    try:
        return _memory_mb(int(mebibytes(str(body.value))))
    except ValueError as problem:
        raise RefusedError(422, f"value: {problem}") from None


def _whole(body: ConfigBody, least: int, most: int) -> int:
    text = str(body.value)
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1
    if not least <= value <= most:
        raise RefusedError(422, f"value: {body.key} is a whole number from {least} to {most}, not {text!r}")
    return value
