"""A raw client: one frame, one answer."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
from websockets.asyncio.client import connect

LONGEST_SECONDS = 240.0
"""Only for hangs: the first episode of a process loads its kernel, and nobody in this loop is answered meanwhile."""


class Talker:
    def __init__(self, socket):
        self.socket = socket

    async def ask(self, frame):
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
        return json.loads(await self.socket.recv())

    async def reset(self, **options):
        return await self.ask({"type": "reset", "data": options})

    async def step(self, kind, target=None, **parameters):
        data = {"action_type": kind, "target_service": target, "parameters": parameters}
        return await self.ask({"type": "step", "data": data})

    async def state(self):
        return (await self.ask({"type": "state"}))["data"]


@asynccontextmanager
async def talker(url, **options):
    told = {"proxy": None, "max_size": None, "open_timeout": LONGEST_SECONDS, "ping_interval": None}
    async with connect(url.replace("http://", "ws://") + "/ws", **(told | options)) as socket:
        yield Talker(socket)


def patient(url=""):
    return httpx.AsyncClient(base_url=url, timeout=LONGEST_SECONDS)


async def get(url):
    async with patient() as client:
        return await client.get(url)


async def until(holds):
    async with asyncio.timeout(LONGEST_SECONDS):
        while not holds():  # noqa: ASYNC110 (there is no event for it)
            await asyncio.sleep(0.005)
