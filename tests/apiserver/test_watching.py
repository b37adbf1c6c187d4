"""A watched site on a real API server: one run for each fault, whoever probes and however often it begins anew."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from praetor.alerts.manifest import ledger_of
from praetor.controller.key import Key
from praetor.controller.probing import SiteProber
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.resources.conditions import COMPLETE, SUCCEEDED
from praetor.store.kubernetes import KubernetesStore
from simcore.protocols import Manifest
from tests.controlplane.server import ControlPlane
from tests.support.small_site import SmallSite, reachable

PROBE_SECONDS = 5


class Watching:
    """A site, its TargetSite, and probers, each of which is an operator that has just begun."""

    def __init__(self, store: KubernetesStore, namespace: str, site: SmallSite) -> None:
        self.store, self.namespace, self.site = store, namespace, site
        self.now = datetime(2026, 1, 31, 12, tzinfo=UTC)

    async def declare(self, **spec: Any) -> None:
        metadata = {"name": "shop", "namespace": self.namespace}
        whole = {"http": {"url": self.site.url}, "probeSeconds": PROBE_SECONDS} | spec
        kind = {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite"}
        await self.store.create(kind | {"metadata": metadata, "spec": whole})

    async def probe(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += timedelta(seconds=PROBE_SECONDS)
            await SiteProber(self.store, lambda: self.now).look_at(Key("TargetSite", self.namespace, "shop"))

    async def runs(self) -> list[Manifest]:
        return await self.store.find("IncidentRun", self.namespace)

    async def status(self) -> dict[str, Any]:
        status: dict[str, Any] = (await self.store.get("TargetSite", self.namespace, "shop"))["status"]
        return status

    async def finish(self, run: Manifest, *, well: bool = False) -> None:
        newest = await self.store.get("IncidentRun", self.namespace, run["metadata"]["name"])
        said = {"reason": "EpisodeEnded", "lastTransitionTime": "2026-01-31T12:30:00Z"}
        ended = [{"type": COMPLETE, "status": "True"} | said, {"type": SUCCEEDED, "status": str(well)} | said]
        await self.store.update_status(newest | {"status": newest["status"] | {"conditions": ended}})


def fills_its_disk(site: SmallSite, service: str = "api") -> None:
    now = datetime.now(UTC).isoformat()
    site.breaks(service, error_rate_percent=35.0)
    site.logs[service] = [f"{now} [ERROR] {service} - /checkout: OSError: [Errno 28] No space left on device"] * 20


def recovers(site: SmallSite) -> None:
    site.heals()
    site.logs = {name: [] for name in site.logs}


@pytest.fixture
async def store(crds_installed: ControlPlane) -> AsyncIterator[KubernetesStore]:
    async with KubeClient(load_credentials(str(crds_installed.kubeconfig))) as client:
        yield KubernetesStore(client)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallSite]:
    yield from reachable(SmallSite(), monkeypatch)


@pytest.fixture
def watching(store: KubernetesStore, namespace: str, site: SmallSite) -> Watching:
    return Watching(store, namespace, site)


async def test_a_fault_is_one_run_and_the_next_fault_another(watching: Watching) -> None:
    await watching.declare(onFault="Run")
    await watching.probe(2)
    assert await watching.runs() == []
    fills_its_disk(watching.site)
    await watching.probe()
    assert await watching.runs() == []
    await watching.probe(4)
    (run,) = await watching.runs()
    fault = (await watching.status())["detectedFault"]
    assert (fault["family"], fault["service"], fault["seenProbes"]) == ("disk_full", "api", 5)
    assert run["metadata"]["name"].startswith("probe-")
    assert run["metadata"]["name"].endswith("-1")
    alert = run["spec"]["alert"]
    assert (alert["service"], alert["scenario"]) == ("api", "disk-full")
    assert fault["evidence"][0] == alert["title"]
    await watching.finish(run)
    await watching.probe()
    assert len(await watching.runs()) == 1
    recovers(watching.site)
    await watching.probe(2)
    assert "detectedFault" not in await watching.status()
    newest = await watching.store.get("IncidentRun", watching.namespace, run["metadata"]["name"])
    assert newest["status"]["alerts"]["firing"] == 0
    fills_its_disk(watching.site)
    await watching.probe(3)
    assert sorted(one["metadata"]["name"][-2:] for one in await watching.runs()) == ["-1", "-2"]


async def test_a_fault_is_only_reported_where_nothing_else_was_asked_for(watching: Watching) -> None:
    await watching.declare()
    fills_its_disk(watching.site)
    await watching.probe(3)
    (detected,) = [one for one in (await watching.status())["conditions"] if one["type"] == "FaultDetected"]
    assert (detected["status"], detected["reason"]) == ("True", "FaultSeen")
    assert "disk_full at api" in detected["message"]
    assert await watching.runs() == []


@pytest.mark.parametrize("method", ["create", "update_status"])
async def test_an_operator_that_ends_in_between_makes_no_second_run(
    watching: Watching, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The prober is cancelled right after each of its writes; the next one begins with what is stored."""
    await watching.declare(onFault="Run")
    fills_its_disk(watching.site)
    await watching.probe()
    for _ in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(KubernetesStore, method, dies_after(getattr(KubernetesStore, method)))
            with suppress(asyncio.CancelledError):  # nothing is raised where the method is not called
                await watching.probe()
    await watching.probe(2)
    assert len(await watching.runs()) == 1


@pytest.mark.parametrize("method", ["create", "update_status"])
async def test_a_fault_right_after_another_is_one_more_run_whoever_ends_in_between(
    watching: Watching, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    await watching.declare(onFault="Run")
    fills_its_disk(watching.site)
    await watching.probe(3)
    (first,) = await watching.runs()
    await watching.finish(first, well=True)
    recovers(watching.site)
    fills_its_disk(watching.site, "postgres")
    await watching.probe()
    for _ in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(KubernetesStore, method, dies_after(getattr(KubernetesStore, method)))
            with suppress(asyncio.CancelledError):
                await watching.probe()
    await watching.probe(2)
    runs = {one["spec"]["alert"]["service"]: ledger_of(one).firing for one in await watching.runs()}
    assert runs == {"api": 0, "postgres": 1}


async def test_each_outage_of_a_site_is_an_event(watching: Watching) -> None:
    await watching.declare()
    await watching.probe()
    for _ in range(2):
        watching.site.answers["/ops/health"] = None
        await watching.probe(2)
        del watching.site.answers["/ops/health"]
        await watching.probe(2)
    events = await watching.store.events(watching.namespace, "shop")
    assert sorted(one["reason"] for one in events) == ["SiteAnswers"] * 2 + ["SiteDoesNotAnswer"] * 2


def dies_after(write: Callable[..., Any]) -> Callable[..., Any]:
    async def dying(self: KubernetesStore, manifest: Manifest) -> Manifest:
        await write(self, manifest)
        raise asyncio.CancelledError

    return dying


async def test_a_site_that_somebody_is_at_work_on_gets_no_second_run(watching: Watching) -> None:
    await watching.declare(onFault="Run")
    alert = {"source": "generic", "groupKey": "g", "title": "40 % of checkouts fail"}
    spec = {"alert": alert, "target": {"siteRef": {"name": "shop"}}}
    metadata = {"name": "by-a-person", "namespace": watching.namespace}
    kind = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun"}
    await watching.store.create(kind | {"metadata": metadata, "spec": spec})
    fills_its_disk(watching.site)
    await watching.probe(3)
    assert [one["metadata"]["name"] for one in await watching.runs()] == ["by-a-person"]
