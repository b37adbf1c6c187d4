"""What a rollout of the demo site must not do to a request that is under way just then."""

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytest.importorskip("psutil", reason="the site extra is not installed")

from praetor.sites.demo.api import ReloadedTls
from praetor.sites.demo.certificates import API_HOST, Authority
from praetor.sites.demo.circumstances import Circumstances, CircumstancesFile
from praetor.sites.demo.frontend import Frontend
from praetor.sites.demo.lines import Log
from praetor.sites.demo.names import NameServer, loopback
from praetor.sites.demo.serving import Server
from tests.support.demo_site import until


def handshake(context: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Raises ssl.SSLError."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=API_HOST),
        context.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(3):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_two_who_connect_when_a_certificate_is_new_are_both_served(tmp_path, monkeypatch):
    """The first is served while the second is still taking the certificate up."""
    authority = Authority(tmp_path)
    authority.issue()
    tls = ReloadedTls(authority.api_file, Log("api"))
    second_has_come, first_is_served = threading.Event(), threading.Event()
    load, turns = ssl.SSLContext.load_cert_chain, itertools.count()

    def slowly(context, *given):
        if next(turns) == 0:
            second_has_come.wait(0.5)  # it does not come where one waits for the other
        else:
            second_has_come.set()
            first_is_served.wait(10)
        load(context, *given)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", slowly)
    client = ssl.create_default_context(cafile=authority.ca_file)
    with ThreadPoolExecutor(2) as threads:
        connecting = [threads.submit(tls.context) for _ in range(2)]
        done, _ = wait(connecting, return_when="FIRST_COMPLETED")
        try:
            handshake(done.pop().result(), client)
        finally:
            first_is_served.set()
        for one in connecting:
            handshake(one.result(), client)


@contextmanager
def serving(server: Server) -> Iterator[int]:
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02))
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_request_is_under_way_before_its_thread_begins(monkeypatch):
    server = Server(socket.create_server(("127.0.0.1", 0)), lambda path: (200, {}))
    put_off: list[threading.Thread] = []
    with serving(server) as port:
        start = threading.Thread.start
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", lambda thread: put_off.append(thread))
            caller = HTTPConnection("127.0.0.1", port, timeout=10)
            caller.request("GET", "/")
            until(lambda: bool(put_off), lambda: "no thread was wanted")
        assert server.figures.under_way == 1
        start(put_off[0])
        assert caller.getresponse().status == 200
        caller.close()
        put_off[0].join()
    assert server.figures.taken()["requests"] == 1
    assert server.figures.under_way == 0


def test_a_request_that_no_thread_can_be_had_for_has_failed(monkeypatch):
    server = Server(socket.create_server(("127.0.0.1", 0)), lambda path: (200, {}))
    with serving(server) as port, monkeypatch.context() as patched:

        def refuse(thread):
            raise RuntimeError("can't start new thread")

        patched.setattr(threading.Thread, "start", refuse)
        caller = HTTPConnection("127.0.0.1", port, timeout=10)
        caller.request("GET", "/")
        with pytest.raises(ConnectionError):
            caller.getresponse()
        caller.close()
    told = server.figures.taken()
    assert (told["requests"], told["failed"], told["under_way"]) == (1, 1, 0)


@pytest.fixture
def frontend(tmp_path: Path) -> Iterator[Frontend]:
    authority, names = Authority(tmp_path), NameServer({API_HOST: loopback})
    authority.issue()
    around = CircumstancesFile(tmp_path / "around.json")
    around.write(Circumstances(frontend_resolver_port=names.port))
    wanted = {"version": "v1.0", "memory_limit_mb": 4096, "circumstances": around.path, "ca": authority.ca_file}
    try:
        yield Frontend(wanted)
    finally:
        names.close()


@pytest.mark.parametrize("stopped_seconds", [0.0, 1.5])
def test_a_replica_that_ends_before_it_is_asked_costs_nobody_a_request(frontend, tmp_path, stopped_seconds):
    """It takes the connection and ends without a word, as a process does that is told to, also where the machine stands
    still meanwhile."""
    ending = socket.create_server(("127.0.0.1", 0))
    api = Server(socket.create_server(("127.0.0.1", 0)), lambda path: (200, {"paid": path}))
    api.tls = ReloadedTls(tmp_path / "api.pem", Log("api")).context
    ports = (ending.getsockname()[1], api.socket.getsockname()[1])
    CircumstancesFile(tmp_path / "around.json").change(endpoints=ports)

    def end() -> None:
        connection, _ = ending.accept()
        connection.recv(4096)
        time.sleep(stopped_seconds)
        connection.close()

    thread = threading.Thread(target=end)
    thread.start()
    with serving(api):
        assert frontend.serve("/cart") == (200, {"paid": "/cart"})
    thread.join()
    ending.close()


def test_a_replica_that_cannot_prove_to_be_the_api_is_not_asked_again(frontend, tmp_path):
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other")
    stranger.issue()
    api = Server(socket.create_server(("127.0.0.1", 0)), lambda path: (200, {}))
    api.tls = ReloadedTls(stranger.api_file, Log("api")).context
    CircumstancesFile(tmp_path / "around.json").change(endpoints=(api.socket.getsockname()[1],))
    with serving(api):
        status, told = frontend.serve("/cart")
    assert (status, told["error"]) == (502, "the connection to the api is not secure")
    assert api.figures.taken()["requests"] == 1
