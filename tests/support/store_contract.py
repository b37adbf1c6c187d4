"""What every store promises; a test module subclasses it and gives the fixtures `store` and `namespace`."""

import asyncio
import copy
import random
from typing import Any

import pytest

from praetor.resources.scenario import IncidentScenario
from simcore.errors import AlreadyExistsError, ConflictError, InvalidObjectError, NotFoundError
from simcore.protocols import Manifest, Store
from simcore.scenarios.library import library_scenario
from tests.support.eventually import eventually

WRITERS = 20


def run_manifest(namespace: str, name: str = "oom-1", **spec: Any) -> Manifest:
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"scenarioRef": {"name": "oom-crash"}} | spec,
    }


def site_manifest(namespace: str, name: str = "shop") -> Manifest:
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "TargetSite",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"match": {"labels": {"team": "shop"}}},
    }


def changed(manifest: Manifest, part: str, **fields: Any) -> Manifest:
    return copy.deepcopy(manifest) | {part: copy.deepcopy(manifest.get(part, {})) | fields}


async def increment_attempts(store: Store, namespace: str, name: str) -> None:
    """One reader and writer that tries until nobody came between."""
    while True:
        run = await store.get("IncidentRun", namespace, name)
        attempts = run.get("status", {}).get("attempts", 0)
        try:
            await store.update_status(changed(run, "status", attempts=attempts + 1))
            return
        except ConflictError:
            await asyncio.sleep(random.uniform(0, 0.02))


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
        assert run["spec"] == {
            "scenarioRef": {"kind": "Library", "name": "oom-crash"},
            "seed": 7,
            "difficulty": 0.5,
            "policy": {"name": "playbook"},
            "target": {"simulator": {}},
            "mode": "Act",
            "approval": "Never",
            "approvalTimeoutSeconds": 3600,
            "backoffLimit": 3,
            "suspend": False,
        }
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
        conditions = [_condition(f"Type{number}") | {"message": "m" * 1024} for number in range(16)]
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
        await store.create(run_manifest(namespace, "z-older"))
        await asyncio.sleep(1.1)  # creation times are whole seconds
        for name in ("b-younger", "a-younger"):
            await store.create(run_manifest(namespace, name))
        found = [run["metadata"]["name"] for run in await store.find("IncidentRun", namespace)]
        assert found == ["z-older", "a-younger", "b-younger"]

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

        await eventually(is_seen, within_seconds=10)

    async def test_nothing_is_found_where_nothing_is(self, store: Store, namespace: str) -> None:
        assert await store.find("IncidentRun", namespace) == []
        assert await store.find("IncidentRun", "../..") == []


