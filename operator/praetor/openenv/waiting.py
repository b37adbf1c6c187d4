"""A client in the queue: it may send already, and it may go away; both are noticed while it waits."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from starlette.types import Message, Receive, Send

from praetor.openenv.session import Session
from praetor.openenv.sessions import Sessions

NORMAL = 1000
_MOST_EARLY = 16


@dataclass(slots=True)
class Connection:
    """`early` are the frames of a client that sends while it still waits for its place."""

    receive: Receive
    send: Send
    early: deque[Message] = field(default_factory=deque)
    gone: bool = False

    async def next(self) -> Message:
        return self.early.popleft() if self.early else await self.receive()

    async def say(self, told: bytes) -> None:
        await self.send({"type": "websocket.send", "text": told.decode()})

    async def close(self, code: int = NORMAL) -> None:
        if not self.gone:
            self.gone = True
            await self.send({"type": "websocket.close", "code": code})


async def place_for(connection: Connection, sessions: Sessions) -> Session | None:
    """A session as soon as there is a place; None if the client went. Raises CapacityError, DrainingError."""
    session = sessions.open_now()
    if session is not None:
        return session
    opening = asyncio.ensure_future(sessions.open_queued())
    reading = asyncio.ensure_future(_read_early(connection))
    await asyncio.wait((opening, reading), return_when=asyncio.FIRST_COMPLETED)
    went = not opening.done() and connection.gone
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    if not went:
        return await opening
    opening.cancel()
    (opened,) = await asyncio.gather(opening, return_exceptions=True)
    if isinstance(opened, Session):
        sessions.close(opened)
    return None


async def _read_early(connection: Connection) -> None:
    """Until the client goes; one that sends too much meanwhile is not read any further until it has its place."""
    while not connection.gone:
        if len(connection.early) >= _MOST_EARLY:
            await asyncio.Event().wait()
        message = await connection.receive()
        connection.early.append(message)
        connection.gone = message["type"] != "websocket.receive"
