"""The same transcripts against the library's own server and ours: the answers are the same, word for word.

What may differ is listed in `DIFFERENCES`, and nowhere else.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.openenv_servers import CLOSED, Running, library_server, praetor_server, talk

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

DIFFERENCES = {
    "non-object": "A frame of JSON that is no object: ours answers VALIDATION_ERROR, the library's ends the session.",
    "binary": "A binary frame: ours answers INVALID_JSON, the library's ends the session.",
    "http-session": "Plain HTTP: ours keeps an episode per session, the library's makes a new one for each request.",
    "http-error": "An HTTP error has Praetor's `error` beside the library's `detail`.",
    "batch": "batch_reset and batch_step: unknown types to the library's.",
}

SERVICE = "payment-service"
LONGEST_SECONDS = 240.0
"""Only for hangs: the library's server makes a new environment for each request."""
get, post = (partial(asked, timeout=LONGEST_SECONDS) for asked in (httpx.get, httpx.post))


def act(kind, target=None, **parameters):
    return {"type": "step", "data": {"action_type": kind, "target_service": target, "parameters": parameters}}


def reset(**options):
    return {"type": "reset", "data": options}


STATE = {"type": "state"}
EPISODE = [
    act("list_services"),
    act("describe_service", SERVICE),
    act("read_logs", SERVICE, lines=5, severity="WARN"),
    act("check_metrics", SERVICE, window=120),
    act("run_diagnostic", SERVICE, command="check_health"),
    STATE,
    act("restart_service", SERVICE, memory_limit="1024Mi"),
    act("scale_service", SERVICE, replicas=4),
    act("rollback_deployment", SERVICE, to_version="v9.9.9"),
    act("update_config", SERVICE, key="db.pool.max_size", value=50),
    act("update_config", SERVICE, key="no.such.key", value="1"),
    act("describe_service", "no-such-service"),
    {"type": "step", "data": {"action_type": "list_services", "metadata": {"from": "a typed client"}}},
    act("resolve_incident", None, root_cause="x", causes=[{"service": SERVICE, "mechanism": "memory"}]),
    STATE,
    act("list_services"),
]
MALFORMED_ACTIONS = [
    {"type": "step", "data": data}
    for data in (
        {},
        {"action_type": "no_such_action"},
        {"action_type": 5},
        {"action_type": "restart_service"},
        {"action_type": "restart_service", "target_service": "Not A Name"},
        {"action_type": "restart_service", "target_service": SERVICE, "parameters": {"memory_limit": "{lots}"}},
        {"action_type": "scale_service", "target_service": SERVICE, "parameters": {"replicas": -1}},
        {"action_type": "scale_service", "target_service": SERVICE, "parameters": {"replicas": 1, "extra": 1}},
        {"action_type": "list_services", "extra": [1, {"a": None}]},
        {"action_type": "list_services", "metadata": None},
        {"action_type": "list_services", "metadata": "text"},
        {"action_type": "list_services", "parameters": None},
        {"type": "list_tools"},
        {"action_type": 2**70},
        {"action_type": "scale_service", "target_service": SERVICE, "parameters": {"replicas": 2**64}},
    )
]
BAD_FRAMES = [
    "",
    "{",
    "not json",
    '{"type": "reset", "data": {"seed": NaN}}',
    '{"type": "step", "data": {"action_type": "check_metrics", "target_service": "a", "parameters": {"window": NaN}}}',
    '{"type": "state"} trailing',
    {},
    {"type": "no-such-type"},
    {"type": ""},
    {"type": None},
    {"type": 5},
    {"type": ["reset"]},
    {"type": "reset", "data": {}, "extra": 1},
    {"type": "reset", "data": None},
    {"type": "reset", "data": [1]},
    {"type": "step"},
    {"type": "step", "data": "list_services"},
    {"type": "step", "data": {"action_type": "list_services"}, "extra": {"a": [1, 2]}},
    {"type": "state", "data": {}},
    {"type": "close", "data": {}},
    {"type": "mcp"},
    {"type": "mcp", "data": []},
]
BAD_RESETS = [
    reset(seed="one"),
    reset(seed=-1),
    reset(seed=1.5),
    reset(seed=True),
    reset(episode_id=5),
    reset(task_id="no-such-scenario"),
    reset(task_id=["oom_crash"]),
    reset(task_id="hot-key"),
    reset(split="no-such-split"),
    reset(difficulty="impossible"),
    reset(difficulty=2),
    reset(text="yes"),
    reset(index=-1),
    reset(index=10**12),
    reset(index=3, seed=1),
    reset(surprise=1),
    reset(seed=2**70),
    reset(surprise=-(2**70)),
]


def rpc(method, number=1, **params):
    return {"type": "mcp", "data": {"jsonrpc": "2.0", "method": method, "id": number, "params": params}}


