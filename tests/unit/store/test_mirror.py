"""A mirror against a server whose news the test decides."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from praetor.kube import mirror as mirror_module
from praetor.kube.mirror import Mirror
from praetor.store.kubernetes import RESOURCES
from praetor.store.mirrored import MirroredStore
from simcore.errors import ConflictError, UnavailableError
from tests.support.eventually import eventually

LABEL = "praetor.dev/alert-group"


def run(name: str, version: int, group: str | None = "g", namespace: str = "praetor") -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "resourceVersion": str(version),
        "creationTimestamp": "2026-11-23T12:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
    }
    return {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "IncidentRun",
        "metadata": metadata | ({"labels": {LABEL: group}} if group else {}),
        "spec": {},
    }


class Server:
    """Lists what it is given; then tells what the test says."""

    def __init__(self, *listed: dict[str, Any], version: int = 10) -> None:
        self.listed, self.version = list(listed), str(version)
        self.news: asyncio.Queue[Any] = asyncio.Queue()
        self.snapshots = 0
        self.watched_from: list[str] = []

    async def snapshot(self, resource: object, namespace: str | None, selector: str) -> tuple[list[Any], str]:
        self.snapshots += 1
        return [json.loads(json.dumps(one)) for one in self.listed], self.version

    async def watch(self, resource: object, namespace: str | None, version: str, selector: str) -> AsyncIterator[str]:
        self.watched_from.append(version)
        while (told := await self.news.get()) is not None:
            if isinstance(told, Exception):
                raise told
            yield json.dumps(told)

    def tell(self, kind: str, manifest: dict[str, Any]) -> None:
        self.news.put_nowait({"type": kind, "object": manifest})

    async def told(self) -> None:
        await eventually(self.news.empty)
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(mirror_module, "_SHORTEST_PAUSE_SECONDS", 0.01)


@pytest.fixture
async def server():
    return Server(run("one", 5), run("two", 7, "other"))


@pytest.fixture
async def mirror(server):
    found = Mirror(server, RESOURCES["IncidentRun"], "praetor", LABEL)
    keeping = asyncio.create_task(found.keep_up())
    await eventually(lambda: found.is_kept_up)
    yield found
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def names(mirror: Mirror, value: str | None = None) -> list[str]:
    return sorted(one["metadata"]["name"] for one in mirror.find(None, value))


async def test_it_holds_what_was_listed_and_finds_by_the_label(mirror):
    assert (names(mirror), names(mirror, "g"), names(mirror, "none")) == (["one", "two"], ["one"], [])
    assert mirror.find("elsewhere") == []
    assert "managedFields" not in mirror.find()[0]["metadata"]


async def test_news_change_it(server, mirror):
    server.tell("ADDED", run("three", 11))
    server.tell("MODIFIED", run("two", 12, "g"))
    server.tell("DELETED", run("one", 13))
    server.tell("BOOKMARK", {"metadata": {"resourceVersion": "14"}})
    await server.told()
    assert (names(mirror, "g"), names(mirror, "other")) == (["three", "two"], [])


async def test_when_the_server_ends_the_watch_it_goes_on_from_where_it_was(server, mirror):
    server.tell("ADDED", run("three", 11))
    server.news.put_nowait(None)
    await eventually(lambda: len(server.watched_from) == 2)
    assert (server.watched_from, server.snapshots, mirror.is_kept_up) == (["10", "11"], 1, True)


@pytest.mark.parametrize("how", ["refused", "told"])
async def test_when_the_server_has_forgotten_that_version_it_lists_again(server, mirror, how):
    server.listed = [run("new", 20)]
    if how == "refused":
        server.news.put_nowait(ConflictError("410 too old"))
    else:
        server.tell("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})
    await eventually(lambda: server.snapshots == 2)
    await eventually(lambda: names(mirror) == ["new"])


async def test_while_the_server_is_away_it_says_that_it_is_not_kept_up(server, mirror):
    seen = []
    real = server.snapshot

    async def away(*arguments: Any) -> Any:
        seen.append(mirror.is_kept_up)
        raise UnavailableError("away")

    server.snapshot = away
    server.news.put_nowait(UnavailableError("the connection broke"))
    await eventually(lambda: len(seen) >= 2)
    assert set(seen) == {False}
    server.snapshot = real
    await eventually(lambda: mirror.is_kept_up)


async def test_what_was_written_here_is_known_at_once_and_late_news_do_not_undo_it(server, mirror):
    mirror.note(run("three", 30))
    mirror.note(run("unlabelled", 31, None))
    mirror.note(run("elsewhere", 32, namespace="another"))
    assert names(mirror, "g") == ["one", "three"]
    server.tell("ADDED", run("three", 29, "older"))
    await server.told()
    assert (names(mirror, "g"), names(mirror, "older")) == (["one", "three"], [])


async def test_what_was_deleted_before_its_writer_came_to_note_it_stays_away(server, mirror):
    server.tell("ADDED", run("three", 30))
    server.tell("DELETED", run("three", 31))
    await server.told()
    mirror.note(run("three", 30))
    assert names(mirror, "g") == ["one"]


async def test_the_store_answers_from_it_only_what_it_can_know(mirror):
    asked = []

    class Client:
        async def find(self, resource: object, namespace: str | None, **options: Any) -> list[Any]:
            asked.append((namespace, options))
            return []

    store = MirroredStore(Client(), {"IncidentRun": [mirror]})  # type: ignore[arg-type]
    (found,) = await store.find("IncidentRun", "praetor", labels={LABEL: "g"}, may_lag=True)
    assert (found["metadata"]["name"], asked) == ("one", [])
    for namespace, labels, may_lag in (
        ("praetor", {LABEL: "g"}, False),
        ("elsewhere", {LABEL: "g"}, True),
        (None, {LABEL: "g"}, True),
        ("praetor", {"another": "g"}, True),
        ("praetor", None, True),
    ):
        assert await store.find("IncidentRun", namespace, labels=labels, may_lag=may_lag) == []
    assert len(asked) == 5
    mirror.is_kept_up = False
    assert await store.find("IncidentRun", "praetor", labels={LABEL: "g"}, may_lag=True) == []
    assert len(asked) == 6
