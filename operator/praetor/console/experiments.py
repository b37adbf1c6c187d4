"""`POST /realtime/inject` and `/realtime/heal`: experiments begin and end with runs that ask for them."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from praetor.console.reading import Runs
from praetor.resources.experiment import Inject
from praetor.resources.experiments import ended_now, experiment_run
from praetor.resources.wire import Wire
from praetor.store.changing import changed
from praetor.web.callers import Access, caller_of
from praetor.web.errors import ApiError
from simcore.errors import AlreadyExistsError, DeniedError
from simcore.protocols import Manifest, Store

_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is no text."},
    404: {"description": "There is none; the message says why."},
    409: {"description": "A run of that name is there already."},
    422: {"description": "It cannot be made so; the message says why."},
}
MOST_NAMED = 20
_NOT_OF_INJECT = {"site", "policy", "name", "namespace", "fault"}


class InjectBody(Inject):
    """What to break, and where. All but `site` and `fault` may be missing."""

    site: str = Field(min_length=1, max_length=63, description="The TargetSite.")
    policy: str = Field("playbook", min_length=1, max_length=63, description="Who is paged.")
    name: str | None = Field(None, min_length=1, max_length=52, description="Of the run; default: a new one.")
    namespace: str | None = Field(None, max_length=63, description="Of run and TargetSite; default: the server's own.")


class HealBody(Wire):
    """Which experiment to end."""

    name: str = Field(min_length=1, max_length=52, description="Its run.")
    namespace: str | None = Field(None, max_length=63, description="The run's; default: the server's own.")


def experiments_router(runs: Runs) -> APIRouter:
    router = APIRouter(prefix="/realtime", tags=["experiments"], responses=_REFUSED)

    @router.post("/inject", status_code=201)
    async def inject(body: InjectBody, request: Request) -> dict[str, Any]:
        """Creates an IncidentRun with `spec.inject`, and does nothing else: whoever plays it breaks and heals."""
        namespace = runs.namespace_of(body.namespace)
        await caller_of(request).require(Access("create", namespace))
        await _need_site(runs.store, namespace, body.site)
        told = body.model_dump(by_alias=True, exclude_none=True, exclude=_NOT_OF_INJECT)
        run = experiment_run(namespace, body.site, body.fault, told, policy=body.policy, name=body.name)
        try:
            return await runs.store.create(run)
        except AlreadyExistsError:
            raise ApiError(409, "already_exists", f"there is a run {body.name!r} already", "name") from None

    @router.post("/heal")
    async def heal(body: HealBody, request: Request) -> dict[str, Any]:
        """Cancels the run of an experiment: whoever plays it heals first."""
        await caller_of(request).require(Access("update", runs.namespace_of(body.namespace), body.name))
        metadata = (await runs.one(body.namespace, body.name))["metadata"]
        return await changed(runs.store, "IncidentRun", metadata["namespace"], metadata["name"], _healed)

    return router


def _healed(run: Manifest) -> Manifest:
    if "inject" not in run["spec"]:
        name = run["metadata"]["name"]
        raise ApiError(422, "no_experiment", f"run {name} breaks nothing: it has no spec.inject", "name")
    return ended_now(run)


async def _need_site(store: Store, namespace: str, site: str) -> None:
    """Raises ApiError 404. A server that may not read sites leaves it to the run to say what is wrong."""
    try:
        names = sorted(one["metadata"]["name"] for one in await store.find("TargetSite", namespace))
    except DeniedError:
        return
    if site not in names:
        there = f"there are {', '.join(names[:MOST_NAMED])}" if names else "there are none"
        raise ApiError(404, "not_found", f"no TargetSite {site!r} in namespace {namespace!r}; {there}", "site")
