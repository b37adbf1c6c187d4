"""The library's JSON-RPC form of MCP: tools/list, tools/call and its own methods for sessions, without `initialize`.

The texts are the library's.
"""

import logging
from typing import Any

from pydantic import ValidationError

from praetor.openenv.envelopes import LONGEST, BadJSONError, JsonRpcRequest, dumps, loads
from praetor.openenv.play import Play
from praetor.openenv.session import CapacityError, Session
from praetor.openenv.sessions import Sessions
from praetor.openenv.tools import START, Tool, tools_of
from simcore.errors import SimcoreError

logger = logging.getLogger(__name__)
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR, SERVER_ERROR = -32603, -32000
Reply = dict[str, Any]


async def answer_text(raw: str | bytes, sessions: Sessions, session: Session | None = None) -> bytes:
    """Of a body, or of a frame of `/mcp`."""
    if len(raw) > LONGEST:
        return dumps(_error(INVALID_REQUEST, f"Invalid request: at most {LONGEST} characters, not {len(raw)}"))
    try:
        request = loads(raw)
    except BadJSONError as problem:
        words = f"Parse error: {problem}" if session is not None else "Parse error"
        return dumps(_error(PARSE_ERROR, words))
    if not isinstance(request, dict):
        return dumps(_error(PARSE_ERROR, "Parse error"))
    return dumps(await answer(request, sessions, session))


async def answer(raw: dict[str, Any], sessions: Sessions, session: Session | None = None) -> Reply:
    """`session` is the one of the WebSocket that the request came over."""
    try:
        request = JsonRpcRequest(**raw)
    except (ValidationError, TypeError) as problem:
        return _error(INVALID_REQUEST, f"Invalid request: {problem}"[:1000])
    try:
        return await _answer(request, sessions, session)
    except SimcoreError as problem:
        return _error(INTERNAL_ERROR, str(problem), request.id)
    except TypeError as problem:
        return _error(INTERNAL_ERROR, str(problem)[:500], request.id)
    except Exception:
        logger.exception("a JSON-RPC request could not be answered")
        return _error(INTERNAL_ERROR, "an error inside the environment; its log says which", request.id)


async def _answer(request: JsonRpcRequest, sessions: Sessions, session: Session | None) -> Reply:
    if request.method == "openenv/session/create":
        return await _create(request, sessions, session)
    if request.method == "openenv/session/close":
        return _close(request, sessions, session)
    wanted = request.params.get("session_id")
    found = session
    if found is None and wanted:
        found = sessions.get(wanted) if isinstance(wanted, str) else None
        if found is None:
            return _error(INVALID_PARAMS, f"Unknown session_id: {wanted}"[:200], request.id)
    tools = tools_of(found.play if found is not None else Play())
    if request.method == "tools/list":
        return _result({"tools": [_listed(tool) for tool in tools.values()]}, request.id)
    if request.method == "tools/call":
        return _call(request, tools, sessions, found)
    return _error(METHOD_NOT_FOUND, f"Method not found: {request.method}"[:200], request.id)


async def _create(request: JsonRpcRequest, sessions: Sessions, session: Session | None) -> Reply:
    try:
        found = session or await sessions.place()
    except CapacityError as problem:
        data = {"active_sessions": problem.active, "max_sessions": problem.most}
        return _error(SERVER_ERROR, str(problem), request.id, data)
    return _result({"session_id": found.id}, request.id)


def _close(request: JsonRpcRequest, sessions: Sessions, session: Session | None) -> Reply:
    target = request.params.get("session_id")
    if not target:
        return _error(INVALID_PARAMS, "Invalid params - 'session_id' is required", request.id)
    if session is not None and target == session.id:
        told = "Cannot close active WebSocket-managed session via MCP method"
        return _error(INVALID_REQUEST, told, request.id)
    found = sessions.get(target) if isinstance(target, str) else None
    if found is None:
        return _error(INVALID_PARAMS, f"Unknown session_id: {target}"[:200], request.id)
    if found.hang_up is not None:
        found.closing = True
        return _result({"session_id": target, "closed": False, "closing": True}, request.id)
    sessions.close(found)
    return _result({"session_id": target, "closed": True}, request.id)


def _call(request: JsonRpcRequest, tools: dict[str, Tool], sessions: Sessions, session: Session | None) -> Reply:
    name, arguments = request.params.get("name"), request.params.get("arguments", {})
    if not name:
        return _error(INVALID_PARAMS, "Missing 'name' in params", request.id)
    tool = tools.get(name) if isinstance(name, str) else None
    if tool is None:
        return _error(INVALID_PARAMS, f"Tool not found: {name}"[:200], request.id)
    if session is None:
        return _result(tool.fn(**arguments), request.id)
    if name == START:
        sessions.begins(session)
    told = tool.fn(**arguments)
    sessions.settle(session)
    return _result(told, request.id)


def _listed(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}


def _result(result: Any, request_id: str | int | None) -> Reply:
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def _error(code: int, message: str, request_id: str | int | None = None, data: Any = None) -> Reply:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message, "data": data}}


def refused(problem: CapacityError) -> bytes:
    """To a WebSocket that found no place."""
    data = {"active_sessions": problem.active, "max_sessions": problem.most}
    return dumps(_error(SERVER_ERROR, str(problem), data=data))
