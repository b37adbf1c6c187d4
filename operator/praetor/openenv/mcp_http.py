"""MCP as desktop agents speak it: streamable HTTP by the official SDK, on the path where the library's JSON-RPC is.

Whoever accepts an event stream speaks MCP; whoever does not, the library's form. The SDK is loaded by the first such
client: it is large, and most servers never see one.
"""

import asyncio
import weakref
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from praetor.openenv.session import Session
from praetor.openenv.sessions import Sessions
from praetor.openenv.tools import START, tools_of
from simcore.errors import SimcoreError

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

_INSTRUCTIONS = (
    "You are on call. start_incident brings a page; investigate with the reading tools, repair with the changing ones,"
    " see that it holds, and declare the causes with resolve_incident. Changes take effect over time: look again."
)


def speaks_mcp(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


class StreamableMcp:
    """Each of the SDK's sessions has one of ours, which is counted like any other."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._of: weakref.WeakKeyDictionary[Any, Session] = weakref.WeakKeyDictionary()
        self._manager: StreamableHTTPSessionManager | None = None
        self._starting = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    async def response(self) -> Response:
        manager = await self._started()
        return _Delegated(manager)

    async def stop(self) -> None:
        self._over.set()
        if self._running is not None:
            await self._running

    async def _started(self) -> "StreamableHTTPSessionManager":
        async with self._starting:
            if self._manager is None:
                from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

                manager = StreamableHTTPSessionManager(self._server(), json_response=True)
                began = asyncio.Event()
                self._running = asyncio.create_task(self._run(manager, began))
                await began.wait()
                self._manager = manager
        return self._manager

    async def _run(self, manager: "StreamableHTTPSessionManager", began: asyncio.Event) -> None:
        async with manager.run():
            began.set()
            await self._over.wait()

    def _server(self) -> "Server[Any, Any]":
        from mcp.server.lowlevel import Server
        from mcp.types import Tool

        server: Server[Any, Any] = Server("praetor", instructions=_INSTRUCTIONS)

        @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]
        async def list_tools() -> list[Tool]:
            return [
                Tool(name=tool.name, description=tool.description, inputSchema=tool.parameters)
                for tool in tools_of(self._session(server).play).values()
            ]

        @server.call_tool()  # type: ignore[untyped-decorator]
        async def call_tool(name: str, arguments: dict[str, Any]) -> Any:
            return self._call(self._session(server), name, arguments)

        return server

    def _session(self, server: "Server[Any, Any]") -> Session:
        key = server.request_context.session
        session = self._of.get(key)
        if session is None or self._sessions.get(session.id) is None:
            session = self._of[key] = self._sessions.open()
            session.claimed = True  # the SDK ends those that nobody comes back to
            weakref.finalize(key, self._sessions.close, session)
        return session

    def _call(self, session: Session, name: str, arguments: dict[str, Any]) -> Any:
        """What the tool shows as text, and the whole structured. What is raised, the SDK tells."""
        from mcp.types import TextContent

        tools = tools_of(session.play)
        if name not in tools:
            raise SimcoreError(f"there is no tool {name!r:.80}; there are {', '.join(tools)}")
        if name != START and session.play.episode is None:
            raise SimcoreError(f"no incident has begun: call {START} first")
        if name == START:
            self._sessions.begins(session)
        told = tools[name].fn(**arguments)
        self._sessions.settle(session)
        text = told["observation"]["text"] or orjson.dumps(told["observation"]).decode()
        end = f"\nThe incident has ended; score {told['metadata']['score']:.2f}." if told["done"] else ""
        return [TextContent(type="text", text=text + end)], told


class _Delegated(Response):
    """Lets the SDK answer."""

    def __init__(self, manager: "StreamableHTTPSessionManager") -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)
