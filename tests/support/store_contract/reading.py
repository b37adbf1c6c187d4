"""What every store promises of objects that are made and looked for."""

import asyncio
from typing import Any

import pytest

from praetor.resources.scenario import IncidentScenario
from simcore.errors import AlreadyExistsError, InvalidObjectError, NotFoundError
from simcore.protocols import Store
from simcore.scenarios.library import library_scenario
from tests.support.controlplane_objects import RUN_DEFAULTS
from tests.support.eventually import eventually
from tests.support.store_contract.manifests import WRITERS, changed, condition, run_manifest, site_manifest


class CreateAndRead:
    async def test_a_created_object_has_what_the_store_gives_and_the_defaults(
        self, store: Store, namespace: str
    ) -> None:
        run = await store.create(run_manifest(namespace, seed=7))
        metadata = run["metadata"]
        assert metadata["uid"]
        assert metadata["generation"] == 1
        assert int(metadata["resourceVersion"]) > 0
        assert metadata["creationTimestamp"].endswith("Z")
        assert run["spec"] == RUN_DEFAULTS | {"scenarioRef": {"kind": "Library", "name": "oom-crash"}, "seed": 7}
        assert await store.get("IncidentRun", namespace, "oom-1") == run

    async def test_labels_and_annotations_are_kept(self, store: Store, namespace: str) -> None:
        manifest = run_manifest(namespace)
        manifest["metadata"] |= {"labels": {"praetor.dev/group": "ab12"}, "annotations": {"a": "b"}}
        await store.create(manifest)
        metadata = (await store.get("IncidentRun", namespace, "oom-1"))["metadata"]
        assert (metadata["labels"], metadata["annotations"]) == ({"praetor.dev/group": "ab12"}, {"a": "b"})

    async def test_a_creator_does_not_give_the_status_nor_the_stores_metadata(
        self, store: Store, namespace: str
    ) -> None:
        manifest = changed(run_manifest(namespace), "status", phase="Complete")
        manifest["metadata"] |= {"uid": "mine", "generation": 9, "resourceVersion": "17"}
        run = await store.create(manifest)
        assert "phase" not in run.get("status", {})
        assert run["metadata"]["uid"] != "mine"
        assert run["metadata"]["generation"] == 1

    async def test_a_name_is_given_once(self, store: Store, namespace: str) -> None:
        first = await store.create(run_manifest(namespace, seed=1))
        with pytest.raises(AlreadyExistsError, match="oom-1"):
            await store.create(run_manifest(namespace, seed=2))
        assert await store.get("IncidentRun", namespace, "oom-1") == first

    async def test_of_many_creators_at_once_one_wins(self, store: Store, namespace: str) -> None:
        creations = (store.create(run_manifest(namespace, seed=seed)) for seed in range(WRITERS))
        outcomes = await asyncio.gather(*creations, return_exceptions=True)
        assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, AlreadyExistsError) for outcome in outcomes) == WRITERS - 1

    async def test_kinds_do_not_share_names(self, store: Store, namespace: str) -> None:
        await store.create(run_manifest(namespace, "same"))
        site = await store.create(site_manifest(namespace, "same"))
        assert await store.get("TargetSite", namespace, "same") == site

    @pytest.mark.parametrize("name", ["absent", "../oom-1", "", "UPPER", "a/b", "x" * 300])
    async def test_what_is_not_there_is_not_found(self, store: Store, namespace: str, name: str) -> None:
        await store.create(run_manifest(namespace))
        with pytest.raises(NotFoundError):
            await store.get("IncidentRun", namespace, name)

    async def test_another_namespace_is_another_place(self, store: Store, namespace: str) -> None:
        await store.create(run_manifest(namespace))
        with pytest.raises(NotFoundError):
            await store.get("IncidentRun", "elsewhere", "oom-1")

    async def test_an_alert_comes_back_as_it_was_given(self, store: Store, namespace: str) -> None:
        alert = {
            "source": "alertmanager",
            "groupKey": '{}:{alertname="Größe"}',
            "title": "api-gateway: 5xx over 10 %",
            "labels": {"alertname": "Größe", "empty": ""},
            "startsAt": "2026-01-31T12:00:00.123Z",
        }
        run = await store.create(run_manifest(namespace, alert=alert, scenarioRef=None))
        assert run["spec"]["alert"] == alert | {"status": "firing"}
        assert "scenarioRef" not in run["spec"]

    async def test_a_scenario_comes_back_with_its_defaults(self, store: Store, namespace: str) -> None:
        document = library_scenario("oom-crash")
        spec = document.spec.model_dump(by_alias=True, exclude_unset=True, mode="json")
        manifest = run_manifest(namespace) | {"kind": "IncidentScenario", "spec": spec}
        created = await store.create(manifest)
        model = IncidentScenario.model_validate(created)
        assert model.spec == document.spec
        assert await store.update(created) == created

    async def test_a_site_without_anything_is_one(self, store: Store, namespace: str) -> None:
        bare = site_manifest(namespace)
        del bare["spec"]
        created = await store.create(bare)
        assert created.get("spec", {}) == {}
        updated = await store.update(changed(created, "spec", description="the shop"))
        assert updated["metadata"]["generation"] == 2


