"""Listening: bound before anything is said, answers that do not wait, a clean end."""

import asyncio
import os
import signal
import socket

import httpx
import pytest

from praetor.web.serving import BindError, bind, port_of, server_of, url_of


async def hello(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def test_a_port_in_use_is_named_with_what_to_do():
    with bind("127.0.0.1", 0) as taken, pytest.raises(BindError, match=rf"port {port_of(taken)} .* in use.*--port"):
        bind("127.0.0.1", port_of(taken))


@pytest.mark.parametrize("host", ["not.a.host.invalid", "203.0.113.1"])
def test_an_address_that_is_not_ours_is_named(host):
    with pytest.raises(BindError, match=host):
        bind(host, 0)


def test_answers_do_not_wait_for_the_acknowledgement_of_their_headers():
    with bind("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_server_and_not_the_process(number):
    listening = bind("127.0.0.1", 0)
    serving = asyncio.create_task(server_of(hello).serve(sockets=[listening]))
    async with httpx.AsyncClient(base_url=url_of(listening)) as client:
        assert (await client.get("/")).text == "hello"
    os.kill(os.getpid(), number)
    async with asyncio.timeout(60):
        await serving
