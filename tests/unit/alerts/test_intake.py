"""Taking deliveries in, over a real directory and over a store whose interleavings the test decides."""

import asyncio
import hashlib
import json

import pytest

from praetor.alerts import alertmanager, intake
from praetor.alerts.intake import accept
from praetor.alerts.manifest import is_finished, ledger_of
from praetor.resources.run import IncidentRun
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope
from tests.support.alert_bodies import CAPTURED, alert, body, captured
from tests.support.memory_store import MemoryStore

COMPLETE = {
    "type": "Complete",
    "status": "True",
    "reason": "EpisodeEnded",
    "lastTransitionTime": "2026-11-23T12:00:00Z",
}


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path)
    yield directory
    directory.close()


async def deliver(store, raw, namespace="praetor"):
    return await accept(store, alertmanager.parse(raw), Scope(namespace))


async def finish(store, accepted):
    run = await store.get("IncidentRun", accepted.namespace, accepted.name)
    await store.update_status(run | {"status": run.get("status", {}) | {"conditions": [COMPLETE]}})


async def make_site(store, name, namespace, /, **labels):
    await store.create(
        {
            "apiVersion": "praetor.dev/v1alpha1",
            "kind": "TargetSite",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"match": {"labels": labels}},
        }
    )


async def test_name_and_seed_follow_from_receiver_and_group_key(store):
    (accepted,) = await deliver(store, captured("01_single_firing"))
    raw = json.loads(captured("01_single_firing"))
    digest = hashlib.sha256(f"{raw['receiver']}\0{raw['groupKey']}".encode()).hexdigest()[:16]
    assert (accepted.name, accepted.created) == (f"alertmanager-{digest}-1", True)
    spec = (await store.get("IncidentRun", "praetor", accepted.name))["spec"]
    assert (spec["seed"], spec["split"]) == (int(digest[:8], 16) >> 1, "train")
    assert spec["target"] == {"simulator": {}}


async def test_the_life_of_an_alert(store):
    names = ["01_single_firing", "02_single_repeat", "03_single_resolved", "04_single_refire"]
    (first,) = await deliver(store, captured(names[0]))
    (repeat,) = await deliver(store, captured(names[1]))
    assert (repeat.name, repeat.created) == (first.name, False)
    await finish(store, first)
    (resolved,) = await deliver(store, captured(names[2]))
    assert (resolved.name, resolved.created) == (first.name, False)
    assert ledger_of(await store.get("IncidentRun", "praetor", first.name)).firing == 0
    (refire,) = await deliver(store, captured(names[3]))
    assert (refire.name, refire.created) == (first.name[:-1] + "2", True)


async def test_a_repeat_writes_nothing(store):
    (first,) = await deliver(store, captured("01_single_firing"))
    before = await store.get("IncidentRun", "praetor", first.name)
    await deliver(store, captured("02_single_repeat"))
    assert await store.get("IncidentRun", "praetor", first.name) == before


async def test_what_was_seen_is_in_the_status(store):
    (accepted,) = await deliver(store, captured("06_group_firing_3"))
    run = IncidentRun.model_validate(await store.get("IncidentRun", "praetor", accepted.name))
    assert run.status.alerts is not None
    assert (len(run.status.alerts.seen), run.status.alerts.firing) == (3, 3)


@pytest.mark.parametrize("path", sorted(CAPTURED.glob("*.json")), ids=lambda path: path.stem)
async def test_every_captured_body_becomes_a_run_the_store_takes(store, path):
    accepted = await deliver(store, path.read_bytes())
    firing = json.loads(path.read_bytes())["status"] == "firing"
    assert [one.created for one in accepted] == ([True] if firing else [])


async def test_what_others_write_is_bounded(store):
    huge = alert("A", **{f"label_{number}": "🚨" * 500 for number in range(100)}, severity="x" * 500)
    huge["annotations"] = {"summary": "S\x00\x1b[31m" * 500, "description": "D" * 100_000} | {
        f"annotation_{number}": "ü" * 5_000 for number in range(100)
    }
    (accepted,) = await deliver(store, body(huge, group_key="k" * 50_000))
    run = await store.get("IncidentRun", "praetor", accepted.name)
    assert len(json.dumps(run, ensure_ascii=False).encode()) < 10_000
    assert not {"\x00", "\x1b"} & set(run["spec"]["alert"]["title"])


