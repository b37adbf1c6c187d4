"""`/ws` and the WebSocket `/mcp`: one connection, one session, one answer to each frame, handled where it is read.

A step takes less time than a hop to another thread would, so that there is none; what takes longer (a batch's reset)
lets others in between. When the connection is gone, so is the session.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope, Send

from praetor.openenv import frames, rpc
from praetor.openenv.envelopes import Code, error
from praetor.openenv.session import CapacityError, DrainingError, Session
from praetor.openenv.sessions import Sessions
from praetor.openenv.waiting import Connection, place_for
from praetor.web.errors import ApiError

RESTARTING = 1012
EXTENSIONS = (b"x-praetor-extensions", b"batch")
_IN_A_ROW = 32


@dataclass(frozen=True, slots=True)
class WebSocketApp:
    """An ASGI application. `json_rpc` answers frames as the library's WebSocket `/mcp` does."""

    sessions: Sessions
    json_rpc: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if self.sessions.draining:
            await ApiError(503, "shutting_down", str(DrainingError())).response()(scope, receive, send)
            return
        await send({"type": "websocket.accept", "headers": [EXTENSIONS]})
        connection = Connection(receive, send)
        wanted = parse_qs(scope["query_string"].decode("latin-1")).get("session_id", [""])[0]
        with suppress(OSError):  # the client went while it was answered
            await (self._attached(connection, wanted) if wanted else self._own(connection))

    async def _own(self, connection: Connection) -> None:
        try:
            session = await place_for(connection, self.sessions)
        except CapacityError as problem:
            await self._refuse(connection, problem)
            return
        except DrainingError:
            await connection.close(RESTARTING)
            return
        if session is None:
            return
        session.hang_up = lambda: connection.close(RESTARTING)
        try:
            await self._converse(connection, session)
        finally:
            self.sessions.close(session)

    async def _attached(self, connection: Connection, wanted: str) -> None:
        """To a session that JSON-RPC made; it stays when the connection goes, unless it was closed meanwhile."""
        session = self.sessions.get(wanted)
        if session is None:
            await self._unattached(connection, f"Unknown session_id: {wanted}")
            return
        if session.hang_up is not None:
            await self._unattached(connection, f"Session {wanted} already has an attached WebSocket")
            return
        session.hang_up = lambda: connection.close(RESTARTING)
        try:
            await self._converse(connection, session)
        finally:
            session.hang_up = None
            if session.closing or self.sessions.draining:
                self.sessions.close(session)
            else:
                self.sessions.touch(session)

    async def _unattached(self, connection: Connection, message: str) -> None:
        await connection.say(error(Code.SESSION_ERROR, message[:200]))
        await connection.close()

    async def _refuse(self, connection: Connection, problem: CapacityError) -> None:
        self.sessions.counters.refused += 1
        more = {"active_sessions": problem.active, "max_sessions": problem.most}
        told = rpc.refused(problem) if self.json_rpc else error(Code.CAPACITY_REACHED, str(problem), **more)
        await connection.say(told)
        await connection.close()

    async def _converse(self, connection: Connection, session: Session) -> None:
        row = 0
        while (message := await connection.next())["type"] == "websocket.receive":
            told = await self._answer(session, message)
            if not isinstance(told, bytes):
                await connection.close()
                return
            await connection.say(told)
            if self.sessions.draining and not session.under_way:
                await connection.close(RESTARTING)
                return
            row += 1
            if row % _IN_A_ROW == 0:
                await asyncio.sleep(0)  # a client that does not wait for answers must not keep others waiting

    async def _answer(self, session: Session, message: Message) -> frames.Answer:
        text = message.get("text")
        if self.json_rpc:
            return await rpc.answer_text(text or "", self.sessions, session)
        return await frames.answer(session, self.sessions, text)
