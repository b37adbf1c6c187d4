"""MCP by the official client, and beside it the library's JSON-RPC, on one path."""

import asyncio
import gc
from contextlib import asynccontextmanager

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from simcore.actions import ACTION_TYPES
from tests.support.openenv_serving import serving
from tests.support.openenv_talking import LONGEST_SECONDS, patient


@asynccontextmanager
async def agent(url, headers=None):
    async with (
        httpx.AsyncClient(headers=headers, timeout=LONGEST_SECONDS) as http,
        streamable_http_client(f"{url}/mcp", http_client=http) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


async def test_an_agent_takes_an_incident(server):
    url, env = server
    async with agent(url) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {*ACTION_TYPES, "start_incident"}
        assert tools["scale_service"].inputSchema["required"] == ["target_service", "replicas"]
        page = await session.call_tool("start_incident", {"seed": 3, "task_id": "oom-crash"})
        assert "ALERT" in page.content[0].text
        listed = await session.call_tool("list_services", {})
        assert listed.structuredContent["reward"] > 0
        end = await session.call_tool("resolve_incident", {"root_cause": "a guess", "causes": []})
        assert end.structuredContent["done"] is True
        assert "The incident has ended" in end.content[0].text
        assert len(env.sessions) == 1


async def test_what_an_agent_does_wrong_is_told_as_the_tools_error(server):
    async with agent(server[0]) as session:
        early = await session.call_tool("list_services", {})
        assert early.isError
        assert "call start_incident first" in early.content[0].text
        await session.call_tool("start_incident", {"seed": 3})
        for arguments in ({"target_service": "a", "replicas": -1}, {"target_service": "a"}, {"replicas": 1}):
            assert (await session.call_tool("scale_service", arguments)).isError
        assert (await session.call_tool("no_such_tool", {})).isError


async def test_agents_have_incidents_of_their_own(server):
    async with agent(server[0]) as one, agent(server[0]) as other:
        pages = [await session.call_tool("start_incident", {"seed": seed}) for session, seed in ((one, 1), (other, 2))]
        assert pages[0].content[0].text != pages[1].content[0].text
        assert (await one.call_tool("list_services", {})).structuredContent["observation"]["step"] == 1
        assert (await other.call_tool("list_services", {})).structuredContent["observation"]["step"] == 1


async def test_an_agent_that_goes_gives_its_place_back(server):
    url, env = server
    async with agent(url) as session:
        await session.call_tool("start_incident", {"seed": 1})
        assert len(env.sessions) == 1
    async with asyncio.timeout(LONGEST_SECONDS):
        while len(env.sessions):
            gc.collect()
            await asyncio.sleep(0.01)


async def test_an_agent_needs_the_token_too():
    async with serving(host="0.0.0.0", token="a-token-of-this-test") as (url, _):
        async with agent(url, {"Authorization": "Bearer a-token-of-this-test"}) as session:
            assert (await session.list_tools()).tools
        async with agent(f"{url}/t/a-token-of-this-test") as session:
            assert (await session.list_tools()).tools
        async with patient() as http:
            assert (await http.post(f"{url}/mcp", json={})).status_code == 401


@pytest.mark.parametrize("body", [{}, {"jsonrpc": "2.0", "method": "no/such", "id": 1}])
async def test_who_accepts_no_stream_speaks_the_librarys_form(server, body):
    async with patient() as http:
        answer = await http.post(f"{server[0]}/mcp", json=body)
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] in (-32600, -32601)
