"""A controller that dies around any of its changes, any number of times, brings a run to the same end."""

import asyncio
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from praetor.controller.controller import Controller
from praetor.store.directory import DirectoryStore
from simcore.errors import NotFoundError
from tests.support.inline_pool import InlinePool
from tests.support.mortal import Crash, Died, mortal
from tests.support.operators import run_manifest

EFFECTS = 9
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
SPECS: dict[str, dict[str, Any]] = {
    "complete": {},
    "policy fails": {"policy": {"name": "random"}},
    "nothing fits": {"alert": {"source": "generic", "groupKey": "g", "title": "the coffee is cold"}},
    "no such scenario": {"scenarioRef": {"name": "no-such"}},
    "cancelled": {"cancel": "Now"},
}


async def life(store: DirectoryStore, crash: Crash | None) -> bool:
    """One controller's life, from its start to the run's end or its own; True if it died."""
    controller = Controller(store, InlinePool())
    mortal(controller, crash)
    await controller.resync([None])
    try:
        while (key := controller.queue._keys.take()) is not None:
            await controller.look_at(key)
            controller.queue._keys.done(key)
            await asyncio.gather(*(entry.task for entry in controller._episodes._entries.values() if entry.task))
    except Died:
        return True
    finally:
        await controller._episodes.close()
        controller.queue.close()
    return False


async def ending(path: Path, spec: dict[str, Any], crashes: list[Crash]) -> tuple[dict[str, Any], int]:
    """What is left in the end, and how many lives ended early."""
    store, deaths = DirectoryStore(path), 0
    manifest = run_manifest("one", **spec)
    manifest["metadata"]["namespace"] = "default"
    created = await store.create(manifest)
    for crash in [*crashes, None]:
        deaths += await life(store, crash)
    left = json.dumps(await left_behind(store), sort_keys=True)
    store.close()
    return json.loads(_SHA256.sub("SHA", _TIME.sub("TIME", left.replace(created["metadata"]["uid"], "UID")))), deaths


async def left_behind(store: DirectoryStore) -> dict[str, Any]:
    run = await store.get("IncidentRun", "default", "one")
    events = await store.events("default", "one")
    return {
        "status": run["status"],
        "events": sorted((event["reason"], event["message"], event["type"]) for event in events),
        "artifacts": [await artifact(store, name) for name in ("trace.jsonl", "postmortem.md")],
    }


async def artifact(store: DirectoryStore, name: str) -> str | None:
    try:
        return (await store.get_artifact("default", "one", name)).decode()
    except NotFoundError:
        return None


def ended(spec: dict[str, Any], crashes: list[Crash]) -> tuple[dict[str, Any], int]:
    with TemporaryDirectory() as folder:
        return asyncio.run(ending(Path(folder), spec, crashes))


POINTS = st.tuples(st.sampled_from(["before", "after"]), st.integers(1, EFFECTS))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SPECS)), st.lists(POINTS, max_size=4))
def test_crashes_leave_no_mark(kind: str, crashes: list[Crash]) -> None:
    undisturbed, _ = ended(SPECS[kind], [])
    assert ended(SPECS[kind], crashes)[0] == undisturbed


def test_the_effects_of_a_run_are_as_many_as_the_crash_points_reach() -> None:
    for number in range(1, EFFECTS + 1):
        assert ended({}, [("before", number)])[1] == ended({}, [("after", number)])[1] == 1
    assert ended({}, [("before", EFFECTS + 1)])[1] == 0


def test_every_kind_of_end_is_an_end() -> None:
    phases = {kind: ended(spec, [])[0]["status"]["phase"] for kind, spec in SPECS.items()}
    assert phases == {
        "complete": "Complete",
        "policy fails": "Failed",
        "nothing fits": "Complete",
        "no such scenario": "Failed",
        "cancelled": "Failed",
    }
