"""Sessions from their first frame to their last: faults of clients, places, and the end of the server."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from praetor.openenv.session import CapacityError, DrainingError, Limits
from praetor.openenv.sessions import Sessions
from tests.support.openenv_serving import serving
from tests.support.openenv_talking import LONGEST_SECONDS, get, patient, talker, until


async def test_a_client_that_breaks_off_frees_its_place_at_once(server):
    url, env = server
    async with talker(url) as client:
        await client.reset(seed=1)
        assert len(env.sessions) == 1
        client.socket.transport.abort()
        await until(lambda: len(env.sessions) == 0)


async def test_a_frame_that_is_too_long_ends_its_own_session_alone(server):
    url, _ = server
    async with talker(url) as other:
        await other.reset(seed=1, episode_id="mine")
        async with talker(url) as client:
            with pytest.raises(ConnectionClosed):
                await client.ask("x" * (1024 * 1024 + 1))
        assert (await other.state())["episode_id"] == "mine"


async def test_who_finds_no_place_waits_for_one_and_has_lost_nothing():
    async with serving(most_sessions=1, queue_seconds=30) as (url, env), talker(url) as first:
        await first.state()
        async with talker(url) as second:
            await second.socket.send(json.dumps({"type": "reset", "data": {"seed": 4}}))
            await second.socket.send(json.dumps({"type": "state"}))
            await until(lambda: env.sessions.waiting == 1)
            await first.socket.close()
            assert json.loads(await second.socket.recv())["type"] == "observation"
            assert json.loads(await second.socket.recv())["data"]["seed"] == 4
            assert (await second.step("list_services"))["type"] == "observation"


async def test_who_leaves_the_queue_takes_no_place():
    async with serving(most_sessions=1, queue_seconds=30) as (url, env), talker(url) as first:
        await first.state()
        async with talker(url):
            await until(lambda: env.sessions.waiting == 1)
        await until(lambda: env.sessions.waiting == 0)
        await first.socket.close()
        await until(lambda: len(env.sessions) == 0)


async def test_places_are_given_in_the_order_of_coming():
    async with serving(most_sessions=1, queue_seconds=30) as (url, env), talker(url) as first:
        await first.state()
        served = []

        async def wait_in_line(number):
            async with talker(url) as client:
                await client.state()
                served.append(number)

        waiting = []
        for number in range(3):
            waiting.append(asyncio.create_task(wait_in_line(number)))
            await until(lambda n=number: env.sessions.waiting == n + 1)
        await first.socket.close()
        await asyncio.gather(*waiting)
        assert served == [0, 1, 2]


async def test_the_queue_itself_is_bounded():
    sessions = Sessions(Limits(most_sessions=1, queue_seconds=30, most_waiting=1))
    held = sessions.open()
    waiting = asyncio.create_task(sessions.open_queued())
    await asyncio.sleep(0)
    with pytest.raises(CapacityError):
        await sessions.open_queued()
    sessions.close(held)
    assert (await waiting) in sessions._by_id.values()


async def test_a_promised_place_is_not_given_twice():
    sessions = Sessions(Limits(most_sessions=1, queue_seconds=30))
    held = sessions.open()
    waiting = asyncio.create_task(sessions.open_queued())
    await asyncio.sleep(0)
    sessions.close(held)
    with pytest.raises(CapacityError):
        sessions.open()
    await waiting
    assert len(sessions) == 1


async def test_a_promise_to_one_who_left_goes_to_the_next():
    sessions = Sessions(Limits(most_sessions=1, queue_seconds=30))
    held = sessions.open()
    leaver, stayer = (asyncio.create_task(sessions.open_queued()) for _ in range(2))
    await asyncio.sleep(0)
    sessions.close(held)
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    async with asyncio.timeout(LONGEST_SECONDS):
        await stayer
    assert len(sessions) == 1


def test_a_live_connection_is_never_reaped_and_a_forgotten_http_session_only_when_its_place_is_wanted():
    sessions = Sessions(Limits(most_sessions=2, idle_seconds=0.0, unclaimed_seconds=0.0))
    live, forgotten = sessions.open(), sessions.open()

    async def hang_up() -> None: ...

    live.hang_up = hang_up
    newcomer = sessions.open()
    assert sessions.get(forgotten.id) is None
    newcomer.hang_up = hang_up
    with pytest.raises(CapacityError):
        sessions.open()
    assert sessions.get(live.id) is live


async def test_a_busy_http_session_does_not_make_room():
    sessions = Sessions(Limits(most_sessions=1, idle_seconds=3600.0))
    kept = sessions.open()
    assert sessions.get(kept.id) is kept
    with pytest.raises(CapacityError):
        sessions.open()
    assert sessions.get(kept.id) is kept


async def test_draining_lets_an_episode_end_and_begins_nothing(server):
    url, env = server
    async with talker(url) as idle, talker(url) as busy:
        await idle.state()
        await busy.reset(seed=1)
        draining = asyncio.create_task(env.sessions.drain(30))
        with pytest.raises(ConnectionClosed) as ended:
            await idle.socket.recv()
        assert ended.value.rcvd.code == 1012
        assert (await get(f"{url}/health")).json() == {"status": "degraded"}
        assert (await get(f"{url}/readyz")).status_code == 503
        with pytest.raises(InvalidStatus) as refused:
            await connect(url.replace("http", "ws") + "/ws", proxy=None)
        assert refused.value.response.status_code == 503
        assert (await busy.step("list_services"))["data"]["done"] is False
        assert not draining.done()
        assert (await busy.step("resolve_incident"))["data"]["done"] is True
        with pytest.raises(ConnectionClosed) as ended:
            await busy.socket.recv()
        assert ended.value.rcvd.code == 1012
        async with asyncio.timeout(LONGEST_SECONDS):
            await draining


REFUSED_RESETS = {
    "reset": {"seed": 2},
    "batch_reset": {"seeds": [1], "task_id": "oom-crash"},
    "mcp": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "start_incident", "arguments": {}}},
}


@pytest.mark.parametrize("kind", REFUSED_RESETS)
async def test_a_reset_while_draining_ends_the_session_and_begins_nothing(kind, server):
    url, env = server
    async with talker(url) as busy:
        await busy.reset(seed=1)
        draining = asyncio.create_task(env.sessions.drain(30))
        await until(lambda: env.sessions.draining)
        told = await busy.ask({"type": kind, "data": REFUSED_RESETS[kind]})
        assert "shutting down" in json.dumps(told)
        with pytest.raises(ConnectionClosed) as ended:
            await busy.socket.recv()
        assert ended.value.rcvd.code == 1012
        async with asyncio.timeout(LONGEST_SECONDS):
            await draining


async def test_draining_ends_with_the_last_step_of_an_http_episode(server):
    url, env = server
    async with patient(url) as http:
        await http.post("/reset", json={"seed": 1})
        draining = asyncio.create_task(env.sessions.drain(30))
        await until(lambda: env.sessions.draining)
        assert not (await http.post("/step", json={"action_type": "list_services"})).json()["done"]
        assert (await http.post("/step", json={"action_type": "resolve_incident"})).json()["done"]
        async with asyncio.timeout(LONGEST_SECONDS):
            await draining


async def test_draining_refuses_an_http_reset_and_ends_with_it(server):
    url, env = server
    async with patient(url) as http:
        await http.post("/reset", json={"seed": 1})
        draining = asyncio.create_task(env.sessions.drain(30))
        await until(lambda: env.sessions.draining)
        refused = await http.post("/reset", json={"seed": 2})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        async with asyncio.timeout(LONGEST_SECONDS):
            await draining


async def test_draining_does_not_wait_longer_than_its_grace(server):
    url, env = server
    async with talker(url) as busy:
        await busy.reset(seed=1)
        async with asyncio.timeout(LONGEST_SECONDS):
            await env.sessions.drain(0.05)


async def test_draining_turns_the_queue_away():
    sessions = Sessions(Limits(most_sessions=1, queue_seconds=30))
    sessions.open()
    waiting = asyncio.create_task(sessions.open_queued())
    await asyncio.sleep(0)
    await sessions.drain(0.0)
    with pytest.raises(DrainingError):
        await waiting


async def test_a_client_that_does_not_wait_for_answers_keeps_nobody_waiting(server):
    url, _ = server
    async with talker(url) as hasty, talker(url) as patient:
        await hasty.reset(seed=1)
        for _ in range(2000):
            await hasty.socket.send(json.dumps({"type": "state"}))
        async with asyncio.timeout(LONGEST_SECONDS):
            assert (await patient.reset(seed=2))["type"] == "observation"
        for _ in range(2000):
            assert json.loads(await hasty.socket.recv())["type"] == "state"


async def test_a_full_server_says_so_and_counts():
    async with serving(most_sessions=1, queue_seconds=0.05) as (url, _), talker(url) as client:
        await client.reset(seed=1)
        await client.step("list_services")
        assert (await get(f"{url}/health")).json() == {"status": "degraded"}
        async with talker(url) as refused:
            told = await refused.reset()
            assert told["data"]["code"] == "CAPACITY_REACHED"
        text = (await get(f"{url}/metrics")).text
        for line in ("praetor_openenv_sessions 1.0", "praetor_openenv_steps_total 1.0", "sessions_refused_total 1.0"):
            assert line in text


async def test_batches_of_all_sessions_share_a_bound():
    async with serving(most_batched=10) as (url, _), talker(url) as one, talker(url) as other:

        async def begin(client, count, task_id="oom-crash"):
            return await client.ask({"type": "batch_reset", "data": {"seeds": list(range(count)), "task_id": task_id}})

        assert (await begin(one, 6))["type"] == "batch"
        told = (await begin(other, 6))["data"]
        assert told["code"] == "EXECUTION_ERROR"
        assert "at most 10 environments, 4 are free" in told["message"]
        assert (await begin(other, 4))["type"] == "batch"
        assert (await begin(one, 3, "no-such"))["type"] == "error"
        assert "4 actions for 6" in (await one.ask(_steps(4)))["data"]["message"], "the batch before is still there"
        await one.reset(seed=1)
        assert (await begin(other, 10))["type"] == "batch"


def _steps(count):
    return {"type": "batch_step", "data": {"actions": [{"action_type": "list_services"}] * count}}
