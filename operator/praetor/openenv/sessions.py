"""Who plays: sessions by id, bounded in number, with a queue in front of the bound.

A session of a WebSocket lives as long as its connection. One of plain HTTP or MCP has no connection to end with:
it makes room, oldest first, once it has been idle for long and its place is wanted. Nothing else is ever reaped.
"""

import asyncio
import secrets
import time
from collections import OrderedDict, deque

from praetor.openenv.counters import Counters
from praetor.openenv.session import BatchRoomError, CapacityError, DrainingError, Limits, Session


class Sessions:
    """All of one server. Everything here runs in its event loop; nothing blocks."""

    def __init__(self, limits: Limits | None = None, counters: Counters | None = None) -> None:
        self.limits, self.counters = limits or Limits(), counters or Counters()
        self.draining = False
        self._by_id: OrderedDict[str, Session] = OrderedDict()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._promised = 0
        self._emptied = asyncio.Event()

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def under_way(self) -> int:
        return sum(one.under_way for one in self._by_id.values())

    @property
    def full(self) -> bool:
        return len(self._by_id) + self._promised >= self.limits.most_sessions

    def get(self, session_id: str) -> Session | None:
        """By the id that its client was told, which claims it."""
        session = self._by_id.get(session_id)
        if session is not None:
            session.claimed = True
            self.touch(session)
        return session

    def touch(self, session: Session) -> None:
        session.last_used = time.monotonic()
        self._by_id.move_to_end(session.id)

    def open_now(self) -> Session | None:
        """None where there is no place, or others wait for it already. Raises DrainingError."""
        if self.draining:
            raise DrainingError
        return None if self._waiting or (self.full and not self._make_room()) else self._new()

    def open(self) -> Session:
        """Raises CapacityError and DrainingError at once."""
        session = self.open_now()
        if session is None:
            self.counters.refused += 1
            raise CapacityError(len(self), self.limits.most_sessions)
        return session

    async def place(self) -> Session:
        """At once or, where all places are taken, from the queue. Raises CapacityError, DrainingError."""
        try:
            return self.open_now() or await self.open_queued()
        except CapacityError:
            self.counters.refused += 1
            raise

    async def open_queued(self) -> Session:
        """Waits for a place, first come, first served. Raises CapacityError when none came, DrainingError."""
        if len(self._waiting) >= self.limits.most_waiting:
            raise CapacityError(len(self), self.limits.most_sessions)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self.limits.queue_seconds):
                await turn
        except BaseException as problem:
            self._give_up(turn)
            if isinstance(problem, TimeoutError):
                raise CapacityError(len(self), self.limits.most_sessions) from None
            raise
        self._promised -= 1
        return self._new()

    def close(self, session: Session) -> None:
        """Frees the place at once; whoever waits longest gets it."""
        if self._by_id.pop(session.id, None) is not None:
            self.counters.closed += 1
            self._pass_on()
        if not self._by_id:
            self._emptied.set()

    def reserve_batch(self, session: Session, count: int) -> None:
        """Room for a batch, instead of the one that the session has. Raises BatchRoomError."""
        others = sum(one.reserved for one in self._by_id.values() if one is not session)
        free = max(0, self.limits.most_batched - others)
        if count > free:
            raise BatchRoomError(count, free, self.limits.most_batched)
        session.reserved = count

    def begins(self, session: Session) -> None:
        """An episode is about to begin. Raises DrainingError, and the one before has ended."""
        if self.draining:
            session.forget()
            self.settle(session)
            raise DrainingError

    def settle(self, session: Session) -> None:
        """Ends a session between episodes while the server drains; one with a connection ends with that."""
        if self.draining and session.hang_up is None and not session.under_way:
            self.close(session)

    async def drain(self, grace_seconds: float) -> None:
        """Begins nothing new, ends what is between episodes, and waits for the others to come to their end."""
        self.draining = True
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(DrainingError())
        for session in [one for one in self._by_id.values() if not one.under_way]:
            await self.hang_up(session)
        if self._by_id:
            self._emptied.clear()
            try:
                async with asyncio.timeout(grace_seconds):
                    await self._emptied.wait()
            except TimeoutError:
                pass

    async def hang_up(self, session: Session) -> None:
        if session.hang_up is None:
            self.close(session)
        else:
            await session.hang_up()

    def _new(self) -> Session:
        session = Session(secrets.token_urlsafe(18), last_used=time.monotonic())
        self._by_id[session.id] = session
        self.counters.opened += 1
        return session

    def _make_room(self) -> bool:
        """Ends the longest idle session that has no connection and has been idle for long enough."""
        now = time.monotonic()
        for session in self._by_id.values():
            patience = self.limits.idle_seconds if session.claimed else self.limits.unclaimed_seconds
            if session.hang_up is None and now - session.last_used >= patience:
                self._by_id.pop(session.id)
                self.counters.evicted += 1
                return True
        return False

    def _pass_on(self) -> None:
        while self._waiting and not self.full:
            turn = self._waiting.popleft()
            if not turn.done():
                self._promised += 1
                turn.set_result(None)

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        """A place that was promised to somebody who left goes to the next."""
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled() and turn.exception() is None:
            self._promised -= 1
            self._pass_on()
