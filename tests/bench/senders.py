"""Senders that cost little: what is measured is the receiver, on the same two cores."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit


class Sender:
    """HTTP/1.1 over one connection that stays open; one request at a time."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._address = (parts.hostname, parts.port or 80)
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._head = "\r\n".join(lines).encode() + b"\r\nContent-Length: "
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        return int(head.split(" ", 2)[1]), json.loads(await reader.readexactly(length))

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()


class Senders:
    """Several connections; whoever is free takes the next request."""

    def __init__(self, url: str, headers: dict[str, str], connections: int = 32) -> None:
        self._all: Sequence[Sender] = [Sender(url, headers) for _ in range(connections)]
        self._free: asyncio.Queue[Sender] = asyncio.Queue()
        for sender in self._all:
            self._free.put_nowait(sender)

    async def post(self, body: bytes) -> tuple[int, Any]:
        sender = await self._free.get()
        try:
            return await sender.post(body)
        finally:
            self._free.put_nowait(sender)

    async def close(self) -> None:
        for sender in self._all:
            await sender.close()
