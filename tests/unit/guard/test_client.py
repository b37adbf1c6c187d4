"""The guarded client: what it dials, what it sends, and what it refuses to read."""

import socket
import ssl
import threading
import time
from types import SimpleNamespace

import pytest

from praetor.guard import hurried
from praetor.guard.addresses import AddressRules
from praetor.guard.client import GuardedClient
from praetor.guard.errors import GuardError, TooLargeError, UnreachableError
from tests.unit.guard.conftest import reply


@pytest.fixture
def clients(server):
    made = []

    def make(url=server.url, **settings):
        settings = {"rules": AddressRules(loopback_ports=frozenset({server.port})), "timeout_seconds": 30.0} | settings
        made.append(GuardedClient(url, **settings))
        return made[-1]

    yield make
    for client in made:
        client.close()


def test_an_answer_comes_whole(server, clients):
    answer = clients().request("POST", "/ops/scale", body={"service": "api"}, headers={"Idempotency-Key": "u/1"})
    assert (answer.status, answer.json()) == (200, {"ok": True})
    method, path, headers = server.seen[0]
    assert (method, path, headers["Idempotency-Key"]) == ("POST", "/ops/scale", "u/1")


def test_the_authorities_are_read_once_for_all_clients(clients, monkeypatch):
    """Reading them costs more than a request does, and a client is made for every look at a site."""
    first = clients()
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: pytest.fail("they are read again"))
    assert [one.request("GET", "/").status for one in (first, clients())] == [200, 200]


def test_paths_are_below_the_base_and_queries_are_encoded(server, clients):
    clients(server.url + "/team/").request("GET", "/ops/metrics", query={"service": "a b&c"})
    assert server.seen[0][1] == "/team/ops/metrics?service=a+b%26c"


def test_the_host_is_the_name_though_the_address_is_dialled(server, clients):
    client = clients(f"http://shop.example:{server.port}", resolve=lambda host, port: ["127.0.0.1"])
    client.request("GET", "/")
    assert server.seen[0][2]["Host"] == f"shop.example:{server.port}"


