"""`GET /watch/{name}`: a run's trace events as server-sent events, from the first to the end of the run."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from praetor.console.api import NamespaceQuery
from praetor.console.live import LiveTraces
from praetor.console.reading import Runs, is_finished, phase_of
from praetor.web.errors import ApiError
from simcore.protocols import Manifest
from simcore.trace import read_trace

POLL_SECONDS = 0.5
QUIET_SECONDS = 15.0
LONGEST_SECONDS = 3600.0


def watch_router(runs: Runs, live: LiveTraces) -> APIRouter:
    router = APIRouter(tags=["runs"])

    @router.get("/watch/{name}", response_class=StreamingResponse, responses={404: {"description": "No such run."}})
    async def watch(
        name: str, namespace: NamespaceQuery = None, last_event_id: Annotated[int | None, Header()] = None
    ) -> StreamingResponse:
        """Events `trace` (one line of the trace) and at last `end` (the run's phase and message)."""
        run = await runs.one(namespace, name)
        after = -1 if last_event_id is None else last_event_id
        return StreamingResponse(_Watch(runs, live, run, after).frames(), media_type="text/event-stream")

    return router


@dataclass(slots=True)
class _Watch:
    runs: Runs
    live: LiveTraces
    run: Manifest
    seq: int

    async def frames(self) -> AsyncIterator[str]:
        ends, last_frame = time.monotonic() + LONGEST_SECONDS, time.monotonic()
        while time.monotonic() < ends:
            for event in await self._news():
                self.seq, last_frame = event["seq"], time.monotonic()
                yield _frame("trace", event, event["seq"])
            if is_finished(self.run):
                yield _frame("end", self._ending())
                return
            if time.monotonic() - last_frame > QUIET_SECONDS:
                last_frame = time.monotonic()
                yield ": still here\n\n"
            await self.live.wait(POLL_SECONDS)
            if not await self._look_again():
                return

    async def _news(self) -> list[dict[str, Any]]:
        """What this process plays is told at once; all else, when it is stored."""
        told = self.live.after(self.run["metadata"]["uid"], self.seq)
        if told or not is_finished(self.run):
            return told
        metadata = self.run["metadata"]
        try:
            trace = await self.runs.trace(metadata["namespace"], metadata["name"])
        except ApiError:
            return []
        return [event for event in read_trace(trace) if event["seq"] > self.seq]

    async def _look_again(self) -> bool:
        """False once the run is gone."""
        metadata = self.run["metadata"]
        try:
            self.run = await self.runs.one(metadata["namespace"], metadata["name"])
        except ApiError:
            return False
        return bool(self.run["metadata"]["uid"] == metadata["uid"])

    def _ending(self) -> dict[str, Any]:
        status = self.run.get("status", {})
        return {"phase": phase_of(self.run), "message": status.get("message", ""), "result": status.get("result")}


def _frame(event: str, data: dict[str, Any], number: int | None = None) -> str:
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