MCP = [
    rpc("tools/list"),
    rpc("tools/call", name="list_services", arguments={}),
    rpc("tools/call", name="start_incident", arguments={"seed": 4, "task_id": "oom-crash"}),
    rpc("tools/call", "text-id", name="list_services", arguments={}),
    rpc("tools/call", name="read_logs", arguments={"target_service": SERVICE, "lines": 3}),
    rpc("tools/call", name="read_logs", arguments={"target_service": SERVICE, "lines": -3}),
    rpc("tools/call", name="read_logs"),
    STATE,
    rpc("tools/call", name="no_such_tool", arguments={}),
    rpc("tools/call", arguments={}),
    rpc("no/such/method"),
    rpc("openenv/session/close"),
    rpc("openenv/session/close", session_id="no-such-session"),
    {"type": "mcp", "data": {}},
    {"type": "mcp", "data": {"jsonrpc": "1.0", "method": "tools/list"}},
    {"type": "mcp", "data": {"jsonrpc": "2.0", "method": "tools/list", "params": [1]}},
]
TRANSCRIPTS = {
    "an episode as text": [reset(seed=7, episode_id="e", task_id="oom_crash"), *EPISODE],
    "an episode, structured": [reset(seed=7, episode_id="e", task_id="oom_crash", text=False), *EPISODE],
    "by the seed alone": [reset(seed=12, episode_id="e"), STATE, act("list_services")],
    "by a task": [reset(split="validation", index=31, episode_id="e"), STATE, act("list_services")],
    "by difficulty": [reset(seed=3, episode_id="e", difficulty="hard", task_id="disk-full"), STATE],
    "nulls are not given": [reset(seed=1, episode_id="e", task_id=None, difficulty=None, split=None), STATE],
    "before the first reset": [STATE, act("list_services"), *MALFORMED_ACTIONS, STATE],
    "malformed actions are no steps": [reset(seed=1, episode_id="e"), *MALFORMED_ACTIONS, STATE],
    "bad frames": [reset(seed=1, episode_id="e"), *BAD_FRAMES, STATE],
    "bad resets leave the episode": [reset(seed=1, episode_id="e"), *BAD_RESETS, STATE, act("list_services")],
    "mcp": [reset(seed=1, episode_id="e"), *MCP],
    "close": [reset(seed=1, episode_id="e"), {"type": "close"}],
}


@pytest.fixture(scope="module")
def ours() -> Iterator[Running]:
    with praetor_server() as server:
        yield server


@pytest.fixture(scope="module")
def librarys() -> Iterator[Running]:
    with library_server() as server:
        yield server


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def wire(said):
    """Without what is drawn anew each time."""
    if isinstance(said, str) and UUID.fullmatch(said):
        return "drawn"
    if isinstance(said, dict):
        return {name: "drawn" if name == "session_id" else wire(one) for name, one in said.items()}
    return [wire(one) for one in said] if isinstance(said, list) else said


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_is_answered_word_for_word(name, ours, librarys):
    frames = TRANSCRIPTS[name]
    expected, said = wire(talk(librarys.ws, frames)), wire(talk(ours.ws, frames))
    for frame, one, other in zip(frames, expected, said, strict=False):
        assert other == one, frame
    assert len(said) == len(expected)


def test_a_drawn_episode_has_an_id_of_the_same_form(ours, librarys):
    for server in (ours, librarys):
        _, told = talk(server.ws, [reset(), STATE])
        assert UUID.fullmatch(told["data"]["episode_id"])


def test_the_websocket_of_mcp_is_answered_word_for_word(ours, librarys):
    frames = [frame["data"] for frame in MCP if frame is not STATE] + [
        "",
        "{",
        {"jsonrpc": "2.0", "method": "tools/list", "x": 1},
    ]
    expected, said = (wire(talk(server.ws.removesuffix("/ws") + "/mcp", frames)) for server in (librarys, ours))
    for frame, one, other in zip(frames, expected, said, strict=False):
        assert other == one, frame
    assert len(said) == len(expected)


HTTP_GET = ("/schema", "/metadata", "/health", "/list_environments", "/praetor/splits", "/Praetor/splits", "/state")
HTTP_POST = (
    ("/praetor/num_tasks", {"split": "train"}),
    ("/praetor/num_tasks", {"split": "validation"}),
    ("/praetor/task", {"split": "validation", "index": 5}),
    ("/praetor/task_range", {"split": "validation", "start": 3, "stop": 6}),
    ("/praetor/task_range", {"split": "validation", "start": -2}),
    ("/praetor/tasks", {"split": "train"}),
    ("/reset", {"seed": 5, "episode_id": "e", "task_id": "oom_crash"}),
    ("/mcp", {}),
    ("/mcp", [1]),
    ("/mcp", {"jsonrpc": "2.0", "method": "tools/list", "id": 1}),
    ("/mcp", {"jsonrpc": "2.0", "method": "tools/call", "id": 1, "params": {"name": "list_services", "arguments": {}}}),
    ("/mcp", {"jsonrpc": "2.0", "method": "tools/call", "id": 1, "params": {"session_id": "none", "name": "x"}}),
    ("/mcp", {"jsonrpc": "2.0", "method": "openenv/session/create"}),
)
HTTP_ERRORS = (
    ("/praetor/num_tasks", {"split": "no-such-split"}, 400),
    ("/praetor/task", {"split": "validation", "index": -1}, 400),
    ("/praetor/task_range", {"split": "train"}, 400),
    ("/other/num_tasks", {"split": "train"}, 404),
    ("/praetor/task", {"split": "validation"}, 422),
    ("/praetor/task", {"split": "validation", "index": 1, "extra": 1}, 422),
    ("/reset", {"seed": -1}, 422),
    ("/no-such-path", {}, 404),
    ("/schema", {}, 405),
    ("/step", {"action": {"action_type": "no_such_action"}}, 422),
)


