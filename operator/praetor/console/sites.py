"""`GET /sites`: the target sites that are watched, what they suffer from, and who is at work on them."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from praetor.alerts.manifest import runs_at
from praetor.console.api import NamespaceQuery
from praetor.console.reading import Runs, is_finished
from praetor.console.site_views import site_view
from praetor.console.templates import page
from simcore.protocols import Manifest

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "text/html": {}}, "description": "The TargetSites."}
}


def sites_router(runs: Runs) -> APIRouter:
    router = APIRouter(tags=["sites"])

    @router.get("/sites", responses=_ANSWERS)
    async def sites(
        namespace: NamespaceQuery = None,
        format: Annotated[
            Literal["json", "html"] | None, Query(description="Default: a page for browsers, else JSON.")
        ] = None,
        accept: Annotated[str, Header()] = "",
    ) -> Response:
        """All TargetSites by name."""
        found = await _sites(runs, namespace)
        if (format or ("html" if "text/html" in accept else "json")) == "json":
            return Response(json.dumps({"items": found}), media_type="application/json")
        at_work = [run for run in await runs.all(namespace) if not is_finished(run)]
        return page("sites.html", sites=[site_view(site, _on(site, at_work)) for site in found])

    return router


async def _sites(runs: Runs, namespace: str | None) -> list[Manifest]:
    if namespace is None:
        found = await runs.scope.find(runs.store, "TargetSite", may_lag=True)
    else:
        found = await runs.store.find("TargetSite", runs.namespace_of(namespace), may_lag=True)
    return sorted(found, key=lambda site: (site["metadata"]["namespace"], site["metadata"]["name"]))


def _on(site: Manifest, runs: list[Manifest]) -> list[Manifest]:
    metadata = site["metadata"]
    return runs_at(metadata["name"], [run for run in runs if run["metadata"]["namespace"] == metadata["namespace"]])
