"""Playing over plain HTTP. A client keeps its episode by the session that `/reset` answers with, in a header and a
cookie, and never sees another's."""

from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response

from praetor.openenv import protocol_errors, tasks
from praetor.openenv.bodies import ResetRequest, ResetResponse, StepRequest, StepResponse
from praetor.openenv.envelopes import dumps
from praetor.openenv.play import COMPONENTS, NotStartedError, Play, Told
from praetor.openenv.session import Session
from praetor.openenv.sessions import Sessions
from simcore.errors import ActionError
from simcore.kernel.grade import CAPS
from simcore.scenarios.library import library_scenario

HEADER = "X-Session-Id"
COOKIE = "praetor_session"
_CONTROL: list[str | Enum] = ["Environment Control"]


def play_router(sessions: Sessions) -> APIRouter:
    router = APIRouter()

    @router.post("/reset", response_model=ResetResponse, tags=_CONTROL, summary="Begin an episode.")
    async def reset(request: Request, body: Annotated[ResetRequest, Body(default_factory=ResetRequest)]) -> Response:
        found = _known(request, sessions)
        play = Play()
        told = play.reset(body.model_dump(exclude_unset=True))
        session = found or await sessions.place()
        sessions.begins(session)
        session.play = play
        sessions.counters.resets += 1
        return _answer(told, session)

    @router.post("/step", response_model=StepResponse, tags=_CONTROL, summary="One action.")
    async def step(request: Request, body: StepRequest) -> Response:
        session, action = _known(request, sessions), body.wanted()
        try:
            play = session.play if session is not None else Play()
            told = play.step(action)
        except ActionError as problem:
            return protocol_errors.told(problem, action)
        except NotStartedError:
            return _no_session(request)
        assert session is not None
        sessions.counters.steps += 1
        sessions.settle(session)
        return _answer(told, session)

    @router.get("/state", tags=_CONTROL, summary="Where the episode stands.")
    async def state(request: Request) -> JSONResponse:
        session = _known(request, sessions)
        return JSONResponse((session.play if session is not None else Play()).state())

    @router.get("/reward-breakdown", tags=_CONTROL, summary="The episode's reward by component.")
    async def breakdown(request: Request) -> Response:
        session = _known(request, sessions)
        if session is None or session.play.episode is None:
            return _no_session(request)
        verdict, caps = session.play.episode.verdict(), dict(zip(COMPONENTS, CAPS, strict=True))
        return JSONResponse({"breakdown": verdict.breakdown.to_json(), "caps": caps, "score": verdict.score})

    @router.get("/tasks", tags=_CONTROL, summary="What can be played.")
    async def listed() -> dict[str, Any]:
        return {"tasks": [_task(name) for name in tasks.names_of("test")]}

    @router.get("/backend", tags=_CONTROL, summary="What plays the other side.")
    async def backend() -> dict[str, str]:
        return {"backend": "simulator", "name": "simcore"}

    return router


def _known(request: Request, sessions: Sessions) -> Session | None:
    wanted = request.headers.get(HEADER) or request.cookies.get(COOKIE, "")
    return sessions.get(wanted) if wanted else None


def _answer(told: Told, session: Session) -> Response:
    response = Response(dumps({"metadata": None} | told.wire()), media_type="application/json")
    response.headers[HEADER] = session.id
    response.set_cookie(COOKIE, session.id, httponly=True, samesite="strict")
    return response


def _no_session(request: Request) -> Response:
    """404 where a session was named: it ended, or made room after a long pause."""
    if request.headers.get(HEADER) or request.cookies.get(COOKIE):
        return protocol_errors.refusal(
            404, "no_session", "this session has no episode any more: POST /reset begins one"
        )
    told = f"no episode: POST /reset begins one; send the {HEADER} that it answers with, or its cookie"
    return protocol_errors.refusal(409, "no_episode", told)


def _task(name: str) -> dict[str, Any]:
    spec = library_scenario(name).spec
    splits = [split for split in tasks.SEEDS if name in tasks.names_of(split)]
    return {
        "task_id": name, "family": spec.family, "splits": splits,
        "max_steps": {"easiest": spec.budget.easiest, "hardest": spec.budget.hardest}, "components": list(COMPONENTS),
    }  # fmt: skip