class Refusals:
    @pytest.mark.parametrize(
        ("spec", "field"),
        [
            ({"seed": -1}, "seed"),
            ({"seed": "7"}, "seed"),
            ({"difficulty": 1.5}, "difficulty"),
            ({"scenarioRef": {"name": "oom-crash", "kind": "Other"}}, "kind"),
            ({"scenarioRef": None}, "scenarioRef"),
            ({"colour": "red"}, "colour"),
            ({"maxSteps": 0}, "maxSteps"),
            ({"cancel": "Later"}, "cancel"),
        ],
    )
    async def test_a_bad_spec_is_refused_with_the_fields_name(
        self, store: Store, namespace: str, spec: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidObjectError, match=field):
            await store.create(run_manifest(namespace, **spec))
        assert await store.find("IncidentRun", namespace) == []

    @pytest.mark.parametrize("name", ["Upper", "under_score", "-dash", "../up", "x" * 53])
    async def test_a_bad_name_is_refused(self, store: Store, namespace: str, name: str) -> None:
        with pytest.raises(InvalidObjectError, match="name"):
            await store.create(run_manifest(namespace, name))

    async def test_another_version_is_refused(self, store: Store, namespace: str) -> None:
        with pytest.raises(InvalidObjectError):
            await store.create(run_manifest(namespace) | {"apiVersion": "praetor.dev/v1"})

    async def test_an_unknown_kind_is_refused(self, store: Store, namespace: str) -> None:
        with pytest.raises(InvalidObjectError, match="Secret"):
            await store.get("Secret", namespace, "oom-1")

    async def test_a_bad_status_is_refused(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        with pytest.raises(InvalidObjectError, match="phase"):
            await store.update_status(changed(run, "status", phase="Finished"))
        assert await store.get("IncidentRun", namespace, "oom-1") == run

    async def test_an_oversized_run_is_refused(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        steps = [{"seq": seq, "action": "read_logs", "reward": 0.0, "summary": "x" * 300} for seq in range(10)]
        conditions = [condition(f"Type{number}") | {"message": "m" * 1024} for number in range(16)]
        trace = {"name": "n" * 253, "sha256": "0" * 64, "events": 1, "chunks": 1}
        seen = {"seen": [f"{number:016x}" for number in range(200)], "firing": 0}
        full = changed(
            run, "status", steps=steps, conditions=conditions, traceRef=trace, alerts=seen, message="m" * 1024
        )
        with pytest.raises(InvalidObjectError, match="25000 bytes"):
            await store.update_status(full)
        assert await store.get("IncidentRun", namespace, "oom-1") == run


class Find:
    async def test_oldest_first(self, store: Store, namespace: str) -> None:
        older = await store.create(run_manifest(namespace, "z-older"))
        await asyncio.sleep(1.1)  # creation times are whole seconds, of which these are the same or not
        younger = [await store.create(run_manifest(namespace, name)) for name in ("b-younger", "a-younger")]
        younger.sort(key=lambda run: (run["metadata"]["creationTimestamp"], run["metadata"]["name"]))
        assert await store.find("IncidentRun", namespace) == [older, *younger]

    async def test_finds_whole_objects_of_one_kind(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        site = await store.create(site_manifest(namespace))
        assert await store.find("IncidentRun", namespace) == [run]
        assert await store.find("TargetSite", namespace) == [site]
        assert run in await store.find("IncidentRun")

    async def test_finds_by_all_labels(self, store: Store, namespace: str) -> None:
        for name, labels in {"a": {"x": "1", "y": "2"}, "b": {"x": "1"}, "c": {}}.items():
            manifest = run_manifest(namespace, name)
            manifest["metadata"]["labels"] = labels
            await store.create(manifest)
        one = await store.find("IncidentRun", namespace, labels={"x": "1"})
        assert [run["metadata"]["name"] for run in one] == ["a", "b"]
        both = await store.find("IncidentRun", namespace, labels={"x": "1", "y": "2"})
        assert [run["metadata"]["name"] for run in both] == ["a"]

    async def test_what_was_just_written_is_found(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        for attempts in range(1, 6):
            run = await store.update_status(changed(run, "status", attempts=attempts))
            (found,) = await store.find("IncidentRun", namespace)
            assert found["status"]["attempts"] == attempts

    async def test_a_look_that_may_lag_sees_it_soon(self, store: Store, namespace: str) -> None:
        manifest = run_manifest(namespace)
        manifest["metadata"]["labels"] = {"x": "1"}
        run = await store.create(manifest)

        async def is_seen() -> bool:
            return await store.find("IncidentRun", namespace, labels={"x": "1"}, may_lag=True) == [run]

        await eventually(is_seen)

    async def test_nothing_is_found_where_nothing_is(self, store: Store, namespace: str) -> None:
        assert await store.find("IncidentRun", namespace) == []
        assert await store.find("IncidentRun", "../..") == []
