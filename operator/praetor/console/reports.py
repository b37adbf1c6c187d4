"""Reports of runs as people hand them on: a page, a PDF, a trajectory, and the runbook over all runs."""

import json
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from praetor.console.api import MISSING, NamespaceQuery
from praetor.console.reading import Runs, is_finished
from praetor.console.rendering import Renderer
from praetor.console.templates import page, rendered
from praetor.reports.atif import trajectory
from praetor.reports.digest import Digest, digest
from praetor.reports.figures.charts import charts
from praetor.reports.figures.path import resolution_path
from praetor.reports.figures.service_map import service_map
from praetor.reports.figures.svg import svg
from praetor.reports.html import post_mortem_html
from praetor.reports.pdf.render import render_pdf
from praetor.reports.postmortem import render_postmortem
from praetor.reports.runbook import as_markdown, runbook
from praetor.reports.story import Story, read_story
from praetor.resources.run import IncidentRun
from praetor.web.errors import ApiError

_MOST_ROWS = 1000
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "The same bytes whenever it is asked for."}
}
_RUNBOOK: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "text/html": {}, "text/markdown": {}}, "description": "The rows."}
}
AcceptHeader = Annotated[str, Header()]
AllNamespaces = Annotated[str | None, Query(max_length=63, description="Only those of this namespace; default: all.")]


def reports_router(runs: Runs, renderer: Renderer | None = None) -> APIRouter:
    router, making = APIRouter(tags=["reports"]), renderer or Renderer()

    @router.get("/realtime/run/{name}/report", response_class=HTMLResponse, responses=MISSING)
    @router.get("/runs/{name}/report", response_class=HTMLResponse, responses=MISSING)
    async def report(name: str, namespace: NamespaceQuery = None) -> HTMLResponse:
        """An ended run's report as a page."""
        run, trace = await runs.told(namespace, name)
        return HTMLResponse(await making.make(partial(report_page, run, trace)))

    @router.get("/realtime/run/{name}/report.pdf", response_class=Response, responses={**MISSING, **_PDF})
    @router.get("/runs/{name}/report.pdf", response_class=Response, responses={**MISSING, **_PDF})
    async def report_pdf(name: str, namespace: NamespaceQuery = None) -> Response:
        """An ended run's report as a PDF."""
        run, trace = await runs.told(namespace, name)
        made = await making.make(partial(render_pdf, run, trace))
        return Response(made, media_type="application/pdf", headers=_named(f"{name}-postmortem.pdf", "inline"))

    @router.get("/runs/{name}/atif", responses=MISSING)
    async def atif(name: str, namespace: NamespaceQuery = None) -> Response:
        """An ended run as a trajectory of the Agent Trajectory Interchange Format (ATIF) v1.8."""
        run, trace = await runs.told(namespace, name)
        made = await making.make(partial(trajectory, run, trace))
        if made is None:
            raise ApiError(404, "not_found", f"IncidentRun {name} has no trajectory: no episode was played")
        body = json.dumps(made, ensure_ascii=False, allow_nan=False).encode(errors="replace")
        return Response(body, media_type="application/json", headers=_named(f"{name}.atif.json", "attachment"))

    @router.get("/postmortem", responses=MISSING)
    async def newest_postmortem(namespace: AllNamespaces = None) -> Response:
        """The post-mortem of the newest run that has ended, as Markdown."""
        ended = next((run for run in await runs.all(namespace) if is_finished(run)), None)
        if ended is None:
            raise ApiError(404, "not_found", "no run has ended yet; GET /runs lists those there are")
        told = await runs.postmortem(ended["metadata"]["namespace"], ended["metadata"]["name"])
        return Response(told, media_type="text/markdown; charset=utf-8")

    @router.get("/runbook", responses=_RUNBOOK)
    async def runbook_view(
        namespace: AllNamespaces = None,
        format: Annotated[
            Literal["json", "markdown", "html"] | None, Query(description="Default: a page for browsers, else JSON.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_ROWS, description="So many rows, the newest.")] = 200,
        accept: AcceptHeader = "",
    ) -> Response:
        """What has happened and what helped: a row for each run that has ended, newest first."""
        rows = runbook(run for run in await runs.all(namespace) if is_finished(run))[:limit]
        match format or ("html" if "text/html" in accept else "json"):
            case "html":
                return page("runbook.html", rows=rows)
            case "markdown":
                return Response(as_markdown(rows), media_type="text/markdown; charset=utf-8")
        body = json.dumps({"items": [row.to_json() for row in rows]}, ensure_ascii=False)
        return Response(body.encode(errors="replace"), media_type="application/json")

    return router


def report_page(run: IncidentRun, trace_jsonl: bytes) -> str:
    """The report as a page: the glance, the figures, the whole post-mortem."""
    story = read_story(trace_jsonl)
    glance: Digest = digest(run, story)
    told = post_mortem_html(render_postmortem(run, trace_jsonl))
    return rendered(
        "report.html",
        glance=glance,
        name=run.metadata.name,
        namespace=run.metadata.namespace or "default",
        figures=[(title, Markup(drawn)) for title, drawn in _figures(story)],  # noqa: S704 (svg escapes by itself)
        report=Markup(told),  # noqa: S704 (html holds no HTML of others)
    )


def _figures(story: Story) -> list[tuple[str, str]]:
    if not story.was_played:
        return []
    found = [("Resolution path", svg(resolution_path(story)))]
    if drawn := service_map(story):
        found.append(("Service map", svg(drawn)))
    return found + [("", svg(chart)) for chart in charts(story)]


def _named(file: str, how: Literal["inline", "attachment"]) -> dict[str, str]:
    """Names of runs are DNS names: they need no quoting."""
    return {"Content-Disposition": f'{how}; filename="{file}"'}
