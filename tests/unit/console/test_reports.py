"""Reports over HTTP: page, PDF, trajectory and runbook of runs that ended, and a sentence for those without."""

import asyncio
import threading

import pytest
from starlette.requests import HTTPConnection

from praetor.console.rendering import Renderer
from praetor.reports.pdf.render import render_pdf
from praetor.resources.run import IncidentRun
from praetor.serve.gateway_http import wanted_access
from praetor.store.directory import DirectoryStore
from praetor.store.scope import Scope
from praetor.web.callers import Access
from praetor.web.errors import ApiError
from tests.support.gateway import gateway_client
from tests.support.told_runs import KINDS, PLAYED, told

PAGES = ("/runs/{}/report", "/realtime/run/{}/report")
PDFS = ("/runs/{}/report.pdf", "/realtime/run/{}/report.pdf")
EPISODES = sorted({*PLAYED, "policy failed"})


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path / "data")
    yield directory
    directory.close()


async def kept(store, kind):
    """A run of that kind as it lies in a store, with its trace and post-mortem."""
    run, trace = told(kind)
    manifest = run.model_dump(by_alias=True, exclude_none=True, mode="json")
    metadata = {"name": run.metadata.name, "namespace": "praetor"}
    made = await store.create(manifest | {"metadata": metadata, "status": {}})
    status = manifest["status"]
    if kind == "policy failed":
        ended = {
            "type": "Complete",
            "status": "True",
            "reason": "PolicyFailed",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        status = {"conditions": [ended], "phase": "Complete"}
    made = await store.update_status(made | {"status": status})
    if trace:
        await store.put_artifact(made, "trace.jsonl", trace)
        await store.put_artifact(made, "postmortem.md", b"# Post-mortem\n")
    return made


@pytest.mark.parametrize("kind", KINDS)
async def test_every_run_that_ended_has_a_page_a_pdf_and_a_post_mortem(store, kind):
    run = await kept(store, kind)
    name = run["metadata"]["name"]
    async with gateway_client(store) as client:
        pages = [await client.get(route.format(name)) for route in PAGES]
        pdfs = [await client.get(route.format(name)) for route in PDFS]
        report = await client.get(f"/runs/{name}/postmortem")
    assert {page.status_code for page in (*pages, *pdfs, report)} == {200}
    assert all("<h1>Post-mortem: " in page.text for page in pages)
    assert {page.headers["content-type"] for page in pages} == {"text/html; charset=utf-8"}
    assert {pdf.headers["content-type"] for pdf in pdfs} == {"application/pdf"}
    assert {pdf.headers["content-disposition"] for pdf in pdfs} == {f'inline; filename="{name}-postmortem.pdf"'}
    expected = render_pdf(IncidentRun.model_validate(run), told(kind)[1])
    assert {pdf.content for pdf in pdfs} == {expected}
    assert report.text.startswith("# Post-mortem")


async def test_the_page_has_figures_that_a_strict_policy_lets_be_seen(store):
    run = await kept(store, "resolved")
    async with gateway_client(store) as client:
        page = await client.get(f"/runs/{run['metadata']['name']}/report")
    assert page.text.count("<svg ") >= 4
    assert "style=" not in page.text
    assert "unsafe-inline" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("kind", EPISODES)
async def test_what_was_played_has_a_trajectory_to_download(store, kind):
    name = (await kept(store, kind))["metadata"]["name"]
    async with gateway_client(store) as client:
        answer = await client.get(f"/runs/{name}/atif")
        trace = await client.get(f"/runs/{name}/trace")
    assert answer.json()["schema_version"] == "ATIF-v1.8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.atif.json"'
    assert trace.headers["content-disposition"] == f'inline; filename="{name}-trace.jsonl"'


async def test_what_was_not_played_has_none_and_says_why(store):
    name = (await kept(store, "nothing to act on"))["metadata"]["name"]
    async with gateway_client(store) as client:
        answers = [await client.get(f"/runs/{name}/{what}") for what in ("atif", "trace")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert all("no episode was played" in answer.json()["error"]["message"] for answer in answers)


@pytest.mark.parametrize("route", [*PAGES, *PDFS, "/runs/{}/atif", "/runs/{}/trace"])
async def test_an_evicted_report_says_that_it_was_and_what_to_do(store, route, tmp_path):
    name = (await kept(store, "resolved"))["metadata"]["name"]
    for file in (tmp_path / "data" / "artifacts" / "praetor" / name).iterdir():
        file.unlink()
    async with gateway_client(store) as client:
        answer = await client.get(route.format(name))
    message = answer.json()["error"]["message"]
    assert answer.status_code == 404
    assert "it was evicted or deleted" in message
    assert f"GET /runs/{name}?namespace=praetor still has its status" in message


@pytest.mark.parametrize("route", [*PAGES, *PDFS, "/runs/{}/atif", "/runs/{}/postmortem"])
async def test_a_run_that_goes_on_has_no_report_yet_and_one_that_is_gone_none_any_more(store, route):
    run, _ = told("resolved")
    manifest = run.model_dump(by_alias=True, exclude_none=True, mode="json")
    await store.create(manifest | {"metadata": {"name": "under-way", "namespace": "praetor"}, "status": {}})
    async with gateway_client(store) as client:
        soon, gone = await client.get(route.format("under-way")), await client.get(route.format("long-ago"))
    assert (soon.status_code, gone.status_code) == (404, 404)
    assert "it is stored when the run ends" in soon.json()["error"]["message"]
    assert "does not exist (any more); GET /runs lists those that do" in gone.json()["error"]["message"]


async def test_the_runbook_is_json_a_table_or_a_page(store):
    names = [(await kept(store, kind))["metadata"]["name"] for kind in ("resolved", "two faults")]
    async with gateway_client(store) as client:
        rows = (await client.get("/runbook")).json()["items"]
        text = await client.get("/runbook?format=markdown")
        page = await client.get("/runbook", headers={"Accept": "text/html,*/*"})
        one = (await client.get("/runbook?limit=1")).json()["items"]
        elsewhere = (await client.get("/runbook?namespace=elsewhere")).json()["items"]
    assert sorted(row["name"] for row in rows) == sorted(names)
    assert text.text.startswith("# Runbook\n\n| run |")
    assert "rollout restart of public-api with memory limit 1024Mi started" in page.text
    assert len(one) == 1
    assert elsewhere == []


async def test_the_newest_post_mortem_has_a_route_of_its_own(store):
    async with gateway_client(store) as client:
        none = await client.get("/postmortem")
        await kept(store, "nothing to act on")
        some = await client.get("/postmortem")
    assert (none.status_code, some.status_code) == (404, 200)
    assert "no run has ended yet" in none.json()["error"]["message"]
    assert "**No episode was played:** nothing was touched." in some.text


@pytest.mark.parametrize("route", ["/runbook", "/postmortem", "/realtime/run/x/report", "/runs/x/report.pdf"])
async def test_reports_are_for_known_callers_only(store, route):
    async with gateway_client(store, headers={}) as client:
        assert (await client.get(route)).status_code == 401


async def test_too_many_renders_at_a_time_are_told_to_come_again():
    renderer, go = Renderer(most=2), threading.Event()
    waiting = [asyncio.create_task(renderer.make(lambda: go.wait(30))) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(ApiError, match="ask again in 2 s") as refusal:
        await renderer.make(lambda: None)
    assert refusal.value.status == 503
    go.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await renderer.make(lambda: "made") == "made"


async def test_what_nobody_waits_for_any_more_still_counts():
    renderer, go = Renderer(most=1), threading.Event()
    waiting = asyncio.create_task(renderer.make(lambda: go.wait(30)))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    with pytest.raises(ApiError, match="1 reports are being made"):
        await renderer.make(lambda: None)
    go.set()


async def test_a_report_that_cannot_be_made_leaves_room_for_the_next():
    renderer = Renderer(most=1)
    with pytest.raises(ZeroDivisionError):
        await renderer.make(lambda: 1 // 0)
    assert await renderer.make(lambda: "made") == "made"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/realtime/run/oom-1/report.pdf?namespace=shop", (Access("get", "shop", "oom-1"),)),
        ("/realtime/run/oom-1/report", (Access("get", "praetor", "oom-1"),)),
        ("/runs/oom-1/atif?namespace=shop", (Access("get", "shop", "oom-1"),)),
        ("/runbook?namespace=shop", (Access("list", "shop"),)),
        ("/runbook", (Access("list", ""),)),
        ("/postmortem", (Access("list", ""),)),
    ],
)
def test_a_report_needs_the_right_to_see_its_run_and_the_runbook_that_to_see_all(path, wanted):
    path, _, query = path.partition("?")
    asked = HTTPConnection({"type": "http", "path": path, "query_string": query.encode(), "headers": []})
    assert wanted_access(asked, Scope("praetor")) == wanted
