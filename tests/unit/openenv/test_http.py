"""The plain HTTP surface: an episode per session, told by a header and a cookie, and errors of one form."""

import asyncio

import pytest

from praetor.openenv.http_play import COOKIE, HEADER
from tests.support.openenv_serving import serving
from tests.support.openenv_talking import patient, talker, until


@pytest.fixture
async def http(server):
    async with patient(server[0]) as client:
        yield client


async def test_an_episode_is_played_by_its_cookie(http):
    shown = (await http.post("/reset", json={"task_id": "oom_crash", "seed": 3, "difficulty": "easy"})).json()
    assert shown["observation"]["text"].startswith("[step 0/")
    done = False
    for _ in range(3):
        answer = await http.post(
            "/step", json={"action_type": "list_services", "target_service": None, "parameters": {}}
        )
        done = answer.json()["done"]
    assert not done
    state = (await http.get("/state")).json()
    assert (state["task_id"], state["step_count"], state["difficulty"]) == ("oom-crash", 3, 0.2)
    paid = (await http.get("/reward-breakdown")).json()
    assert paid["score"] == pytest.approx(state["score"])
    assert set(paid["breakdown"]) == set(paid["caps"])


async def test_the_library_form_of_a_step_is_taken_too(http):
    await http.post("/reset", json={"seed": 3})
    answer = await http.post("/step", json={"action": {"action_type": "list_services"}, "timeout_s": 3})
    assert answer.json()["observation"]["kind"] == "list_services"


async def test_two_clients_never_share_an_episode(server):
    url, env = server
    async with patient(url) as one, patient(url) as other:
        first = await one.post("/reset", json={"seed": 1})
        second = await other.post("/reset", json={"seed": 2})
        assert first.headers[HEADER] != second.headers[HEADER]
        await one.post("/step", json={"action_type": "list_services"})
        assert (await other.get("/state")).json()["step_count"] == 0
        assert len(env.sessions) == 2


async def test_the_header_works_without_a_cookie_and_a_second_reset_keeps_the_session(http):
    session = (await http.post("/reset", json={"seed": 1})).headers[HEADER]
    http.cookies.clear()
    again = await http.post("/reset", json={"seed": 2}, headers={HEADER: session})
    assert again.headers[HEADER] == session
    http.cookies.clear()
    assert (await http.get("/state", headers={HEADER: session})).json()["seed"] == 2
    assert (await http.get("/state")).json()["seed"] is None


async def test_a_bad_reset_leaves_the_episode(http):
    await http.post("/reset", json={"seed": 1})
    assert (await http.post("/reset", json={"task_id": "no-such"})).status_code == 422
    assert (await http.get("/state")).json()["seed"] == 1


async def test_a_reset_needs_no_body(http):
    assert (await http.post("/reset")).status_code == 200


REFUSED = {
    "a step before a reset": ("/step", {"action_type": "list_services"}, {}, 409, "no_episode"),
    "a session that is gone": ("/step", {"action_type": "list_services"}, {HEADER: "gone"}, 404, "no_session"),
    "an unknown scenario": ("/reset", {"task_id": "no-such"}, {}, 422, "unknown_name"),
    "a held-out family outside test": ("/reset", {"task_id": "hot_key"}, {}, 422, "unknown_name"),
    "a bad option": ("/reset", {"difficulty": "impossible"}, {}, 422, "invalid_reset"),
    "a bad action": ("/step", {"action_type": "reboot"}, {}, 422, "invalid_action"),
    "no action": ("/step", {}, {}, 422, "invalid_action"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_errors_have_a_status_a_code_and_a_sentence(case, http):
    path, body, headers, status, code = REFUSED[case]
    answer = await http.post(path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert len(answer.json()["error"]["message"]) > 20


async def test_a_cookie_is_kept_from_scripts_and_other_sites(http):
    cookie = (await http.post("/reset")).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


async def test_a_full_server_lets_http_wait_and_then_tells_it_to_come_again():
    async with serving(most_sessions=1, queue_seconds=0.2) as (url, _), patient(url) as http:
        await http.post("/reset")
        http.cookies.clear()
        refused = await http.post("/reset")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/reset", {"seed": 1}),
        ("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/create"}),
    ],
)
async def test_http_waits_in_the_queue_too(path, body):
    async with (
        serving(most_sessions=1, queue_seconds=30) as (url, env),
        patient(url) as http,
        talker(url) as first,
    ):
        await first.state()
        waiting = asyncio.create_task(http.post(path, json=body))
        await until(lambda: env.sessions.waiting == 1)
        await first.socket.close()
        answer = await waiting
        assert answer.status_code == 200
        assert "error" not in answer.json()


async def test_sessions_that_nobody_came_back_to_make_room_before_those_that_are_played():
    limits = {"most_sessions": 2, "queue_seconds": 0.1, "unclaimed_seconds": 0.0}
    async with serving(**limits) as (url, _), patient(url) as http, talker(url) as live:
        await live.reset(seed=1, episode_id="live")
        for seed in range(5):  # by one who keeps no cookie
            assert (await http.post("/reset", json={"seed": seed})).status_code == 200
            http.cookies.clear()
        await http.post("/reset", json={"seed": 7})
        assert (await http.post("/step", json={"action_type": "list_services"})).status_code == 200
        async with talker(url) as newcomer:
            assert (await newcomer.reset())["data"]["code"] == "CAPACITY_REACHED"
        assert (await http.get("/state")).json()["seed"] == 7
        assert (await live.state())["episode_id"] == "live"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/no-such", 404), ("GET", "/reset", 405)])
async def test_a_path_that_is_not_there_is_told_in_both_forms(method, path, status, http):
    answer = await http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["detail"] in ("Not Found", "Method Not Allowed")
    assert path in answer.json()["error"]["message"]
    assert ("allow" in answer.headers) == (status == 405)


async def test_what_there_is_is_listed(http):
    listed = (await http.get("/tasks")).json()["tasks"]
    splits = {task["task_id"]: task["splits"] for task in listed}
    assert splits["oom-crash"] == ["train", "validation", "test"]
    assert splits["hot-key"] == ["test"]
    assert (await http.get("/backend")).json()["backend"] == "simulator"
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert {"/reset", "/step", "/state", "/mcp"} <= set(paths)


async def test_web_leads_where_it_is_told_to():
    async with serving(web_url="https://console.example/") as (url, _), patient(url) as http:
        assert (await http.get("/web")).headers["location"] == "https://console.example/"
    async with serving() as (url, _), patient(url) as http:
        assert (await http.get("/web")).status_code == 404
