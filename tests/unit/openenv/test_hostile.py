"""Hostile input: whatever comes, an answer or a clean close; never a 500, a trace, a secret, or another's harm."""

import json
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.openenv_servers import Running, praetor_server

TOKEN = "a-secret-of-this-test"
LEAKS = ("Traceback", 'File "', ".py:", '.py"', TOKEN, "site-packages")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with praetor_server("--queue-seconds", "0.2", PRAETOR_OPENENV_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def bystander(server) -> Iterator["Bystander"]:
    """Somebody else's episode, looked at while the server is attacked."""
    with connect(server.ws, proxy=None) as socket:
        socket.send('{"type": "reset", "data": {"seed": 5, "episode_id": "mine"}}')
        socket.recv()
        yield Bystander(socket)


class Bystander:
    def __init__(self, socket):
        self.socket = socket

    def undisturbed(self):
        self.socket.send('{"type": "state"}')
        state = json.loads(self.socket.recv(timeout=240))["data"]
        return (state["episode_id"], state["step_count"]) == ("mine", 0)


SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
KINDS = st.sampled_from(["reset", "step", "state", "mcp", "batch_reset", "batch_step", "", "nope"])
ACTIONS = st.fixed_dictionaries(
    {"action_type": st.sampled_from(["list_services", "read_logs", "scale_service", "resolve_incident"])},
    optional={"target_service": VALUES, "parameters": VALUES, "metadata": VALUES},
)
OPTIONS = st.sampled_from(["seed", "task_id", "split", "index", "text", "difficulty"])
RESETS = st.dictionaries(OPTIONS, VALUES, max_size=3)
BATCHES = st.fixed_dictionaries(
    {},
    optional={
        "seeds": st.lists(st.integers(-3, 2**66), max_size=4) | VALUES,
        "task_id": st.just("oom-crash") | VALUES,
        "actions": st.lists(ACTIONS, max_size=3) | VALUES,
        "observe": st.sampled_from(["none", "numbers", "text", "structured"]) | VALUES,
        "split": VALUES,
    },
)
RPC = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | VALUES, "method": st.sampled_from(["tools/call", "tools/list"]) | VALUES},
    optional={
        "params": st.fixed_dictionaries(
            {"name": st.sampled_from(["start_incident", "read_logs"]) | VALUES, "arguments": RESETS | VALUES}
        )
        | VALUES,
        "id": VALUES,
    },
)
FRAMES = st.one_of(
    st.fixed_dictionaries({"type": KINDS | VALUES}, optional={"data": ACTIONS | RESETS | BATCHES | RPC | VALUES}),
    VALUES,
)
RAW = (
    st.builds(json.dumps, FRAMES)
    | st.text(max_size=60)
    | st.binary(max_size=60)
    | st.builds(lambda depth: "[" * depth, st.integers(1, 3000))
    | st.builds(lambda depth: '{"type":' * depth, st.integers(1, 3000))
    | st.builds(lambda digits: f'{{"type": "reset", "data": {{"seed": {"9" * digits}}}}}', st.integers(1, 6000))
)


@given(st.lists(RAW, min_size=1, max_size=8))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_any_frames_are_answered_and_harm_nobody(server, bystander, frames):
    with connect(server.ws, proxy=None, max_size=None) as socket:
        for frame in frames:
            socket.send(frame)
            try:
                said = socket.recv(timeout=240)
            except ConnectionClosed as end:
                pytest.fail(f"{frame!r} ended the session: {end}")
            assert json.loads(said)["type"] in ("observation", "state", "error", "mcp", "batch")
            assert not [leak for leak in LEAKS if leak in said], said
            assert "an error inside" not in said, said
    assert bystander.undisturbed()


@given(st.binary(min_size=1, max_size=200))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_bytes_that_are_no_websocket_harm_nobody(server, bystander, data):
    with connect(server.ws, proxy=None, close_timeout=0.05) as socket:
        socket.socket.sendall(data)
    assert bystander.undisturbed()


def test_a_frame_of_bad_unicode_is_the_end_of_its_own_session(server, bystander):
    with connect(server.ws, proxy=None) as socket:
        socket.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=240)
    assert bystander.undisturbed()


def test_the_openapi_document_is_attacked_without_a_server_error(server, bystander):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        def attack(case):
            response = case.call(base_url=server.url)
            case.validate_response(response, checks=[not_a_server_error])
            assert not [leak for leak in LEAKS if leak in response.text], response.text

        attack()
    assert bystander.undisturbed()


BODIES = (b"", b"{", b"[1]", b"null", b'"x"', b"\xff", b"[" * 5000, b'{"seed": 1e400}', b"9" * 6000)
MANY_FIELDS = ", ".join(f'"k{number}": 1' for number in range(60_000))
LONG = {
    "fields": f'{{"type": "state", {MANY_FIELDS}}}',
    "an action": f'{{"type": "step", "data": {{"action_type": "list_services", {MANY_FIELDS}}}}}',
    "options": f'{{"type": "reset", "data": {{{MANY_FIELDS}}}}}',
    "a type": f'{{"type": {{{MANY_FIELDS}}}}}',
    "json-rpc": f'{{"type": "mcp", "data": {{{MANY_FIELDS}}}}}',
    "a text": json.dumps({"type": "step", "data": {"action_type": "list_services", "target_service": "x" * 900_000}}),
}


@pytest.mark.parametrize("what", LONG)
def test_a_long_message_is_refused_in_few_words(what, server, bystander):
    with connect(server.ws, proxy=None) as socket:
        socket.send(LONG[what])
        said = socket.recv(timeout=240)
        assert json.loads(said)["data"]["code"] == "VALIDATION_ERROR"
        assert "at most 65536 characters" in said
        assert len(said) < 300
        socket.send('{"type": "state"}')
        assert json.loads(socket.recv(timeout=240))["type"] == "state"
    assert bystander.undisturbed()


def test_a_batch_may_be_long(server):
    action = {"action_type": "resolve_incident", "parameters": {"root_cause": "x" * 100}}
    with connect(server.ws, proxy=None, max_size=None) as socket:
        for frame in (
            {"type": "batch_reset", "data": {"seeds": list(range(1000)), "task_id": "oom-crash", "observe": "none"}},
            {"type": "batch_step", "data": {"actions": [action] * 1000}},
        ):
            socket.send(json.dumps(frame))
            assert json.loads(socket.recv(timeout=240))["type"] == "batch"


def test_a_long_body_is_refused(server, bystander):
    for path in ("/step", "/reset", "/mcp", "/praetor/task"):
        answer = httpx.post(
            server.url + path, content=f"{{{MANY_FIELDS}}}", headers={"Content-Type": "application/json"}, timeout=240
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert bystander.undisturbed()


@pytest.mark.parametrize("path", ["/reset", "/step", "/mcp", "/praetor/task", "/praetor/task_range"])
@pytest.mark.parametrize("body", BODIES)
def test_any_body_is_refused_without_a_server_error(server, path, body):
    answer = httpx.post(server.url + path, content=body, headers={"Content-Type": "application/json"}, timeout=240)
    assert answer.status_code < 500, answer.text
    assert not [leak for leak in LEAKS if leak in answer.text], answer.text


def test_nothing_of_all_that_was_an_error_of_ours(server, bystander):
    """Runs last: what the server logged while it was attacked."""
    said = server.log.read_text()
    assert "an error inside" not in said
    assert "could not be answered" not in said
    assert "Exception in ASGI application" not in said, said[-4000:]
    assert bystander.undisturbed()
