"""A WebSocket client that costs next to nothing, so that a benchmark measures the server. For trusted peers only."""

import base64
import json
import os
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_NO_MASK = b"\0\0\0\0"  # a mask, as the protocol wants it, that changes nothing


def framed(payload: bytes, opcode: int = _TEXT) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + _NO_MASK + payload


class RawWebSocket:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=240)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            self.close()
            raise ConnectionError(head.decode("latin-1"))

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, payload: bytes, opcode: int = _TEXT) -> None:
        self.socket.sendall(framed(payload, opcode))

    def send_framed(self, frame: bytes) -> None:
        self.socket.sendall(frame)

    def recv(self) -> bytes:
        while True:
            opcode, payload = self._frame()
            if opcode == _PING:
                self.send(payload, _PONG)
            elif opcode == _CLOSE:
                raise ConnectionError(f"closed: {payload!r}")
            elif opcode == _TEXT:
                return payload

    def ask(self, frame: Any) -> Any:
        self.send(json.dumps(frame).encode())
        return json.loads(self.recv())

    def close(self) -> None:
        self.socket.close()

    def _frame(self) -> tuple[int, bytes]:
        self._need(2)
        opcode, size, begin = self._buffer[0] & 0xF, self._buffer[1] & 0x7F, 2
        if size == 126:
            self._need(4)
            size, begin = struct.unpack_from("!H", self._buffer, 2)[0], 4
        elif size == 127:
            self._need(10)
            size, begin = struct.unpack_from("!Q", self._buffer, 2)[0], 10
        self._need(begin + size)
        payload, self._buffer = self._buffer[begin : begin + size], self._buffer[begin + size :]
        return opcode, payload

    def _need(self, size: int) -> None:
        if len(self._buffer) < size:
            chunks, have = [self._buffer], len(self._buffer)
            while have < size:
                chunks.append(self.socket.recv(1 << 20))
                if not chunks[-1]:
                    raise ConnectionError("the peer went")
                have += len(chunks[-1])
            self._buffer = b"".join(chunks)

    def _more(self) -> None:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("the peer went")
        self._buffer += chunk
