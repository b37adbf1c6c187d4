"""A way to a pod's port from outside the cluster: what `kubectl port-forward` does, inside this process.

The API server's WebSocket form (`v4.channel.k8s.io`): for each connection one WebSocket, whose messages begin with a
byte that names the channel, 0 for data and 1 for the node's complaints; the first message of each names the port.
"""

import asyncio
import contextlib
import logging

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from praetor.kube.credentials import Credentials
from praetor.kube.paths import PODS

log = logging.getLogger(__name__)
_PROTOCOL = Subprotocol("v4.channel.k8s.io")
_DATA, _ERROR = 0, 1
_CHUNK_BYTES = 65536
_OPEN_SECONDS = 30.0


class PortForward:
    """Listens on loopback from `start` to `close`, on a port that was free. The pod need not run yet: a connection
    that cannot be forwarded is closed, and the reason kept in `last_error`."""

    def __init__(self, credentials: Credentials, namespace: str, pod: str, port: int) -> None:
        self._credentials, self._pod_name, self._port = credentials, pod, port
        path = PODS.path(namespace, pod, "portforward")
        self._url = f"{credentials.server.replace('http', 'ws', 1)}{path}?ports={port}"
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.last_error = ""

    async def start(self) -> int:
        """The port on 127.0.0.1 to connect to."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            await self._forward(reader, writer)
        except (OSError, TimeoutError, WebSocketException) as error:
            self.last_error = f"port-forward to pod {self._pod_name}: {error}"
            log.debug("%s", self.last_error)
        except asyncio.CancelledError:
            pass  # closing; the streams' own callback would log it as an error
        finally:
            self._connections.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        authorization = await asyncio.to_thread(self._credentials.authorization)
        async with connect(
            self._url,
            subprotocols=[_PROTOCOL],
            additional_headers={"Authorization": authorization} if authorization else {},
            ssl=self._credentials.ssl_context() if self._url.startswith("wss") else None,
            proxy=self._credentials.configuration.proxy or True,
            open_timeout=_OPEN_SECONDS,
            max_size=None,
            compression=None,
        ) as far:
            both = {asyncio.ensure_future(_to_pod(reader, far)), asyncio.ensure_future(self._from_pod(far, writer))}
            try:
                done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)
            for task in done:
                task.result()

    async def _from_pod(self, far: ClientConnection, writer: asyncio.StreamWriter) -> None:
        opened: set[int] = set()
        async for message in far:
            frame = message.encode() if isinstance(message, str) else message
            channel, content = frame[0], frame[1:]
            if channel not in opened:
                opened.add(channel)  # its first message is the port's number
            elif channel == _ERROR and content:
                raise OSError(content.decode(errors="replace").strip())
            elif channel == _DATA and content:
                writer.write(content)
                await writer.drain()


async def _to_pod(reader: asyncio.StreamReader, far: ClientConnection) -> None:
    with contextlib.suppress(ConnectionError):
        while content := await reader.read(_CHUNK_BYTES):
            await far.send(bytes([_DATA]) + content)
