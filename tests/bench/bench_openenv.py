"""The OpenEnv server beside the library's own: the same environment, the same raw client, the same run.

The library's server is the yardstick: `create_app` over PraetorEnvironment under uvicorn, as its users start it.
Steps are reads of the three usual kinds; every 21st message is a reset. Both servers are processes of their own; the
client is one thread here. `PRAETOR_BENCH_CHURN_SECONDS=600` churns for ten minutes, the default for one.
"""

import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from tests.support.openenv_servers import Running, library_server, praetor_server
from tests.support.raw_websocket import RawWebSocket, framed

ROUNDS, STEPS = 3, 3000
CHURN_SECONDS = float(os.environ.get("PRAETOR_BENCH_CHURN_SECONDS", "60"))
BATCH, BATCH_STEPS = 1024, 40
SERVICE = "payment-service"
RESET = json.dumps({"type": "reset", "data": {"seed": 0, "task_id": "oom_crash"}}).encode()
READS = [
    json.dumps({"type": "step", "data": {"action_type": kind, "target_service": target, "parameters": {}}}).encode()
    for kind, target in (
        ("list_services", None),
        ("check_metrics", "payment-service"),
        ("read_logs", "payment-service"),
    )
]
SCRIPT = [framed(RESET), *(framed(READS[number % 3]) for number in range(20))]


def show(text: str) -> None:
    print(f"\n{text}", end="", flush=True)


@pytest.fixture(scope="module")
def ours() -> Iterator[Running]:
    with praetor_server() as server:
        yield server


@pytest.fixture(scope="module")
def librarys() -> Iterator[Running]:
    with library_server(64) as server:
        yield server


