"""What every store promises of objects that are changed and deleted."""

import asyncio
import copy
from typing import Any

import pytest

from simcore.errors import ConflictError, InvalidObjectError, NotFoundError
from simcore.protocols import Store
from tests.support.store_contract.manifests import (
    WRITERS,
    changed,
    condition,
    increment_attempts,
    run_manifest,
    site_manifest,
)


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
            "conditions": [condition("Started"), condition("Complete")],
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

    async def test_with_a_finalizer_it_stays_until_that_is_taken_away(self, store: Store, namespace: str) -> None:
        manifest = run_manifest(namespace)
        manifest["metadata"]["finalizers"] = ["praetor.dev/experiment"]
        created = await store.create(manifest)
        await store.delete("IncidentRun", namespace, "oom-1")
        await store.delete("IncidentRun", namespace, "oom-1")
        leaving = await store.get("IncidentRun", namespace, "oom-1")
        assert leaving["metadata"]["deletionTimestamp"].endswith("Z")
        assert leaving["metadata"]["generation"] == created["metadata"]["generation"] + 1
        written = await store.update_status(changed(leaving, "status", message="it waits"))
        await store.update(written | {"metadata": written["metadata"] | {"finalizers": []}})
        assert await store.find("IncidentRun", namespace) == []

    @pytest.mark.parametrize("name", ["absent", "../oom-1", ""])
    async def test_deleting_what_is_not_there_is_fine(self, store: Store, namespace: str, name: str) -> None:
        run = await store.create(run_manifest(namespace))
        await store.delete("IncidentRun", namespace, name)
        assert await store.find("IncidentRun", namespace) == [run]
