"""A namespace that is probed, told what each look shows: looks, probes, and the runs that they begin."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from praetor.controller.key import Key
from praetor.controller.metrics import ControllerMetrics
from praetor.controller.probing import SiteProber
from praetor.guard.targets import SiteRequest
from praetor.resources.conditions import COMPLETE, SUCCEEDED
from praetor.store.directory import DirectoryStore
from praetor.substrates.live.survey import Survey
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.observation import LogLine
from tests.support.on_sites import WORKLOADS, site_manifest

KEY = Key("TargetSite", "default", "shop")
PROBE_SECONDS = 60
OUT_OF_DISK = "OSError: [Errno 28] No space left on device"
ODD = "zebra crossing closed"
CALM = Figures(
    cpu_percent=10.0, memory_mb=100.0, memory_limit_mb=512.0, error_rate_percent=0.0, latency_p99_ms=40.0,
    active_connections=5.0, requests_per_second=60.0,
)  # fmt: skip


def well(name: str) -> ServiceLook:
    return ServiceLook(name, "healthy", figures=CALM)


def broken(name: str, line: str) -> ServiceLook:
    lines = [LogLine(float(age), "ERROR", line) for age in range(20)]
    return ServiceLook(name, "unhealthy", figures=replace(CALM, error_rate_percent=35.0), lines=lines)


HEALTHY = Look([well("web"), well("api")])
DISK = Look([well("web"), broken("api", OUT_OF_DISK)])
OTHER_DISK = Look([broken("web", OUT_OF_DISK), well("api")])
NAMELESS = Look([broken("web", ODD), well("api")])


def showing(look: Look | Exception) -> Callable[[SiteRequest], Survey]:
    def survey(_: SiteRequest) -> Survey:
        if isinstance(look, Exception):
            raise look
        return Survey(tuple((one.name, one.health or "") for one in look.services), (), look)

    return survey


class Watch:
    def __init__(self, store: DirectoryStore) -> None:
        self.store, self.now = store, datetime(2026, 1, 31, 12, tzinfo=UTC)
        self.metrics = ControllerMetrics()

    async def probes(self, *looks: Look | Exception) -> None:
        """Each by an operator that has just begun."""
        for look in looks:
            self.now += timedelta(seconds=PROBE_SECONDS)
            await self.prober(look).look_at(KEY)

    def prober(self, look: Look | Exception) -> SiteProber:
        return SiteProber(self.store, lambda: self.now, survey=showing(look), metrics=self.metrics)

    async def runs(self) -> list[dict[str, Any]]:
        found = await self.store.find("IncidentRun", "default")
        return sorted(found, key=lambda run: (run["spec"]["alert"]["startsAt"], run["metadata"]["name"]))

    async def names(self) -> list[str]:
        return [run["metadata"]["name"] for run in await self.runs()]

    async def status(self) -> dict[str, Any]:
        status: dict[str, Any] = (await self.store.get(*KEY))["status"]
        return status

    async def condition(self, type: str) -> dict[str, Any]:
        return next(one for one in (await self.status())["conditions"] if one["type"] == type)

    async def events(self) -> list[tuple[str, str]]:
        """(type, reason), the oldest first."""
        return [(one["type"], one["reason"]) for one in await self.store.events("default", "shop")]

    async def alerts(self) -> list[tuple[str, str]]:
        """(family, service) of each run's alert, the oldest first."""
        alerts = [run["spec"]["alert"] for run in await self.runs()]
        return [(alert.get("scenario", ""), alert.get("service", "")) for alert in alerts]

    async def ends(self, run: dict[str, Any], *, well: bool) -> None:
        moment = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        ended = {COMPLETE: "True", SUCCEEDED: "True" if well else "False"}
        conditions = [
            {"type": type, "status": status, "reason": "EpisodeEnded", "lastTransitionTime": moment}
            for type, status in ended.items()
        ]
        newest = await self.store.get("IncidentRun", "default", run["metadata"]["name"])
        status = newest.get("status", {}) | {"conditions": conditions, "completionTime": moment}
        await self.store.update_status(newest | {"status": status})


async def watch_of(store: DirectoryStore) -> Watch:
    await store.create(site_manifest(**WORKLOADS, onFault="Run", probeSeconds=PROBE_SECONDS))
    return Watch(store)
