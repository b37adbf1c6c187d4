"""The short way reads and writes what the library would, and leaves everything else to it."""

import asyncio
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol

from praetor.web.quick_websocket import QuickWebSocket, text_frame, whole_text
from praetor.web.serving import bind, server_of, url_of


def opened():
    return Protocol(SERVER)


def client_frame(payload, opcode=Opcode.TEXT, fin=True):
    return Frame(opcode, payload, fin).serialize(mask=True)


def through_the_library(data):
    conn = opened()
    conn.receive_data(data)
    return [bytes(event.data).decode() for event in conn.events_received()]


@given(st.text(max_size=300))
def test_a_whole_text_is_what_the_library_reads(text):
    data = client_frame(text.encode())
    assert [whole_text(opened(), data)] == through_the_library(data) == [text]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_a_written_text_is_what_the_library_writes(size):
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@given(st.binary(max_size=300))
@settings(max_examples=500)
def test_bytes_that_are_no_whole_text_are_left_alone(data):
    text = whole_text(opened(), data)
    assert text is None or through_the_library(data) == [text]


OTHER = {
    "a part of a frame": client_frame(b"hello")[:-1],
    "two frames": client_frame(b"hello") * 2,
    "the first part of a message": client_frame(b"hello", fin=False),
    "a continuation": client_frame(b"hello", Opcode.CONT),
    "binary": client_frame(b"hello", Opcode.BINARY),
    "a ping": client_frame(b"hello", Opcode.PING),
    "no mask": Frame(Opcode.TEXT, b"hello").serialize(mask=False),
    "bad unicode": client_frame(b"\xff\xfe"),
    "a reserved bit": b"\xc1" + client_frame(b"hello")[1:],
    "a long form": struct.pack("!BBQ", 0x81, 0xFF, 5) + b"\0\0\0\0hello",
}


@pytest.mark.parametrize("case", OTHER)
def test_whatever_else_comes_is_the_librarys(case):
    assert whole_text(opened(), OTHER[case]) is None


def test_a_whole_frame_after_a_part_of_another_is_the_librarys():
    halved, begun = opened(), opened()
    halved.receive_data(client_frame(b"hello")[:4])
    begun.receive_data(client_frame(b"hello", fin=False))
    assert whole_text(halved, client_frame(b"hello")) is None
    assert whole_text(begun, client_frame(b"hello")) is None


async def echo(scope, receive, send):
    """Says everything back."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text") or message["bytes"].decode()})


async def test_messages_of_all_sizes_whole_and_in_parts_come_back_in_order():
    listening = bind("127.0.0.1", 0)
    server = server_of(echo, websockets=QuickWebSocket)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    async with connect(url_of(listening).replace("http", "ws"), proxy=None) as socket:
        texts = [json.dumps({"n": number, "pad": "é" * (number * 997 % 70_000)}) for number in range(150)]

        async def say():
            for number, text in enumerate(texts):
                half = len(text) // 2
                await socket.send([text[:half], text[half:]] if number % 5 == 0 else text)
                if number % 7 == 0:
                    await (await socket.ping())

        saying = asyncio.create_task(say())
        assert [await socket.recv() for _ in texts] == texts
        await saying
    server.should_exit = True
    await running