@pytest.mark.parametrize("path", HTTP_GET)
def test_what_is_read_over_http_is_the_same(path, ours, librarys):
    expected, said = get(librarys.url + path), get(ours.url + path)
    assert (said.status_code, said.json()) == (expected.status_code, expected.json())


@pytest.mark.parametrize(("path", "body"), HTTP_POST)
def test_what_is_posted_is_answered_alike(path, body, ours, librarys):
    expected, said = post(librarys.url + path, json=body), post(ours.url + path, json=body)
    assert (said.status_code, wire(said.json())) == (expected.status_code, wire(expected.json()))


@pytest.mark.parametrize(("path", "body", "status"), HTTP_ERRORS)
def test_errors_over_http_have_the_librarys_status_and_detail(path, body, status, ours, librarys):
    expected, said = post(librarys.url + path, json=body), post(ours.url + path, json=body)
    assert expected.status_code == said.status_code == status
    assert said.json()["detail"] == expected.json()["detail"], DIFFERENCES["http-error"]
    assert said.json()["error"]["message"]


def test_a_session_of_json_rpc_is_attached_to_closed_and_gone_alike(ours, librarys):
    def through(server):
        def call(method, **params):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            return post(server.url + "/mcp", json=body).json()

        made = call("openenv/session/create")["result"]["session_id"]
        attached = f"{server.ws}?session_id={made}"
        yield call("tools/call", session_id=made, name="start_incident", arguments={"seed": 2, "task_id": "oom-crash"})
        first, *_ = talk(attached, [STATE])
        yield first | {"data": first["data"] | {"episode_id": "drawn"}}
        yield call("tools/call", session_id=made, name="list_services", arguments={})
        yield call("openenv/session/close", session_id=made)
        (last,) = talk(attached, [STATE])[:1]
        yield last["data"]["code"], last["data"]["message"].replace(made, "drawn")

    assert wire(list(through(ours))) == wire(list(through(librarys)))


@contextmanager
def the_only_place(url):
    """Taken as soon as whoever had it before is gone there too."""
    while True:
        with connect(url, proxy=None, open_timeout=LONGEST_SECONDS) as first:
            first.send('{"type": "state"}')
            if json.loads(first.recv())["type"] == "state":
                yield
                return


def test_a_refused_client_is_told_the_same_words():
    def refused(server):
        with_one = talk(server.ws, [reset(seed=1, episode_id="e")])
        assert with_one[0]["type"] == "observation"
        with the_only_place(server.ws):
            return talk(server.ws, [STATE, STATE])

    with praetor_server("--max-sessions", "1", "--queue-seconds", "0.2") as ours, library_server(1) as librarys:
        assert refused(ours) == refused(librarys)


@pytest.mark.parametrize(
    ("frame", "code", "difference"),
    [
        ("[]", "VALIDATION_ERROR", "non-object"),
        ("5", "VALIDATION_ERROR", "non-object"),
        (b"{}", "INVALID_JSON", "binary"),
    ],
)
def test_where_the_library_ends_the_session_ours_answers(frame, code, difference, ours, librarys):
    ends = talk(librarys.ws, [reset(seed=1), frame, STATE])
    assert ends[-1] == (CLOSED, 1000), DIFFERENCES[difference]
    _, told, state = talk(ours.ws, [reset(seed=1), frame, STATE])
    assert told["data"]["code"] == code, DIFFERENCES[difference]
    assert state["type"] == "state"


def test_a_batch_is_unknown_to_the_library_and_its_session_lives_on(ours, librarys):
    frames = [{"type": "batch_reset", "data": {"seeds": [1, 2], "task_id": "oom-crash"}}, STATE]
    unknown, state = talk(librarys.ws, frames)
    assert (unknown["data"]["code"], state["type"]) == ("UNKNOWN_TYPE", "state"), DIFFERENCES["batch"]
    assert talk(ours.ws, frames)[0]["type"] == "batch"


def test_plain_http_keeps_an_episode_where_the_library_makes_a_new_one(ours, librarys):
    action = {"action": {"action_type": "list_services"}}
    for server, kept in ((ours, True), (librarys, False)):
        with httpx.Client(base_url=server.url, timeout=LONGEST_SECONDS) as client:
            client.post("/reset", json={"seed": 1})
            assert (client.get("/state").json()["seed"] == 1) is kept, DIFFERENCES["http-session"]
            assert (client.post("/step", json=action).status_code == 200) is kept
