"""`praetor openenv serve` as a process: it fails closed, says where it is, drains, and ends."""

import json
import signal
import subprocess
import time

import pytest

from tests.support.openenv_servers import SERVE, praetor_server
from tests.support.raw_websocket import RawWebSocket

RESET = {"type": "reset", "data": {"seed": 1}}
DECLARE = {"type": "step", "data": {"action_type": "resolve_incident"}}


def test_it_does_not_start_for_strangers_without_a_token():
    ended = subprocess.run([*SERVE, "--host", "0.0.0.0"], capture_output=True, text=True, timeout=240)
    assert ended.returncode == 2
    assert "PRAETOR_OPENENV_TOKEN" in ended.stderr
    assert "Traceback" not in ended.stderr


def told(server, words, within_seconds=240.0):
    """Waits until the server has said it: what it answers may come before."""
    ends = time.monotonic() + within_seconds
    while words not in server.log.read_text():
        assert time.monotonic() < ends, server.log.read_text()
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_episode_end_and_then_the_process(number):
    with praetor_server("--grace-seconds", "60") as server:
        socket = RawWebSocket(server.ws)
        socket.ask(RESET)
        server.process.send_signal(number)
        assert socket.ask({"type": "state"})["data"]["seed"] == 1
        told(server, "1 open episode has 60 s to end; a second signal")
        assert socket.ask(DECLARE)["data"]["done"] is True
        with pytest.raises(ConnectionError, match="closed"):
            socket.recv()
        assert server.process.wait(240) == 0
        socket.close()
        assert "Traceback" not in server.log.read_text()


def test_a_second_signal_ends_it_at_once():
    with praetor_server("--grace-seconds", "600") as server:
        socket = RawWebSocket(server.ws)
        socket.ask(RESET)
        server.process.send_signal(signal.SIGTERM)
        assert socket.ask({"type": "state"})["data"]["seed"] == 1
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(240) == 0
        socket.close()


def test_the_token_opens_and_is_in_no_word_of_the_process():
    token = "a-secret-of-this-test"
    with praetor_server("--host", "0.0.0.0", PRAETOR_OPENENV_TOKEN=token) as server:
        address = server.url.replace("0.0.0.0", "127.0.0.1").replace("http", "ws")
        socket = RawWebSocket(f"{address}/t/{token}/ws")
        assert socket.ask(RESET)["type"] == "observation"
        socket.close()
        with pytest.raises(ConnectionError, match="401"):
            RawWebSocket(f"{address}/ws")
        assert token not in server.log.read_text()
    assert token not in json.dumps(server.process.args)