def rate(server: Running, sessions: int, steps: int = STEPS) -> tuple[float, float]:
    """(messages a second, processor microseconds of the server for each), all sessions having one in flight."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(RawWebSocket(server.ws))) for _ in range(sessions)]
        return _rate(server, sockets, steps)


def _rate(server: Running, sockets: list[RawWebSocket], steps: int) -> tuple[float, float]:
    """In turn: each is read when it comes to it, and has its next message in flight meanwhile."""
    for socket in sockets:
        socket.send_framed(SCRIPT[0])
        socket.recv()
    cpu, began, done, at = server.cpu_seconds, time.perf_counter(), 0, 1
    for socket in sockets:
        socket.send_framed(SCRIPT[1])
    while done < steps:
        at = (at + 1) % len(SCRIPT)
        for socket in sockets:
            socket.recv()
            socket.send_framed(SCRIPT[at])
        done += len(sockets)
    return done / (time.perf_counter() - began), (server.cpu_seconds - cpu) / done * 1e6


@pytest.mark.parametrize("sessions", [1, 32])
def test_steps_a_second_beside_the_librarys(sessions: int, ours: Running, librarys: Running) -> None:
    rates: dict[str, list[tuple[float, float]]] = {"ours": [], "library": []}
    for server in (ours, librarys):
        rate(server, sessions, 500)
    for _ in range(ROUNDS):
        rates["ours"].append(rate(ours, sessions, STEPS * 3))
        rates["library"].append(rate(librarys, sessions))
    figures = {
        name: [statistics.median(one[part] for one in taken) for part in (0, 1)] for name, taken in rates.items()
    }
    for name, taken in rates.items():
        spread = f"(min {min(taken)[0]:,.0f}, max {max(taken)[0]:,.0f})"
        show(
            f"{sessions:3} sessions, {name:8}{figures[name][0]:10,.0f} /s {spread} {figures[name][1]:6.0f} us CPU each"
        )
    show(f"{sessions:3} sessions, ratio {figures['ours'][0] / figures['library'][0]:.1f} (goal 2, better 3)")
    assert figures["ours"][0] > figures["library"][0]
    assert figures["ours"][1] < figures["library"][1]


@pytest.mark.parametrize("observe", ["none", "numbers", "text"])
def test_environment_steps_a_second_in_batches(observe: str, ours: Running) -> None:
    socket = RawWebSocket(ours.ws)
    begin = {"seeds": list(range(BATCH)), "task_id": "oom_crash", "observe": observe}
    assert socket.ask({"type": "batch_reset", "data": begin})["type"] == "batch"
    actions = [{"action_type": "list_services"}] * BATCH
    frame = json.dumps({"type": "batch_step", "data": {"actions": actions}}).encode()
    began, cpu = time.perf_counter(), ours.cpu_seconds
    for number in range(BATCH_STEPS):
        if number == BATCH_STEPS // 2:
            assert socket.ask({"type": "batch_reset", "data": begin})["type"] == "batch"
        socket.send(frame)
        answer = socket.recv()
    seconds = time.perf_counter() - began
    assert len(json.loads(answer)["data"]["reward"]) == BATCH
    socket.close()
    count = BATCH * BATCH_STEPS
    share = (ours.cpu_seconds - cpu) / seconds
    told = f"{count / seconds:12,.0f} environment steps/s with a reset, CPU {share:.2f} (goal 50,000)"
    show(f"batch of {BATCH}, observe {observe:8}{told}")


def test_memory_of_an_idle_session(ours: Running) -> None:
    def grown(count: int) -> float:
        before, sockets = ours.rss_mb, [RawWebSocket(ours.ws) for _ in range(count)]
        for number, socket in enumerate(sockets):
            socket.ask({"type": "reset", "data": {"seed": number, "task_id": "oom_crash"}})
            socket.send(READS[2])
            socket.recv()
        growth = (ours.rss_mb - before) / count
        for socket in sockets:
            socket.close()
        return growth

    grown(50)
    show(f"an idle session with an episode {grown(800):.3f} MB (goal 0.2), the process {ours.rss_mb:.0f} MB")


def test_time_to_start(librarys: Running) -> None:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with praetor_server() as server:
            while True:
                try:
                    if httpx.get(f"{server.url}/health", timeout=5).json() == {"status": "healthy"}:
                        break
                except httpx.TransportError:
                    time.sleep(0.005)
            times.append(time.perf_counter() - began)
            rss, cpu = server.rss_mb, server.cpu_seconds
    spread = f"(min {min(times):.2f}, max {max(times):.2f}, goal 1)"
    show(f"start to healthy {statistics.median(times):.2f} s {spread}, CPU {cpu:.2f} s, {rss:.0f} MB")
    show(f"the library's server at idle {librarys.rss_mb:.0f} MB")


def churn(server: Running, http: httpx.Client, first: int) -> None:
    """A thousand clients of all kinds; most break off in the middle of a step."""
    for number in range(first, first + 1000):
        if number % 50 == 1:
            over_json_rpc(http, number)
        elif number % 50 == 2:
            over_mcp(http, number)
        else:
            over_websocket(server, number)


def over_websocket(server: Running, number: int) -> None:
    with closing(RawWebSocket(server.ws)) as socket:
        if number % 4 == 0:
            socket.ask({"type": "reset", "data": {"seed": number}})
            socket.send(READS[number % 3])
        elif number % 40 == 1:
            socket.ask({"type": "batch_reset", "data": {"seeds": [number] * 4, "task_id": "oom_crash"}})


def over_json_rpc(http: httpx.Client, number: int) -> None:
    def call(method: str, **params: object) -> dict[str, Any]:
        answer = http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
        return dict(answer["result"])

    made = call("openenv/session/create")["session_id"]
    call("tools/call", session_id=made, name="start_incident", arguments={"seed": number})
    call("openenv/session/close", session_id=made)


def over_mcp(http: httpx.Client, number: int) -> None:
    headers = {"Accept": "application/json, text/event-stream"}

    def call(method: str, **params: object) -> httpx.Response:
        return http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=headers)

    client = {"name": "bench", "version": "1"}
    begun = call("initialize", protocolVersion="2025-03-26", capabilities={}, clientInfo=client)
    headers["Mcp-Session-Id"] = begun.headers["Mcp-Session-Id"]
    http.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    assert "result" in call("tools/call", name="start_incident", arguments={"seed": number}).json()
    http.delete("/mcp", headers=headers)


def test_connects_and_churn_leak_nothing(ours: Running) -> None:
    """The slope of memory over sessions, by least squares, after the first thousand."""
    began = time.perf_counter()
    for _ in range(1000):
        RawWebSocket(ours.ws).close()
    show(f"1,000 connects and disconnects in {time.perf_counter() - began:.1f} s")
    with httpx.Client(base_url=ours.url) as http:
        churn(ours, http, 0)
        points, deadline = [], time.perf_counter() + CHURN_SECONDS
        while time.perf_counter() < deadline or len(points) < 3:
            churn(ours, http, (len(points) + 1) * 1000)
            points.append(ours.rss_mb)
    slope = statistics.linear_regression(range(len(points)), points).slope
    span = f"{points[0]:.0f} to {points[-1]:.0f} MB"
    show(f"{len(points)},000 more: {slope:+.3f} MB per 1,000 sessions (goal under 1), {span}")
    assert httpx.get(f"{ours.url}/metrics").text.count("praetor_openenv_sessions 0.0") == 1
    assert slope < 1.0
