"""What is said of a site that a probe cannot reach, for as long as that lasts and after it."""

import pytest

from praetor.guard.errors import UnreachableError
from praetor.store.directory import DirectoryStore
from tests.support.watching import DISK, HEALTHY, KEY, OTHER_DISK, watch_of

SILENT = UnreachableError("https://api.example: timed out")
WENT_AND_CAME = [("Warning", "SiteDoesNotAnswer"), ("Normal", "SiteAnswers")]


async def test_nobody_is_told_that_a_site_is_well_which_cannot_be_seen(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(HEALTHY, SILENT)
    since = (await watch.condition("Reachable"))["lastTransitionTime"]
    await watch.probes(SILENT, SILENT)
    reachable = await watch.condition("Reachable")
    assert (reachable["status"], reachable["reason"]) == ("False", "SiteDoesNotAnswer")
    assert reachable["lastTransitionTime"] == since
    for type in ("FaultDetected", "RequestsMeasured"):
        condition = await watch.condition(type)
        assert (condition["status"], condition["reason"]) == ("Unknown", "SiteNotSeen")
        assert "timed out" in condition["message"]
    assert (await watch.status())["services"] == [{"name": name, "health": "unknown"} for name in ("web", "api")]
    assert await watch.runs() == []


async def test_each_outage_is_an_event_and_so_is_its_end(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(HEALTHY)
    assert await watch.events() == []
    await watch.probes(SILENT, SILENT, HEALTHY, HEALTHY)
    assert await watch.events() == WENT_AND_CAME
    await watch.probes(SILENT, SILENT, HEALTHY, HEALTHY)
    assert await watch.events() == 2 * WENT_AND_CAME
    told = [one["message"] for one in await store.events("default", "shop")]
    assert told[:2] == ["https://api.example: timed out", "SiteDoesNotAnswer since 2026-01-31T12:02:00Z is over"]


async def test_a_fault_that_was_seen_stays_while_a_site_cannot_be_seen(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK, DISK)
    before = (await watch.status())["detectedFault"]
    await watch.probes(SILENT, SILENT, SILENT)
    assert (await watch.status())["detectedFault"] == before
    detected = await watch.condition("FaultDetected")
    assert (detected["status"], detected["reason"]) == ("True", "FaultSeen")
    assert detected["message"].startswith("the last probe saw nothing (SiteDoesNotAnswer): disk_full at api")
    await watch.probes(DISK)
    assert len(await watch.runs()) == 1
    await watch.probes(SILENT, HEALTHY, SILENT, HEALTHY)
    assert "detectedFault" not in await watch.status()


async def test_a_run_that_an_outage_ended_is_no_reason_for_the_next(store: DirectoryStore) -> None:
    """It was left to a person; another fault after the outage is another."""
    watch = await watch_of(store)
    await watch.probes(DISK, DISK, SILENT)
    await watch.ends((await watch.runs())[0], well=False)
    await watch.probes(SILENT, DISK, DISK)
    assert len(await watch.runs()) == 1
    await watch.probes(OTHER_DISK, SILENT, OTHER_DISK)
    assert len(await watch.runs()) == 2


async def test_faults_are_events_too(store: DirectoryStore) -> None:
    watch = await watch_of(store)
    await watch.probes(DISK)
    assert await watch.events() == []
    await watch.probes(DISK, DISK)
    await watch.ends((await watch.runs())[0], well=True)
    await watch.probes(OTHER_DISK, OTHER_DISK, HEALTHY, HEALTHY)
    assert await watch.events() == [("Warning", "FaultSeen"), ("Warning", "FaultSeen"), ("Normal", "NoFaultSeen")]


async def test_an_event_that_was_told_before_its_status_was_written_is_told_once(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = await watch_of(store)
    await watch.probes(HEALTHY)

    async def dies(manifest: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store, "update_status", dies)
        with pytest.raises(KeyboardInterrupt):
            await watch.probes(SILENT)
    await watch.probes(SILENT)
    assert await watch.events() == WENT_AND_CAME[:1]


async def test_the_conditions_are_figures_for_as_long_as_the_site_is_there(store: DirectoryStore) -> None:
    watch = await watch_of(store)

    def figure(condition: str, status: str) -> float | None:
        labels = {"namespace": "default", "site": "shop", "condition": condition, "status": status}
        return watch.metrics.registry.get_sample_value("praetor_site_condition", labels)

    await watch.probes(HEALTHY)
    assert (figure("Reachable", "True"), figure("Reachable", "False")) == (1.0, 0.0)
    await watch.probes(SILENT)
    assert (figure("Reachable", "True"), figure("Reachable", "False")) == (0.0, 1.0)
    assert figure("FaultDetected", "Unknown") == 1.0
    await store.delete(*KEY)
    await watch.probes(HEALTHY)
    assert figure("Reachable", "False") is None


async def test_an_operator_that_has_just_begun_tells_the_figures_before_the_next_probe_is_due(
    store: DirectoryStore,
) -> None:
    watch = await watch_of(store)
    await watch.probes(SILENT)
    watch.metrics = type(watch.metrics)()
    await watch.prober(HEALTHY).look_at(KEY)
    labels = {"namespace": "default", "site": "shop", "condition": "Reachable", "status": "False"}
    assert watch.metrics.registry.get_sample_value("praetor_site_condition", labels) == 1.0
