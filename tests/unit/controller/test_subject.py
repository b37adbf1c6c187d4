"""What a run is about: references looked up, or a reason why there is nothing to play."""

from typing import Any

import pytest

import simcore
from praetor.alerts.vocabulary import vocabulary
from praetor.controller.observed import Playable, Unplayable
from praetor.controller.subject import scenario_complaint, subject_of
from praetor.resources.run import IncidentRun
from praetor.store.directory import DirectoryStore
from simcore.scenarios.library import library_scenario
from simcore.scenarios.spec import ScenarioDocument
from tests.support.observing import ALERT, manifest

OWN = {"scenarioRef": {"kind": "IncidentScenario", "name": "mine"}}


def own_spec() -> dict[str, Any]:
    return library_scenario("oom-crash").spec.model_dump(mode="json", by_alias=True, exclude_none=True)


async def found(store: DirectoryStore, **spec: Any) -> Playable | Unplayable:
    wanted = {"scenarioRef": {"name": "oom-crash"}} | spec
    if "alert" in spec:
        del wanted["scenarioRef"]
    return await subject_of(IncidentRun.model_validate(manifest() | {"spec": wanted}), store)


@pytest.mark.parametrize("name", ["oom-crash", "oom_crash"])
async def test_a_library_scenario_is_found_with_hyphens_and_underscores(store: DirectoryStore, name: str) -> None:
    subject = await found(store, scenarioRef={"name": name})
    assert subject == Playable("oom-crash", "oom_crash")


async def test_an_own_scenario_is_taken_from_the_runs_namespace(store: DirectoryStore) -> None:
    metadata = {"name": "mine", "namespace": "default"}
    scenario = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentScenario", "metadata": metadata}
    await store.create(scenario | {"spec": own_spec()})
    subject = await found(store, **OWN)
    assert isinstance(subject, Playable)
    assert subject == Playable("mine", "oom_crash", own_spec())


async def test_a_held_out_scenario_is_found_by_an_absolute_seed(store: DirectoryStore) -> None:
    assert await found(store, scenarioRef={"name": "hot-key"}) == Playable("hot-key", "hot_key")


async def test_an_alert_becomes_the_family_that_it_speaks_of(store: DirectoryStore) -> None:
    subject = await found(store, alert=ALERT | {"title": "payment-service OOMKilled"})
    assert isinstance(subject, Playable)
    assert (subject.name, subject.family) == ("oom-crash", "oom_crash")


async def test_the_rehearsal_of_an_alert_is_played_in_the_shop(store: DirectoryStore) -> None:
    subject = await found(store, alert=ALERT | {"title": "payment-service OOMKilled"})
    assert isinstance(subject, Playable)
    assert subject.spec is not None
    assert subject.spec == own_spec() | {"topology": "Shop"} != own_spec()


@pytest.mark.parametrize("family", [family.name for family in vocabulary().families])
def test_every_family_that_an_alert_can_speak_of_can_be_played_in_the_shop(family: str) -> None:
    document = library_scenario(family)
    in_the_shop = document.spec.model_copy(update={"topology": "Shop"})
    assert simcore.make(ScenarioDocument(name=document.name, spec=in_the_shop), seed=1).reset().kind == "alert"


async def test_an_alert_of_a_held_out_family_is_not_rehearsed_in_training_splits(store: DirectoryStore) -> None:
    alert = ALERT | {"title": "PostgreSQL replication lag"}
    refused = await found(store, alert=alert, split="train")
    assert isinstance(refused, Unplayable)
    assert refused.reason == "NothingToActOn"
    assert "speaks of replication_lag (title: replication, lag)" in refused.message
    subject = await found(store, alert=alert)
    assert isinstance(subject, Playable)
    assert subject.family == "replication_lag"


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        ({"scenarioRef": {"name": "hot-key"}, "split": "train"}, "ScenarioNotFound", ("spec.split", "held out")),
        ({"scenarioRef": {"name": "no-such"}}, "ScenarioNotFound", ("spec.scenarioRef.name", "no-such", "oom-crash")),
        (OWN, "ScenarioNotFound", ("spec.scenarioRef.name", "IncidentScenario 'mine'", "'default'")),
        ({"policy": {"name": "wishful"}}, "PolicyNotFound", ("spec.policy.name", "wishful", "playbook")),
        ({"target": {"siteRef": {"name": "shop"}}}, "SubstrateUnavailable", ("spec.target.siteRef", "shop")),
        ({"alert": ALERT}, "NothingToActOn", ("no family",)),
    ],
)
async def test_what_cannot_be_played_says_which_field_and_what_there_is(
    store: DirectoryStore, spec: dict[str, Any], reason: str, words: tuple[str, ...]
) -> None:
    subject = await found(store, **spec)
    assert isinstance(subject, Unplayable)
    assert subject.reason == reason
    assert [word for word in words if word not in subject.message] == []


def test_a_good_scenario_gives_no_complaint_and_a_bad_one_names_the_place() -> None:
    assert scenario_complaint(own_spec()) == ""
    bad = own_spec()
    bad["variants"][0]["mechanism"] = "gremlins"
    assert scenario_complaint(bad).startswith("spec.variants.0: mechanism 'gremlins' is unknown")
    bad = own_spec()
    bad["variants"][0]["targets"] = ["order"]
    assert scenario_complaint(bad).startswith("spec.variants.0.targets.0: there is no service or role 'order'")
    assert scenario_complaint("nothing").startswith("spec: ")


async def test_a_scenario_that_the_sender_names_is_played_whatever_the_words_say(store: DirectoryStore) -> None:
    alert = ALERT | {"title": "PostgreSQL replication lag", "scenario": "disk-full"}
    subject = await found(store, alert=alert, split="train")
    assert subject == Playable("disk-full", "disk_full")


async def test_a_named_scenario_that_is_held_out_is_left_to_a_person(store: DirectoryStore) -> None:
    refused = await found(store, alert=ALERT | {"scenario": "feature-flag"}, split="train")
    assert isinstance(refused, Unplayable)
    assert refused.reason == "NothingToActOn"
    assert "names the scenario feature-flag" in refused.message
