"""`POST /incidents/webhook/{source}`: answered once the store has every run, and not before."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from praetor.alerts.intake import Accepted, accept
from praetor.alerts.notification import Notification, NotificationError
from praetor.alerts.sources import SOURCES
from praetor.store.scope import Scope
from praetor.web.callers import Access, caller_of
from praetor.web.errors import ApiError
from praetor.web.metrics import Metrics
from simcore.protocols import Store

PATH = "/incidents/webhook"
_ERRORS: dict[int | str, dict[str, str]] = {
    401: {"description": "No known caller."},
    403: {"description": "A ServiceAccount that may not create runs in a namespace that the alerts belong to."},
    404: {"description": "No such source."},
    413: {"description": "The body is too large."},
    415: {"description": "The body is not JSON."},
    422: {"description": "The body is not one of that source."},
    500: {"description": "The store does not let the gateway make runs; the message says why."},
    503: {"description": "The store does not answer: send it again."},
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class AcceptedRun(BaseModel):
    name: str = Field(description="The IncidentRun's name.")
    namespace: str = Field(description="Its namespace.")
    created: bool = Field(description="False: it was there, and has this delivery now.")


class WebhookAnswer(BaseModel):
    runs: list[AcceptedRun] = Field(description="Where the delivery is stored; empty if nothing fires.")


class WebhookSources(BaseModel):
    sources: list[str] = Field(description="The names that the path takes.")


def webhook_router(store: Store, scope: Scope, metrics: Metrics, *, ttl_seconds: int | None = None) -> APIRouter:
    router = APIRouter(tags=["alerts"])

    @router.post(f"{PATH}/{{source}}", status_code=202, responses=_ERRORS, openapi_extra=_BODY)
    async def webhook(source: str, request: Request) -> WebhookAnswer:
        """Takes a delivery in. Repeating one changes nothing."""
        notification = _parsed(source, await request.body())
        caller = caller_of(request)

        async def permit(namespace: str) -> None:
            await caller.require(Access("create", namespace))

        runs = await accept(store, notification, scope, permit=permit, ttl_seconds=ttl_seconds)
        _count(metrics, notification.source, runs)
        return WebhookAnswer(
            runs=[AcceptedRun(name=run.name, namespace=run.namespace, created=run.created) for run in runs]
        )

    @router.get("/incidents/webhooks")
    async def sources() -> WebhookSources:
        """The sources that are understood."""
        return WebhookSources(sources=sorted(SOURCES))

    return router


def _parsed(source: str, body: bytes) -> Notification:
    parse = SOURCES.get(source)
    if parse is None:
        raise ApiError(404, "unknown_source", f"source {source!r} is not known; known: {', '.join(sorted(SOURCES))}")
    try:
        return parse(body)
    except NotificationError as problem:
        raise ApiError(422, "invalid_notification", str(problem), problem.field) from None


def _count(metrics: Metrics, source: str, runs: list[Accepted]) -> None:
    for run in runs:
        metrics.runs.labels(source, "created" if run.created else "joined").inc()
