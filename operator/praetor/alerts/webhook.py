"""`POST /incidents/webhook/{source}`: answered once the store has every run, and not before."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from praetor.alerts.intake import Accepted, Intake
from praetor.alerts.notification import Notification, NotificationError
from praetor.alerts.pressure import TooMuchError
from praetor.alerts.signed import delivery_of
from praetor.alerts.source import Source
from praetor.alerts.sources import Sources
from praetor.web.callers import Access, caller_of
from praetor.web.errors import ApiError
from praetor.web.metrics import Metrics

PATH = "/incidents/webhook"
_ERRORS: dict[int | str, dict[str, str]] = {
    400: {"description": "The request ends before its body does."},
    401: {"description": "No known caller, or a signature that is not of this body, or too old."},
    403: {"description": "A ServiceAccount that may not create runs in a namespace that the alerts belong to."},
    404: {"description": "No such source."},
    408: {"description": "The body did not arrive in time."},
    413: {"description": "The body is too large."},
    415: {"description": "The body is not JSON."},
    422: {"description": "The body is not one of that source."},
    429: {"description": "Too much at once: send it again (503 for senders that only then do)."},
    500: {"description": "The store does not let the gateway make runs; the message says why."},
    503: {"description": "The store does not answer, or too much came at once: send it again."},
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class AcceptedRun(BaseModel):
    name: str = Field(description="The IncidentRun's name.")
    namespace: str = Field(description="Its namespace.")
    created: bool = Field(description="False: it was there, and has this delivery now.")


class WebhookAnswer(BaseModel):
    runs: list[AcceptedRun] = Field(description="Where the delivery is stored; empty if nothing fires.")


class SignatureHelp(BaseModel):
    header: str = Field(description="The header that has the signature.")
    variable: str = Field(description="The environment variable that has the secret; `<variable>_FILE` names a file.")
    configured: bool = Field(description="False: no secret is set, so nobody comes in by a signature.")


class WebhookSource(BaseModel):
    name: str = Field(description="The name that the path takes.")
    path: str = Field(description="Where to post to.")
    summary: str = Field(description="What it is.")
    authentication: list[str] = Field(description="Ways in, any of which is enough; empty: nobody comes in.")
    signature: SignatureHelp | None = Field(description="How this source signs, if it can.")


class WebhookSources(BaseModel):
    sources: list[WebhookSource] = Field(description="By name.")


def webhook_router(intake: Intake, sources: Sources, ways: Sequence[str], metrics: Metrics) -> APIRouter:
    """`ways` are how callers of every source may say who they are."""
    router = APIRouter(tags=["alerts"])

    @router.post(f"{PATH}/{{source}}", status_code=202, responses=_ERRORS, openapi_extra=_BODY)
    async def webhook(source: str, request: Request) -> WebhookAnswer:
        """Takes a delivery in. Repeating one changes nothing."""
        known = _known(source, sources)
        notification = _parsed(known, request, await request.body())
        caller = caller_of(request)

        async def permit(namespace: str) -> None:
            await caller.require(Access("create", namespace))

        try:
            runs = await intake.accept(notification, permit=permit)
        except TooMuchError as problem:
            headers = {"Retry-After": str(problem.seconds)}
            raise ApiError(known.busy_status, "too_much", str(problem), headers=headers) from None
        _count(metrics, notification.source, runs)
        return WebhookAnswer(
            runs=[AcceptedRun(name=run.name, namespace=run.namespace, created=run.created) for run in runs]
        )

    @router.get("/incidents/webhooks")
    async def webhooks() -> WebhookSources:
        """The sources that are understood, and how each says who sends."""
        return WebhookSources(sources=[_described(sources[name], ways) for name in sorted(sources)])

    return router


def _known(name: str, sources: Sources) -> Source:
    if name not in sources:
        raise ApiError(404, "unknown_source", f"source {name!r} is not known; known: {', '.join(sorted(sources))}")
    return sources[name]


def _parsed(source: Source, request: Request, body: bytes) -> Notification:
    try:
        return source.read(delivery_of(request, body))
    except NotificationError as problem:
        raise ApiError(422, "invalid_notification", str(problem), problem.field) from None


def _described(source: Source, ways: Sequence[str]) -> WebhookSource:
    signature = None
    if source.scheme and source.secret:
        signature = SignatureHelp(
            header=source.scheme.header, variable=source.secret.variable, configured=source.secret.is_set
        )
    signed = ["signature"] if signature and signature.configured else []
    return WebhookSource(
        name=source.name,
        path=f"{PATH}/{source.name}",
        summary=source.summary,
        authentication=[*ways, *signed],
        signature=signature,
    )


def _count(metrics: Metrics, source: str, runs: list[Accepted]) -> None:
    for run in runs:
        metrics.runs.labels(source, "created" if run.created else "joined").inc()
