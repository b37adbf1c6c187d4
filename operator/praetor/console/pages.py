"""The pages for people: rendered here, escaped by default, with one small script for what changes."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from praetor.console import views
from praetor.console.api import NamespaceQuery
from praetor.console.approvals import may_decide
from praetor.console.change_views import awaited_view, suggestion_views
from praetor.console.reading import Runs, is_finished
from praetor.console.templates import page
from praetor.reports.html import post_mortem_html
from praetor.reports.story import read_story
from praetor.web.callers import caller_of
from praetor.web.errors import ApiError

SHOWN_RUNS = 200
COMPONENTS = ("r_diagnostic", "r_correct_op", "r_resolution", "r_format", "r_efficiency", "r_penalty")
_STATIC = {"style.css": "text/css", "live.js": "text/javascript", "mark.svg": "image/svg+xml"}


def pages_router(runs: Runs) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/", response_class=HTMLResponse)
    async def first_page(namespace: NamespaceQuery = None) -> HTMLResponse:
        found = await runs.all(namespace)
        rows = [views.row(run) for run in found[:SHOWN_RUNS]]
        return page("runs.html", rows=rows, total=len(found), busy=any(not is_finished(run) for run in found))

    @router.get("/console/{namespace}/{name}", response_class=HTMLResponse)
    async def run_page(namespace: str, name: str, request: Request) -> HTMLResponse:
        may = may_decide(caller_of(request))
        return page("run.html", may_decide=may, **await _run_context(runs, namespace, name))

    @router.get("/static/{file}")
    async def static(file: str) -> Response:
        if file not in _STATIC:
            raise ApiError(404, "not_found", f"/static/{file} does not exist")
        return Response((files("praetor.console") / "static" / file).read_bytes(), media_type=_STATIC[file])

    return router


async def _run_context(runs: Runs, namespace: str, name: str) -> Mapping[str, Any]:
    run = await runs.one(namespace, name)
    report = await _if_stored(runs.postmortem(namespace, name))
    story = read_story(await _if_stored(runs.trace(namespace, name)))
    status = run.get("status", {})
    return {
        "run": run,
        "row": views.row(run),
        "first_line": views.first_line(run),
        "alert": run["spec"].get("alert"),
        "conditions": status.get("conditions", []),
        "result": status.get("result"),
        "message": status.get("message", ""),
        "awaiting": awaited_view(run),
        "suggestions": suggestion_views(run),
        "components": COMPONENTS,
        "steps": [views.step_view(step) for step in story.steps],
        "report": Markup(post_mortem_html(report.decode())) if report else "",  # noqa: S704 (escapes by itself)
        "busy": not is_finished(run),
    }


async def _if_stored(reading: Any) -> bytes:
    try:
        return bytes(await reading)
    except ApiError:
        return b""
