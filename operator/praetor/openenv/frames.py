"""A frame in, its answer out. A bad frame is answered with an error, and the session goes on.

The usual frame takes the short way: one look at its keys. Whatever is not quite usual is held against the protocol's
own forms, which say what is wrong in the library's words.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from praetor.openenv import envelopes, rpc
from praetor.openenv.batches import BatchReset, BatchStep, begin_batch
from praetor.openenv.envelopes import BadJSONError, Code
from praetor.openenv.session import Session
from praetor.openenv.sessions import Sessions
from simcore.errors import ActionError, SimcoreError

logger = logging.getLogger(__name__)
INSIDE = "an error inside the environment; its log says which"
NAME_LIMIT_CHARS = 200


class Close:
    """The client said that it is done."""


CLOSE: Final = Close()
Answer = bytes | Close
Frame = dict[str, Any]
Handler = Callable[[Session, Sessions, Frame], Answer | Awaitable[Answer]]


async def answer(session: Session, sessions: Sessions, raw: str | bytes | None) -> Answer:
    """Never raises for what a client sent."""
    try:
        frame = read_frame(raw)
        kind = frame.get("type", "")
        if raw is not None and len(raw) > envelopes.LONGEST and kind not in _BATCHES:
            sessions.counters.error(Code.VALIDATION_ERROR)
            return envelopes.too_long(len(raw))
        handler = _HANDLERS.get(kind) if type(kind) is str else None
        if handler is None:
            told = f"{kind}"[:NAME_LIMIT_CHARS]
            return _failed(sessions, Code.UNKNOWN_TYPE, f"Unknown message type: {told}")
        answered = handler(session, sessions, frame)
        return answered if isinstance(answered, bytes | Close) else await answered
    except BadJSONError as problem:
        return _failed(sessions, Code.INVALID_JSON, f"Invalid JSON: {problem}")
    except ActionError as problem:
        sessions.counters.error(Code.VALIDATION_ERROR)
        return envelopes.invalid_action(str(problem), frame.get("data"))
    except ValidationError as problem:
        sessions.counters.error(Code.VALIDATION_ERROR)
        return envelopes.invalid_message(problem)
    except SimcoreError as problem:
        return _failed(sessions, Code.EXECUTION_ERROR, str(problem))
    except Exception:
        logger.exception("a frame could not be answered")
        return _failed(sessions, Code.EXECUTION_ERROR, INSIDE)


class _Object(BaseModel):
    """Says in pydantic's words that a frame is an object."""

    frame: dict[str, Any]


def read_frame(raw: str | bytes | None) -> Frame:
    """Raises BadJSONError, and ValidationError for JSON that is no object."""
    if not isinstance(raw, str):
        raise BadJSONError("a text frame is expected, not a binary one")
    frame = envelopes.loads(raw)
    if type(frame) is not dict:
        _Object.model_validate({"frame": frame})
    return frame  # type: ignore[no-any-return]


def _failed(sessions: Sessions, code: Code, message: str) -> bytes:
    sessions.counters.error(code)
    return envelopes.error(code, message)


def _data(frame: Frame, form: type[BaseModel]) -> dict[str, Any]:
    """What a frame carries. Raises ValidationError."""
    data = frame.get("data")
    if type(data) is dict and len(frame) == 2:
        return data
    checked: dict[str, Any] = form.model_validate(frame).data  # type: ignore[attr-defined]
    return checked


def _reset(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    options = _data(frame, envelopes.WSResetMessage)
    sessions.begins(session)
    told = session.play.reset(options)
    session.drop_batch()
    sessions.counters.resets += 1
    return envelopes.dumps({"type": "observation", "data": told.wire()})


def _step(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    told = session.play.step(_data(frame, envelopes.WSStepMessage))
    sessions.counters.steps += 1
    return envelopes.dumps({"type": "observation", "data": told.wire()})


def _state(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    if len(frame) > 1:
        envelopes.WSStateMessage.model_validate(frame)
    return envelopes.dumps({"type": "state", "data": session.play.state()})


def _close(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    if len(frame) > 1:
        envelopes.WSCloseMessage.model_validate(frame)
    return CLOSE


async def _mcp(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    request = _data(frame, envelopes.WSMCPMessage)
    return envelopes.dumps({"type": "mcp", "data": await rpc.answer(request, sessions, session)})


async def _batch_reset(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    wanted = BatchReset.model_validate(frame.get("data"))
    sessions.begins(session)
    sessions.reserve_batch(session, len(wanted.seeds))
    try:
        batch = await begin_batch(wanted)
        begun, session.batch = batch.begin(), batch
    finally:
        session.reserved = 0 if session.batch is None else len(session.batch)
    sessions.counters.resets += len(batch)
    return envelopes.dumps({"type": "batch", "data": begun})


def _batch_step(session: Session, sessions: Sessions, frame: Frame) -> Answer:
    wanted = BatchStep.model_validate(frame.get("data"))
    if session.batch is None:
        raise SimcoreError("no batch has begun: send batch_reset first")
    done = session.batch.step(wanted)
    sessions.counters.batch_steps += len(session.batch)
    return envelopes.dumps({"type": "batch", "data": done})


_BATCHES = ("batch_reset", "batch_step")
_HANDLERS: dict[str, Handler] = {
    "reset": _reset, "step": _step, "state": _state, "close": _close, "mcp": _mcp,
    "batch_reset": _batch_reset, "batch_step": _batch_step,
}  # fmt: skip
