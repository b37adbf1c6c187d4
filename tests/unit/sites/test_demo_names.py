"""The demo site's name server takes whatever comes over the wire and goes on answering."""

import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

pytest.importorskip("dns", reason="the site extra is not installed")

import dns.flags
import dns.message
import dns.query
import dns.rcode

from praetor.sites.demo.names import NameServer

NAME, ADDRESS = "postgres.internal.", "127.0.0.9"
PATIENCE_SECONDS = 60.0
QUESTION = dns.message.make_query(NAME, "A").to_wire()
_HEADER_BYTES = 12


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    server = NameServer({NAME: lambda: ADDRESS})
    yield server
    server.close()


def send(server: NameServer, datagram: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(datagram, ("127.0.0.1", server.port))


def asked(server: NameServer, question: dns.message.Message) -> dns.message.Message:
    return dns.query.udp(question, "127.0.0.1", PATIENCE_SECONDS, server.port)


def with_flags(flags: int) -> bytes:
    return QUESTION[:2] + flags.to_bytes(2, "big") + QUESTION[4:]


@st.composite
def damaged_questions(draw: st.DrawFn) -> bytes:
    """Bytes of a good question, some of them others, cut or longer: what comes further than noise does."""
    datagram = bytearray(QUESTION)
    for position in draw(st.lists(st.integers(0, len(datagram) - 1), max_size=6)):
        datagram[position] = draw(st.integers(0, 255))
    return bytes(datagram[: draw(st.integers(0, len(datagram)))]) + draw(st.binary(max_size=40))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@example(QUESTION[:4] + bytes(_HEADER_BYTES - 4)).via("a message without a question")
@example(with_flags(dns.flags.QR)).via("a question that says it is an answer")
@example(with_flags(5 << 11)).via("an update")
@example(b"").via("nothing")
@given(st.one_of(st.binary(max_size=600), damaged_questions(), st.integers(0, 0xFFFF).map(with_flags)))
def test_whatever_datagram_comes_the_next_good_question_is_answered(server: NameServer, datagram: bytes) -> None:
    send(server, datagram)
    answer = asked(server, dns.message.make_query(NAME, "A"))
    assert [str(record) for record in answer.answer[0]] == [ADDRESS]


def test_a_message_without_a_question_is_told_so(server: NameServer) -> None:
    assert asked(server, dns.message.Message()).rcode() == dns.rcode.FORMERR


def test_a_name_that_nobody_knows_now_is_a_failure_of_the_server_and_not_its_end() -> None:
    addresses = iter([OSError("not now"), ADDRESS])

    def address() -> str:
        told = next(addresses)
        if isinstance(told, OSError):
            raise told
        return told

    server = NameServer({NAME: address})
    question = dns.message.make_query(NAME, "A")
    assert asked(server, question).rcode() == dns.rcode.SERVFAIL
    assert asked(server, question).rcode() == dns.rcode.NOERROR
    server.close()


def test_a_closed_server_keeps_no_thread_and_no_port() -> None:
    before = set(threading.enumerate())
    server = NameServer({NAME: lambda: ADDRESS})
    server.close()
    assert set(threading.enumerate()) <= before
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as next_one:
        next_one.bind(("127.0.0.1", server.port))
