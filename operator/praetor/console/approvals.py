"""`POST /realtime/approve`: the word of whoever sits at this machine on the change that a run waits to make."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from praetor.console.reading import Runs
from praetor.resources.wire import Wire
from praetor.store.deciding import NothingWaitsError, decided
from praetor.store.validation import LOCAL
from praetor.web.callers import Caller, caller_of
from praetor.web.errors import ApiError
from simcore.errors import NotFoundError

_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is no text."},
    403: {"description": "Only `praetor dev` on loopback takes approvals over HTTP."},
    404: {"description": "There is no such run."},
    409: {"description": "It waits for nobody, or with another step."},
    422: {"description": "It cannot be decided so; the message says why."},
}


class ApprovalBody(Wire):
    """What is decided."""

    name: str = Field(min_length=1, max_length=63, description="The run that waits.")
    namespace: str | None = Field(None, max_length=63, description="The run's; default: the server's own.")
    step: int | None = Field(None, ge=0, description="Only if it waits with this step; default: whatever waits.")
    decision: Literal["Approve", "Deny"] = Field("Approve", description="Whether the change may be made.")
    reason: str = Field("", max_length=300, description="Why; the policy and the report are told.")


def approvals_router(runs: Runs) -> APIRouter:
    router = APIRouter(prefix="/realtime", tags=["approvals"], responses=_REFUSED)

    @router.post("/approve")
    async def approve(body: ApprovalBody, request: Request) -> dict[str, Any]:
        """Adds an entry to `spec.approvals`, and answers with what the run waited with."""
        if not may_decide(caller_of(request)):
            raise ApiError(403, "forbidden", "an approval is of who writes it: kubectl praetor approve, as yourself")
        where = runs.namespace_of(body.namespace)
        try:
            return await decided(
                runs.store, where, body.name, body.decision, _by_local, step=body.step, reason=body.reason
            )
        except NothingWaitsError as problem:
            raise ApiError(409, "nothing_waits", str(problem)) from None
        except NotFoundError:
            raise ApiError(404, "not_found", f"IncidentRun {where}/{body.name} does not exist", "name") from None

    return router


def may_decide(caller: Caller) -> bool:
    """Who acts with their own name needs another way: here everything is written in the server's."""
    return caller.kind == "loopback"


async def _by_local() -> str:
    return LOCAL
