"""The users: a steady stream of requests to the frontend that waits for nobody, and what came of each.

A line of JSON for each request: `{"at", "path", "status", "ms"}`; status 0 is no answer. It knows nothing of faults.
"""

import asyncio
import json
import random
import time
from pathlib import Path
from typing import IO, Any

from praetor.sites.demo.circumstances import CircumstancesFile
from praetor.sites.demo.process import setup
from praetor.sites.demo.serving import say

PATIENCE_SECONDS = 12.0
CHECKOUT_SHARE = 0.3
LATE_SECONDS = 0.5
_NOTHING = 0


async def ask(host: str, port: int, path: str) -> int:
    """The status, or 0 where there was none."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                answer = await reader.read()
            finally:
                writer.close()
        return int(answer.split(b" ", 2)[1])
    except (OSError, ValueError, IndexError, TimeoutError):
        return _NOTHING


def due_after(due: float, now: float, pause_seconds: float) -> float:
    """When the next user comes. Where this process was stopped for longer than a moment, those who would have come
    meanwhile do not come all at once: that were a surge that nobody made."""
    return max(due, now - LATE_SECONDS) + pause_seconds


class Users:
    def __init__(self, wanted: dict[str, Any], record: IO[str] | None) -> None:
        self._host, self._port, self._record = wanted["host"], wanted["port"], record
        self._around = CircumstancesFile(Path(wanted["circumstances"]))
        self._under_way: set[asyncio.Task[None]] = set()

    async def come(self) -> None:
        due = time.monotonic()
        while True:
            due = due_after(due, time.monotonic(), random.expovariate(self._around.now().requests_per_second))
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(self._one("/checkout" if random.random() < CHECKOUT_SHARE else "/cart"))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _one(self, path: str) -> None:
        at, began = time.time(), time.monotonic()
        status = await ask(self._host, self._port, path)
        took_ms = round((time.monotonic() - began) * 1000.0, 1)
        self._tell({"at": round(at, 3), "path": path, "status": status, "ms": took_ms})

    def _tell(self, seen: dict[str, Any]) -> None:
        say(seen)
        if self._record is not None:
            self._record.write(json.dumps(seen) + "\n")


def main() -> None:
    wanted = setup()
    record = open(wanted["record"], "a", buffering=1) if wanted.get("record") else None  # noqa: SIM115 (till the end)
    asyncio.run(Users(wanted, record).come())


if __name__ == "__main__":
    main()
