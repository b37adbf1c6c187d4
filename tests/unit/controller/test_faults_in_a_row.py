"""Faults that follow each other at a site without a pause in between: which of them begin runs, as they are stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from praetor.controller.key import Key
from praetor.controller.probing import SiteProber
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


class Watch:
    def __init__(self, store: DirectoryStore) -> None:
        self.store, self.now = store, datetime(2026, 1, 31, 12, tzinfo=UTC)

    async def probes(self, *looks: Look) -> None:
        for look in looks:
            self.now += timedelta(seconds=PROBE_SECONDS)
            found = Survey(tuple((one.name, one.health or "") for one in look.services), (), look)
            await SiteProber(self.store, lambda: self.now, survey=lambda request, found=found: found).look_at(KEY)

    async def runs(self) -> list[dict[str, Any]]:
        found = await self.store.find("IncidentRun", "default")
        return sorted(found, key=lambda run: (run["spec"]["alert"]["startsAt"], run["metadata"]["name"]))

    async def names(self) -> list[str]:
        return [run["metadata"]["name"] for run in await self.runs()]

    async def fault(self) -> dict[str, Any]:
        fault: dict[str, Any] = (await self.store.get(*KEY))["status"]["detectedFault"]
        return fault

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


@pytest.mark.parametrize("well", [True, False])
async def test_a_fault_that_comes_right_after_another_has_a_run_of_its_own(store: DirectoryStore, well: bool) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    (first,) = await watch.runs()
    await watch.ends(first, well=well)
    await watch.probes(OTHER_DISK)
    assert len(await watch.runs()) == 1
    await watch.probes(OTHER_DISK, OTHER_DISK, OTHER_DISK)
    assert await watch.alerts() == [("disk-full", "api"), ("disk-full", "web")]
    over, fires = [run["status"]["alerts"]["firing"] for run in await watch.runs()]
    assert (over, fires) == (0, 1)
    assert (await watch.fault())["since"] == (await watch.runs())[1]["spec"]["alert"]["startsAt"]


@pytest.mark.parametrize(("well", "runs"), [(True, 2), (False, 1)])
async def test_what_has_no_name_is_another_fault_only_where_the_one_before_was_repaired(
    store: DirectoryStore, well: bool, runs: int
) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=well)
    await watch.probes(NAMELESS, NAMELESS, NAMELESS)
    assert (await watch.fault())["family"] == "unknown"
    assert len(await watch.runs()) == runs


@pytest.mark.parametrize(("well", "runs"), [(True, 2), (False, 1)])
async def test_one_healthy_probe_tells_apart_a_fault_that_was_repaired_and_the_same_anew(
    store: DirectoryStore, well: bool, runs: int
) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=well)
    await watch.probes(HEALTHY, DISK, DISK, DISK)
    assert [name[-2:] for name in await watch.names()] == ["-1", "-2"][:runs]


async def test_a_fault_that_its_run_left_begins_no_other(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=False)
    await watch.probes(*[DISK] * 5)
    assert len(await watch.runs()) == 1


async def test_a_second_fault_waits_for_who_is_at_work_already(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=True)
    alert = {
        "source": "generic",
        "groupKey": "g",
        "title": "40 % of checkouts fail",
        "startsAt": "2026-01-31T12:02:00Z",
    }
    spec = {"alert": alert, "target": {"siteRef": {"name": "shop"}}}
    metadata = {"name": "by-a-person", "namespace": "default"}
    kind = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun"}
    theirs = await store.create(kind | {"metadata": metadata, "spec": spec})
    await watch.probes(OTHER_DISK, OTHER_DISK, OTHER_DISK)
    assert len(await watch.runs()) == 2
    await watch.ends(theirs, well=True)
    await watch.probes(OTHER_DISK, OTHER_DISK, OTHER_DISK)
    assert sorted(await watch.alerts()) == [("", ""), ("disk-full", "api"), ("disk-full", "web")]
