"""The protocol's frames, answers and errors, word for word as the `openenv` library has them, without the library.

The classes carry the library's names, because its error messages do; a test compares both.
"""

import json
import re
from enum import StrEnum
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simcore.errors import SimcoreError

ECHO_LIMIT_CHARS = 2000
LONG = "(long)"
LONGEST = 64 * 1024
"""Of a message that is no batch, in characters or bytes; the longest action is shorter.
What is wrong with a longer one can take seconds to tell, and others would wait meanwhile."""
_BEYOND_64_BITS = re.compile(rb"[0-9]{19}"), re.compile("[0-9]{19}")


class Code(StrEnum):
    INVALID_JSON = "INVALID_JSON"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    EXECUTION_ERROR = "EXECUTION_ERROR"
    CAPACITY_REACHED = "CAPACITY_REACHED"
    SESSION_ERROR = "SESSION_ERROR"


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WSResetMessage(_Message):
    type: Literal["reset"] = "reset"
    data: dict[str, Any] = Field(default_factory=dict)


class WSStepMessage(_Message):
    type: Literal["step"] = "step"
    data: dict[str, Any]


class WSStateMessage(_Message):
    type: Literal["state"] = "state"


class WSCloseMessage(_Message):
    type: Literal["close"] = "close"


class WSMCPMessage(_Message):
    type: Literal["mcp"] = "mcp"
    data: dict[str, Any]


class JsonRpcRequest(_Message):
    jsonrpc: Literal["2.0"]
    method: str
    params: dict[str, Any] = Field(default_factory=dict)
    id: str | int | None = None


def dumps(value: Any) -> bytes:
    """JSON; the slow way for what a client may send and orjson does not take: deep nesting, numbers beyond 64 bits."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        return json.dumps(value, default=str).encode()


class BadJSONError(SimcoreError):
    """What came is no JSON; the text says where, in the words of the library's parser."""


def loads(raw: str | bytes) -> Any:
    """As the library's parser reads it: whole numbers of any length, and NaN. Raises BadJSONError."""
    large = _BEYOND_64_BITS[isinstance(raw, str)]
    try:
        return _leniently(raw) if large.search(raw) else orjson.loads(raw)  # type: ignore[arg-type]
    except orjson.JSONDecodeError:
        return _leniently(raw)


def _leniently(raw: str | bytes) -> Any:
    try:
        taken = json.loads(raw)
        json.dumps(taken, ensure_ascii=False).encode()  # half of a surrogate pair could not be told again
    except (ValueError, RecursionError) as problem:
        words = str(problem) if isinstance(problem, json.JSONDecodeError) else "too deep, too long, or no Unicode"
        raise BadJSONError(words) from None
    return taken


def error(code: Code, message: str, **more: Any) -> bytes:
    return dumps({"type": "error", "data": {"message": message, "code": code} | more})


def invalid_message(problem: ValidationError) -> bytes:
    return error(Code.VALIDATION_ERROR, "Invalid message", errors=[bounded(dict(one)) for one in problem.errors()])


def invalid_action(message: str, action: Any) -> bytes:
    return error(Code.VALIDATION_ERROR, "Invalid message", errors=[action_problem(message, action)])


def too_long(length: int) -> bytes:
    told = f"a message that is no batch has at most {LONGEST} characters, not {length}"
    return error(
        Code.VALIDATION_ERROR, "Invalid message", errors=[{"type": "too_long", "loc": [], "msg": told, "input": LONG}]
    )


def action_problem(message: str, action: Any) -> dict[str, Any]:
    """As pydantic tells the same in the library's server."""
    return bounded({"type": "action_invalid", "loc": [], "msg": message, "input": action})


def bounded(problem: dict[str, Any]) -> dict[str, Any]:
    """A long input is not sent back, nor one that is nested too deeply."""
    try:
        short = len(dumps(problem.get("input"))) <= ECHO_LIMIT_CHARS
    except RecursionError:
        short = False
    return problem if short else problem | {"input": LONG}
