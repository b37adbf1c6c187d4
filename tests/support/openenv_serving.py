"""A server of ours in the loop of the test."""

import asyncio
from contextlib import asynccontextmanager

from praetor.openenv.app import OpenEnv, served_app
from praetor.openenv.session import Limits
from praetor.openenv.sessions import Sessions
from praetor.serve.openenv import openenv_checks
from praetor.web.quick_websocket import QuickWebSocket
from praetor.web.serving import bind, server_of, url_of


@asynccontextmanager
async def serving(host="127.0.0.1", token="", web_url="", **limits):
    """A server of ours in this loop: its address and what it has."""
    env = OpenEnv.over(Sessions(Limits(**limits)))
    listening = bind("127.0.0.1", 0)
    server = server_of(served_app(env, openenv_checks(host, token), web_url), websockets=QuickWebSocket)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield url_of(listening), env
    finally:
        server.should_exit = True
        await running