def test_a_name_that_changes_after_it_was_checked_changes_nothing(server, clients):
    """Each request resolves once, and what was resolved is both checked and dialled."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    client = clients(f"http://rebound.example:{server.port}", resolve=lambda host, port: answers.pop(0))
    assert client.request("GET", "/").status == 200
    with pytest.raises(GuardError, match="metadata"):
        client.request("GET", "/")
    assert len(server.seen) == 1


def test_one_bad_address_among_good_ones_is_enough(server, clients):
    client = clients("http://mixed.example:80", resolve=lambda host, port: ["93.184.215.14", "10.0.0.7"])
    with pytest.raises(GuardError, match=r"10\.0\.0\.7 is a private address"):
        client.request("GET", "/")


def test_addresses_are_dialled_in_turn_until_one_takes_the_connection(server, clients):
    """As where `localhost` is ::1 first, and the server is not there."""
    client = clients(f"http://both.example:{server.port}", resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert client.request("POST", "/", body={}).status == 200
    assert server.seen[0][2]["Host"] == f"both.example:{server.port}"


def test_an_address_that_does_not_answer_leaves_time_for_the_next(server, clients):
    with socket.create_server(("127.0.0.2", server.port), backlog=0) as full:
        waiting = [socket.create_connection(full.getsockname())]
        both = f"http://both.example:{server.port}"
        client = clients(both, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"], timeout_seconds=8.0)
        assert [client.request("GET", "/").status for _ in range(2)] == [200, 200]
        waiting[0].close()


def test_what_was_sent_is_sent_to_nobody_else(server, clients):
    """An address that takes the request and does not answer may have done what it says."""
    with socket.create_server(("127.0.0.2", server.port)) as silent:
        taken = threading.Thread(target=lambda: silent.accept()[0].close())
        taken.start()
        client = clients(f"http://both.example:{server.port}", resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
        with pytest.raises(UnreachableError):
            client.request("POST", "/", body={})
        taken.join()
    assert server.seen == []


def test_an_address_that_was_reached_is_checked_again_and_dialled_first(server, clients):
    answers = [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "10.0.0.7"]]
    client = clients(f"http://rebound.example:{server.port}", resolve=lambda host, port: answers.pop(0))
    with socket.create_server(("127.0.0.2", server.port)):
        assert [client.request("GET", "/").status for _ in range(2)] == [200, 200]
    with pytest.raises(GuardError, match=r"10\.0\.0\.7"):
        client.request("GET", "/")
    assert len(server.seen) == 2


def test_loopback_is_dialled_only_at_ports_that_are_allowed(server, clients):
    with pytest.raises(GuardError, match="loopback"):
        clients(rules=AddressRules(loopback_ports=frozenset({server.port + 1}))).request("GET", "/")
    assert server.seen == []


def test_redirects_are_answers_and_not_followed(server, clients):
    server.answer = lambda handler: reply(handler, b"", 307, Location="http://169.254.169.254/latest")
    assert clients().request("GET", "/").status == 307
    assert len(server.seen) == 1


def test_proxies_of_the_environment_are_not_asked(server, clients, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert clients().request("GET", "/").status == 200


def test_an_answer_beyond_the_limit_is_cut_off(server, clients):
    server.answer = lambda handler: reply(handler, b"x" * 100_000)
    with pytest.raises(TooLargeError, match="more than 1000 bytes"):
        clients(limit_bytes=1000).request("GET", "/")


def test_a_compressed_answer_is_refused_unread(server, clients):
    server.answer = lambda handler: reply(handler, b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(UnreachableError, match="compressed"):
        clients().request("GET", "/")


def test_an_answer_that_drips_is_given_up(server, clients):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(20):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    server.answer = drip
    with pytest.raises(UnreachableError, match="no answer in time"):
        clients(timeout_seconds=0.5).request("GET", "/")


def test_headers_that_drip_are_given_up(server, clients):
    """Each byte comes in time, and the last one never would."""
    gone = threading.Event()

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(200):
            if gone.wait(0.05):
                return
            handler.wfile.write(b"x")
            handler.wfile.flush()

    server.answer = drip
    with pytest.raises(UnreachableError, match="no answer in time"):
        clients(timeout_seconds=0.5).request("GET", "/")
    gone.set()


def test_each_request_has_the_whole_time(clients, monkeypatch):
    clock = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(hurried, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    client = clients(timeout_seconds=30.0)
    for _ in range(4):
        assert client.request("GET", "/").status == 200
        clock.seconds += 20.0


def test_nobody_there_is_told_without_a_stack(clients):
    client = clients("http://127.0.0.1:9", rules=AddressRules(loopback_ports=frozenset({9})))
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9/x: "):
        client.request("GET", "/x")


def test_a_name_that_does_not_resolve_is_told(clients):
    def nobody(host, port):
        raise OSError("Name or service not known")

    with pytest.raises(UnreachableError, match="does not resolve"):
        clients("http://nobody.example", resolve=nobody).request("GET", "/")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("ftp://shop.example", "begins with http"),
        ("shop.example/ops", "begins with http"),
        ("http://", "names a host"),
        ("http://user:hunter2@shop.example", "credentials"),
        ("http://shop.example/?a=1", "query"),
        ("http://shop.example/#x", "fragment"),
        ("http://[::1", "is no URL"),
    ],
)
def test_what_is_no_base_of_a_site_is_refused(url, complaint):
    with pytest.raises(GuardError, match=complaint) as refused:
        GuardedClient(url)
    assert "hunter2" not in str(refused.value)


def test_json_that_is_none_is_an_error(server, clients):
    server.answer = lambda handler: reply(handler, b'{"cpu": NaN}')
    with pytest.raises(ValueError, match="NaN"):
        clients().request("GET", "/").json()


def test_a_name_that_does_not_resolve_in_time_costs_no_more_than_that(clients):
    over = threading.Event()
    client = clients("http://shop.example", resolve=lambda host, port: ["192.0.2.1"] if over.wait() else [])
    try:
        with pytest.raises(UnreachableError, match="did not resolve in time"):
            client.request("GET", "/", within_seconds=0.1)
    finally:
        over.set()


def test_what_goes_wrong_while_a_name_is_looked_up_is_told(clients):
    def unknown(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(UnreachableError, match=r"does not resolve: .*not known"):
        clients("http://shop.example", resolve=unknown).request("GET", "/")
