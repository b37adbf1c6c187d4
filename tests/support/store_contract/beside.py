"""What every store promises of what lies beside an object: its artifacts and its events."""

import asyncio
import random

import pytest

from simcore.errors import InvalidObjectError, NotFoundError
from simcore.protocols import Store
from tests.support.store_contract.manifests import run_manifest


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