class Update:
    async def test_a_changed_spec_is_a_new_generation(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        updated = await store.update(changed(run, "spec", suspend=True))
        assert updated["spec"]["suspend"] is True
        assert updated["metadata"]["generation"] == 2
        assert int(updated["metadata"]["resourceVersion"]) > int(run["metadata"]["resourceVersion"])
        assert updated["metadata"]["uid"] == run["metadata"]["uid"]

    async def test_changed_metadata_is_no_new_generation(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        updated = await store.update(changed(run, "metadata", labels={"a": "b"}))
        assert updated["metadata"]["labels"] == {"a": "b"}
        assert updated["metadata"]["generation"] == 1
        assert updated["metadata"]["resourceVersion"] != run["metadata"]["resourceVersion"]

    async def test_an_update_never_touches_the_status(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        run = await store.update_status(changed(run, "status", phase="Running"))
        updated = await store.update(changed(changed(run, "spec", suspend=True), "status", phase="Failed"))
        assert updated["status"]["phase"] == "Running"

    async def test_a_status_update_touches_nothing_else(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        wanted = changed(changed(run, "spec", suspend=True), "status", phase="Running", message="going")
        updated = await store.update_status(changed(wanted, "metadata", labels={"a": "b"}))
        assert updated["status"]["phase"] == "Running"
        assert updated["status"]["message"] == "going"
        assert updated["spec"] == run["spec"]
        assert updated["metadata"]["generation"] == 1
        assert "labels" not in updated["metadata"]

    async def test_the_same_again_changes_nothing(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        run = await store.update_status(changed(run, "status", phase="Running"))
        assert await store.update(run) == run
        assert await store.update_status(run) == run

    async def test_a_status_comes_back_as_it_was_written(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        status = {
            "observedGeneration": 1,
            "phase": "Complete",
            "conditions": [_condition("Started"), _condition("Complete")],
            "scenario": {"name": "oom-crash", "family": "oom_crash", "seed": 7, "difficulty": 0.5},
            "attempts": 1,
            "result": {
                "resolved": True,
                "mitigated": True,
                "diagnosed": True,
                "score": 0.79,
                "breakdown": {"r_resolution": 0.45, "r_penalty": -0.03},
                "causes": [{"service": "a", "mechanism": "heap", "mechanismClass": "memory"}],
                "steps": 4,
                "userMinutesLost": 12.25,
                "simSeconds": 420.0,
            },
            "steps": [{"seq": 1, "action": "list_services", "reward": 0.01, "summary": "nine"}],
            "alerts": {"seen": ["00ff00ff00ff00ff"], "firing": 1},
        }
        await store.update_status(changed(run, "status", **status))
        assert (await store.get("IncidentRun", namespace, "oom-1"))["status"] == status

    async def test_what_a_newer_version_said_in_a_status_is_skipped(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        updated = await store.update_status(changed(run, "status", phase="Running", attempts=1, mood="good"))
        assert updated["status"] == {"phase": "Running", "attempts": 1}

    async def test_null_is_as_good_as_absent(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace, maxSteps=None))
        updated = await store.update_status(changed(run, "status", phase=None, attempts=1))
        assert "maxSteps" not in updated["spec"]
        assert updated["status"] == {"attempts": 1}

    async def test_a_write_from_an_old_reading_conflicts(self, store: Store, namespace: str) -> None:
        old = await store.create(run_manifest(namespace))
        new = await store.update_status(changed(old, "status", attempts=1))
        with pytest.raises(ConflictError):
            await store.update_status(changed(old, "status", attempts=2))
        with pytest.raises(ConflictError):
            await store.update(changed(old, "spec", suspend=True))
        assert await store.get("IncidentRun", namespace, "oom-1") == new

    async def test_a_write_without_a_reading_is_refused(self, store: Store, namespace: str) -> None:
        await store.create(run_manifest(namespace))
        with pytest.raises(InvalidObjectError, match="resourceVersion"):
            await store.update(run_manifest(namespace, suspend=True))

    async def test_an_earlier_namesake_is_another_object(self, store: Store, namespace: str) -> None:
        earlier = await store.create(run_manifest(namespace))
        await store.delete("IncidentRun", namespace, "oom-1")
        await store.create(run_manifest(namespace))
        with pytest.raises(ConflictError):
            await store.update_status(changed(earlier, "status", attempts=1))

    async def test_what_is_gone_cannot_be_updated(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.delete("IncidentRun", namespace, "oom-1")
        with pytest.raises(NotFoundError):
            await store.update_status(changed(run, "status", attempts=1))
        with pytest.raises(NotFoundError):
            await store.update(run)

    @pytest.mark.parametrize("spec", [{"seed": 8}, {"policy": {"name": "random"}}, {"maxSteps": 5}, {"split": "train"}])
    async def test_the_spec_of_a_run_is_fixed(self, store: Store, namespace: str, spec: dict[str, Any]) -> None:
        run = await store.create(run_manifest(namespace))
        with pytest.raises(InvalidObjectError, match=next(iter(spec))):
            await store.update(changed(run, "spec", **spec))
        assert await store.get("IncidentRun", namespace, "oom-1") == run

    async def test_an_optional_field_cannot_be_taken_back(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace, maxSteps=5))
        without = copy.deepcopy(run)
        del without["spec"]["maxSteps"]
        with pytest.raises(InvalidObjectError, match="maxSteps"):
            await store.update(without)

    async def test_the_verbs_of_a_run_may_change(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        verbs = {"suspend": True, "cancel": "Graceful", "ttlSecondsAfterFinished": 60}
        updated = await store.update(changed(run, "spec", **verbs))
        assert {name: updated["spec"][name] for name in verbs} == verbs

    async def test_the_spec_of_a_site_may_change(self, store: Store, namespace: str) -> None:
        site = await store.create(site_manifest(namespace))
        updated = await store.update(changed(site, "spec", description="the shop"))
        assert updated["metadata"]["generation"] == 2

    async def test_concurrent_writers_lose_nothing(self, store: Store, namespace: str) -> None:
        await store.create(run_manifest(namespace))
        await asyncio.gather(*(increment_attempts(store, namespace, "oom-1") for _ in range(WRITERS)))
        run = await store.get("IncidentRun", namespace, "oom-1")
        assert run["status"]["attempts"] == WRITERS


class Delete:
    async def test_a_deleted_object_is_gone_with_its_artifacts_and_events(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.put_artifact(run, "trace.jsonl", b"{}\n")
        await store.record_event(run, "Started", "it began")
        await store.delete("IncidentRun", namespace, "oom-1", uid=run["metadata"]["uid"])
        with pytest.raises(NotFoundError):
            await store.get("IncidentRun", namespace, "oom-1")
        with pytest.raises(NotFoundError):
            await store.get_artifact(namespace, "oom-1", "trace.jsonl")
        assert await store.events(namespace, "oom-1") == []

    async def test_another_uid_deletes_nothing(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.delete("IncidentRun", namespace, "oom-1", uid="00000000-0000-0000-0000-000000000000")
        assert await store.get("IncidentRun", namespace, "oom-1") == run

    @pytest.mark.parametrize("name", ["absent", "../oom-1", ""])
    async def test_deleting_what_is_not_there_is_fine(self, store: Store, namespace: str, name: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.delete("IncidentRun", namespace, name)
        assert await store.find("IncidentRun", namespace) == [run]


class Artifacts:
    @pytest.mark.parametrize("name", ["trace.jsonl", "postmortem.md"])
    @pytest.mark.parametrize("size_bytes", [0, 1, 3_000_000], ids=["empty", "one byte", "3 MB"])
    async def test_bytes_come_back(self, store: Store, namespace: str, name: str, size_bytes: int) -> None:
        run = await store.create(run_manifest(namespace))
        data = random.Random(size_bytes).randbytes(size_bytes)
        assert await store.put_artifact(run, name, data)
        assert await store.get_artifact(namespace, "oom-1", name) == data

    async def test_text_comes_back(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        text = "# Ursache: Speicher 💾\r\n\ttab\x00end\n".encode()
        await store.put_artifact(run, "postmortem.md", text)
        assert await store.get_artifact(namespace, "oom-1", "postmortem.md") == text

    async def test_artifacts_of_a_run_are_apart(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        other = await store.create(run_manifest(namespace, "oom-2"))
        await store.put_artifact(run, "trace.jsonl", b"one")
        await store.put_artifact(other, "trace.jsonl", b"two")
        await store.put_artifact(run, "postmortem.md", b"three")
        assert await store.get_artifact(namespace, "oom-1", "trace.jsonl") == b"one"
        assert await store.get_artifact(namespace, "oom-2", "trace.jsonl") == b"two"
        assert await store.get_artifact(namespace, "oom-1", "postmortem.md") == b"three"

    async def test_the_same_reference_every_time(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        references = {await store.put_artifact(run, "trace.jsonl", b"same") for _ in range(3)}
        assert len(references) == 1

    @pytest.mark.parametrize("name", ["trace.jsonl", "postmortem.md"])
    @pytest.mark.parametrize(("first", "second"), [(900_000, 10), (10, 900_000)], ids=["shrinks", "grows"])
    async def test_another_writing_replaces_the_first(
        self, store: Store, namespace: str, name: str, first: int, second: int
    ) -> None:
        run = await store.create(run_manifest(namespace))
        random_bytes = random.Random(7)
        for size_bytes in (first, second):
            data = random_bytes.randbytes(size_bytes).hex().encode()
            await store.put_artifact(run, name, data)
            assert await store.get_artifact(namespace, "oom-1", name) == data

    async def test_what_an_earlier_namesake_left_is_not_the_new_runs(self, store: Store, namespace: str) -> None:
        earlier = await store.create(run_manifest(namespace))
        await store.put_artifact(earlier, "trace.jsonl", b"old")
        await store.put_artifact(earlier, "postmortem.md", b"old")
        await store.delete("IncidentRun", namespace, "oom-1")
        run = await store.create(run_manifest(namespace))
        with pytest.raises(NotFoundError):
            await store.get_artifact(namespace, "oom-1", "trace.jsonl")
        for name in ("trace.jsonl", "postmortem.md"):
            await store.put_artifact(run, name, b"new")
            assert await store.get_artifact(namespace, "oom-1", name) == b"new"

    async def test_writers_of_the_same_at_once_agree(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        await asyncio.gather(*(store.put_artifact(run, "trace.jsonl", b"same") for _ in range(5)))
        assert await store.get_artifact(namespace, "oom-1", "trace.jsonl") == b"same"

    async def test_an_absent_artifact_is_not_found(self, store: Store, namespace: str) -> None:
        with pytest.raises(NotFoundError):
            await store.get_artifact(namespace, "oom-1", "trace.jsonl")
        await store.create(run_manifest(namespace))
        with pytest.raises(NotFoundError):
            await store.get_artifact(namespace, "oom-1", "trace.jsonl")

    @pytest.mark.parametrize("name", ["../oom-1.json", "a/b", "", ".hidden", "UPPER"])
    async def test_a_bad_artifact_name_is_refused(self, store: Store, namespace: str, name: str) -> None:
        run = await store.create(run_manifest(namespace))
        with pytest.raises(InvalidObjectError, match="artifact name"):
            await store.put_artifact(run, name, b"x")
        with pytest.raises(InvalidObjectError, match="artifact name"):
            await store.get_artifact(namespace, "oom-1", name)


class Events:
    async def test_a_reason_is_recorded_once(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.record_event(run, "Started", "it began")
        await store.record_event(run, "Started", "it began, again")
        (event,) = await store.events(namespace, "oom-1")
        assert (event["reason"], event["message"], event["type"]) == ("Started", "it began", "Normal")
        about = event["involvedObject"]
        assert (about["kind"], about["name"], about["uid"]) == (
            "IncidentRun",
            "oom-1",
            run["metadata"]["uid"],
        )

    async def test_events_are_read_oldest_first(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        for reason in ("Zulu", "Alpha", "Mike"):
            await store.record_event(run, reason, "x", warning=reason == "Alpha")
        events = await store.events(namespace, "oom-1")
        assert [event["reason"] for event in events] == ["Zulu", "Alpha", "Mike"]
        assert [event["type"] for event in events] == ["Normal", "Warning", "Normal"]

    async def test_events_are_of_their_own_object(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        other = await store.create(run_manifest(namespace, "oom-2"))
        await store.record_event(run, "Started", "one")
        await store.record_event(other, "Started", "two")
        assert [event["message"] for event in await store.events(namespace, "oom-2")] == ["two"]
        assert await store.events(namespace, "oom-3") == []
        assert await store.events(namespace, "../..") == []

    async def test_a_namesake_begins_without_events(self, store: Store, namespace: str) -> None:
        earlier = await store.create(run_manifest(namespace))
        await store.record_event(earlier, "Started", "old")
        await store.delete("IncidentRun", namespace, "oom-1")
        run = await store.create(run_manifest(namespace))
        assert await store.events(namespace, "oom-1") == []
        await store.record_event(run, "Started", "new")
        assert [event["message"] for event in await store.events(namespace, "oom-1")] == ["new"]

    async def test_a_long_message_is_cut(self, store: Store, namespace: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.record_event(run, "Started", "x" * 5000)
        (event,) = await store.events(namespace, "oom-1")
        assert event["message"] == "x" * 1024


class StoreContract(CreateAndRead, Refusals, Find, Update, Delete, Artifacts, Events):
    """All of it."""


def _condition(type: str) -> Manifest:
    return {
        "type": type,
        "status": "True",
        "reason": "Because",
        "message": "it is so",
        "lastTransitionTime": "2026-01-31T12:00:00Z",
        "observedGeneration": 1,
    }