async def test_a_label_never_names_the_namespace(store):
    (accepted,) = await deliver(store, body(alert("A", namespace="kube-system")))
    assert accepted.namespace == "praetor"


async def test_an_alert_of_a_site_becomes_a_run_of_the_site(store):
    await make_site(store, "shop", "shop-site", namespace="shop", cluster="scratch-1")
    (accepted,) = await deliver(store, captured("01_single_firing"))
    assert accepted.namespace == "shop-site"
    run = await store.get("IncidentRun", "shop-site", accepted.name)
    assert run["spec"]["target"] == {"siteRef": {"name": "shop"}}


async def test_all_labels_of_a_site_must_match(store):
    await make_site(store, "shop", "shop-site", namespace="shop", cluster="another")
    (accepted,) = await deliver(store, captured("01_single_firing"))
    assert accepted.namespace == "praetor"


async def test_a_body_that_matches_two_sites_makes_one_run_for_each(store):
    await make_site(store, "east", "sites", namespace="shop")
    await make_site(store, "west", "sites", cluster="scratch-1")
    await make_site(store, "north", "elsewhere", namespace="shop")
    accepted = await deliver(store, captured("01_single_firing"))
    again = await deliver(store, captured("02_single_repeat"))
    assert len({(one.namespace, one.name) for one in accepted}) == 3
    assert [one.created for one in again] == [False] * 3
    assert {(one.namespace, one.name) for one in again} == {(one.namespace, one.name) for one in accepted}


async def test_alerts_of_one_body_go_each_to_its_own_site_and_the_rest_is_rehearsed(store):
    await make_site(store, "east", "sites", region="east")
    accepted = await deliver(store, body(alert("A", region="east"), alert("A", region="west")))
    assert [one.namespace for one in accepted] == ["sites", "praetor"]
    run = await store.get("IncidentRun", "praetor", accepted[1].name)
    assert run["spec"]["alert"]["labels"]["region"] == "west"


async def test_concurrent_receivers_of_one_delivery_make_one_run(tmp_path):
    stores = [DirectoryStore(tmp_path) for _ in range(8)]
    answers = await asyncio.gather(*(deliver(store, captured("01_single_firing")) for store in stores))
    assert sum(one.created for (one,) in answers) == 1
    assert len({one.name for (one,) in answers}) == 1
    for store in stores:
        store.close()


async def test_a_name_taken_by_another_object_is_passed_over(store):
    (accepted,) = await deliver(store, captured("01_single_firing"))
    await store.delete("IncidentRun", "praetor", accepted.name)
    foreign = {"name": accepted.name, "namespace": "praetor"}
    spec = {"scenarioRef": {"name": "oom-crash"}}
    api = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun"}
    await store.create(api | {"metadata": foreign, "spec": spec})
    (second,) = await deliver(store, captured("01_single_firing"))
    assert (second.name, second.created) == (accepted.name[:-1] + "2", True)


def test_a_run_that_ends_while_a_delivery_joins_it_does_not_swallow_it(monkeypatch):
    monkeypatch.setattr(intake, "_LONGEST_PAUSE_SECONDS", 0)
    store = MemoryStore()
    drive(accept(store, alertmanager.parse(body(alert("A"))), Scope("praetor")))
    joining = accept(store, alertmanager.parse(body(alert("A", started=60))), Scope("praetor"))
    for _ in range(3):  # it has found the open run, and is about to write
        joining.send(None)
    (run,) = store.runs()
    store.write_status(run | {"status": run["status"] | {"conditions": [COMPLETE]}})
    (accepted,) = drive(joining)
    assert (accepted.name[-1], accepted.created) == ("2", True)
    assert is_finished(store.runs()[0])
    assert len(ledger_of(store.runs()[0]).seen) == 1


async def test_a_run_has_the_time_to_live_that_its_receiver_gives(store):
    kept, brief = alertmanager.parse(body(alert("A"))), alertmanager.parse(body(alert("B"), group_key="b"))
    (first,) = await accept(store, kept, Scope("praetor"))
    (second,) = await accept(store, brief, Scope("praetor"), ttl_seconds=60)
    specs = [(await store.get("IncidentRun", "praetor", one.name))["spec"] for one in (first, second)]
    assert [spec.get("ttlSecondsAfterFinished") for spec in specs] == [None, 60]


def drive(work):
    while True:
        try:
            work.send(None)
        except StopIteration as end:
            return end.value
