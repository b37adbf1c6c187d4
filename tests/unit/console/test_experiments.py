"""Experiments over HTTP: a run is created or cancelled, and nothing else; what is an experiment is marked as one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from praetor.reports.postmortem import render_postmortem
from praetor.resources.run import IncidentRun
from praetor.store.directory import DirectoryStore
from simcore.errors import DeniedError
from tests.support.experiments import site_manifest
from tests.support.faster_writer import is_faster
from tests.support.gateway import JSON, gateway_client

BODY = {"site": "shop", "fault": "oom_crash", "durationSeconds": 60}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DirectoryStore]:
    directory = DirectoryStore(tmp_path / "data")
    for name in ("shop", "billing"):
        asyncio.run(directory.create(site_at(name)))
    yield directory
    directory.close()


def site_at(name: str) -> Any:
    site = site_manifest("https://shop.example")
    site["metadata"] |= {"name": name, "namespace": "praetor"}
    return site


async def posted(store: DirectoryStore, path: str, body: Any) -> Any:
    async with gateway_client(store) as client:
        return await client.post(path, json=body, headers=JSON)


async def test_inject_creates_a_run_and_heal_cancels_it(store: DirectoryStore) -> None:
    answer = await posted(store, "/realtime/inject", BODY)
    assert answer.status_code == 201
    made = answer.json()
    assert made["spec"]["inject"] == {"fault": "oom_crash", "durationSeconds": 60}
    assert await store.find("IncidentRun") == [made]
    healed = await posted(store, "/realtime/heal", {"name": made["metadata"]["name"]})
    assert (healed.status_code, healed.json()["spec"]["cancel"]) == (200, "Now")


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/realtime/inject", {"fault": "oom_crash"}, 422, "body.site"),
        ("/realtime/inject", BODY | {"memoryLimit": "much"}, 422, "body.memoryLimit"),
        ("/realtime/inject", BODY | {"surprise": 1}, 422, "body.surprise"),
        ("/realtime/inject", BODY | {"site": "NO"}, 404, "site"),
        ("/realtime/inject", BODY | {"site": "shops"}, 404, "site"),
        ("/realtime/heal", {"name": "nobody"}, 404, None),
    ],
)
async def test_what_cannot_be_is_refused(
    store: DirectoryStore, path: str, body: Any, status: int, field: str | None
) -> None:
    answer = await posted(store, path, body)
    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["error"]["field"] == field


async def test_who_names_no_site_is_told_which_there_are(store: DirectoryStore) -> None:
    answer = await posted(store, "/realtime/inject", BODY | {"site": "shops"})
    message = "no TargetSite 'shops' in namespace 'praetor'; there are billing, shop"
    assert answer.json()["error"] == {"code": "not_found", "message": message, "field": "site"}
    assert await store.find("IncidentRun") == []
    for name in ("shop", "billing"):
        await store.delete("TargetSite", "praetor", name)
    answer = await posted(store, "/realtime/inject", BODY)
    assert "there are none" in answer.json()["error"]["message"]


async def test_a_server_that_may_not_read_sites_leaves_it_to_the_run(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denied(*_: Any, **__: Any) -> Any:
        raise DeniedError("targetsites is forbidden")

    monkeypatch.setattr(store, "find", denied)
    assert (await posted(store, "/realtime/inject", BODY | {"site": "shops"})).status_code == 201


async def test_a_heal_that_others_are_faster_than_is_said_again(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await posted(store, "/realtime/inject", BODY | {"name": "x"})
    is_faster(monkeypatch, 3)
    healed = await posted(store, "/realtime/heal", {"name": "x"})
    assert (healed.status_code, healed.json()["status"]["message"]) == (200, "look 2")


async def test_a_name_is_given_once(store: DirectoryStore) -> None:
    answers = [await posted(store, "/realtime/inject", BODY | {"name": "x"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


async def test_nobody_who_is_not_known_injects(store: DirectoryStore) -> None:
    async with gateway_client(store, checks=[]) as client:
        answer = await client.post("/realtime/inject", json=BODY, headers=JSON)
    assert answer.status_code == 401
    assert await store.find("IncidentRun") == []


async def test_a_page_says_that_a_fault_could_not_be_healed(store: DirectoryStore) -> None:
    run = (await posted(store, "/realtime/inject", BODY | {"name": "x"})).json()
    told = {"fault": "oom_crash", "state": "NotRestored", "injectedAt": "2026-11-25T12:00:00Z"}
    pages = []
    for experiment in (told, told | {"healedAt": "2026-11-25T12:15:00Z"}):
        run = await store.update_status(run | {"status": {"phase": "Failed", "experiment": experiment}})
        async with gateway_client(store) as client:
            pages.append((await client.get("/console/praetor/x")).text)
    assert "The fault may be there, and could not be healed" in pages[0]
    assert "The fault is healed, and not all is well" in pages[1]


async def test_page_and_report_say_that_it_was_on_purpose(store: DirectoryStore) -> None:
    run = (await posted(store, "/realtime/inject", BODY | {"name": "x"})).json()
    told = {"fault": "oom_crash", "service": "api", "state": "Injected"}
    told |= {"injectedAt": "2026-11-25T12:00:00Z", "expiresAt": "2026-11-25T12:15:00Z"}
    written = await store.update_status(run | {"status": {"phase": "Running", "experiment": told}})
    async with gateway_client(store) as client:
        page = (await client.get("/console/praetor/x")).text
        rows = (await client.get("/")).text
    assert "Experiment: oom_crash at shop, on purpose. The fault is there. It is healed at 2026-11-25T12:15:00Z" in page
    assert ">experiment</span>" in rows
    report = render_postmortem(IncidentRun.model_validate(written), b"")
    assert "**Experiment oom_crash at api:** broken on purpose at 2026-11-25T12:00:00Z" in report.replace(
        "`", ""
    ).replace("\\", "")
    assert "nothing was touched" not in report
