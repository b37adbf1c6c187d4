"""uvicorn's WebSockets with a short way for what nearly every message is: one whole text frame, uncompressed.

Such a frame is read and written here in one go. Whatever else comes (parts of frames, several at once, pings, the
handshake, the end) takes uvicorn's way, through the `websockets` library, whose state a whole frame does not change.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN, Protocol
from websockets.speedups import apply_mask

_WHOLE_TEXT = 0x81
_MASKED = 0x80
_MOST_WAITING = 8
_UNKNOWN = object()


def whole_text(conn: Protocol, data: bytes) -> str | None:
    """The text, if the data are exactly one whole text frame of a client and nothing is open before it."""
    if len(data) < 6 or data[0] != _WHOLE_TEXT or conn.state is not OPEN or conn.reader.buffer:
        return None
    if getattr(conn, "current_size", _UNKNOWN) is not None:  # parts of a message came before
        return None
    size, begin = data[1] - _MASKED, 2
    if size == 126:
        size, begin = int.from_bytes(data[2:4], "big"), 4
    if not 0 <= size < 65536 or data[1] == _MASKED + 127 or len(data) != begin + 4 + size:
        return None
    try:
        return str(apply_mask(data[begin + 4 :], data[begin : begin + 4]), "utf-8")
    except UnicodeDecodeError:
        return None  # the library says how such a connection ends


def text_frame(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((_WHOLE_TEXT, size)) + payload
    if size < 65536:
        return bytes((_WHOLE_TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_WHOLE_TEXT, 127)) + size.to_bytes(8, "big") + payload


class QuickWebSocket(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=QuickWebSocket, ws_per_message_deflate=False)`."""

    def data_received(self, data: bytes) -> None:
        text = whole_text(self.conn, data)
        if text is None or self.close_sent:
            super().data_received(data)
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused and self.queue.qsize() > _MOST_WAITING:
            self.read_paused = True
            self.transport.pause_reading()

    async def send(self, message: Any) -> None:
        text = message.get("text") if message["type"] == "websocket.send" else None
        if text is None or not self._may_write():
            await super().send(message)
            if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
                self.handshake_complete = True  # uvicorn forgets it, and logs every refusal as an error of ours
        else:
            self.transport.write(text_frame(text.encode()))

    def _may_write(self) -> bool:
        """Open, with room, not compressed, and not in the middle of a message in parts."""
        conn = self.conn
        return (
            self.writable.is_set()
            and conn.state is OPEN
            and not (self.disconnected or self.close_sent or conn.extensions or conn.expect_continuation_frame)
        )
