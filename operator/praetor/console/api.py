"""Runs as JSON, their reports as Markdown, their traces as JSON lines."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from praetor.console.reading import Runs

NamespaceQuery = Annotated[
    str | None, Query(max_length=63, description="The run's namespace; default: the server's own.")
]
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "There is none; the message says why."}}


class RunList(BaseModel):
    items: list[dict[str, Any]] = Field(description="IncidentRuns, newest first.")


def api_router(runs: Runs) -> APIRouter:
    router = APIRouter(tags=["runs"])

    @router.get("/runs")
    async def list_runs(
        namespace: Annotated[
            str | None, Query(max_length=63, description="Only those of this namespace; default: all.")
        ] = None,
    ) -> RunList:
        """All IncidentRuns, newest first."""
        return RunList(items=await runs.all(namespace))

    @router.get("/runs/{name}", responses=MISSING)
    async def one_run(name: str, namespace: NamespaceQuery = None) -> dict[str, Any]:
        """One IncidentRun."""
        return await runs.one(namespace, name)

    @router.get("/runs/{name}/postmortem", responses=MISSING)
    async def postmortem(name: str, namespace: NamespaceQuery = None) -> Response:
        """Its post-mortem as Markdown."""
        return Response(await runs.postmortem(namespace, name), media_type="text/markdown; charset=utf-8")

    @router.get("/runs/{name}/trace", responses=MISSING)
    async def trace(name: str, namespace: NamespaceQuery = None) -> Response:
        """Its trace: one JSON object a line."""
        named = {"Content-Disposition": f'inline; filename="{name}-trace.jsonl"'}
        return Response(await runs.trace(namespace, name), media_type="application/jsonl", headers=named)

    return router
