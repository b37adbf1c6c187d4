"""Names of the site: a small DNS server on loopback, and the resolver that a process asks it with."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset

TTL_SECONDS = 1
_PATIENCE_SECONDS = 0.8
_LONGEST_QUERY_BYTES = 4096


AddressOf = Callable[[], str]


def loopback() -> str:
    return "127.0.0.1"


class NameServer:
    """Answers for the given names, each with the address that it has now, from a thread of its own."""

    def __init__(self, hosts: Mapping[str, AddressOf], listens: str = "127.0.0.1") -> None:
        self._hosts = {dns.name.from_text(host): address for host, address in hosts.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((listens, 0))
        self.port: int = self._socket.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="names", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Its thread has ended and its port is free when this returns."""
        self._closing.set()
        with suppress(OSError):  # "not connected", and yet it wakes whoever waits for a datagram (Linux)
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with suppress(OSError):  # of a sender that is gone already
                query, sender = self._socket.recvfrom(_LONGEST_QUERY_BYTES)
                answer = self._answer(query)
                if answer is not None:
                    self._socket.sendto(answer, sender)

    def _answer(self, query: bytes) -> bytes | None:
        """None for what is no question: anybody may send anything."""
        try:
            asked = dns.message.from_wire(query, question_only=True)
            answer = dns.message.make_response(asked)
        except dns.exception.DNSException:
            return None
        answer.flags |= dns.flags.AA
        if not asked.question:
            answer.set_rcode(dns.rcode.FORMERR)
        elif asked.question[0].name not in self._hosts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif asked.question[0].rdtype == dns.rdatatype.A:
            self._add_address(answer, asked.question[0].name)
        return answer.to_wire()

    def _add_address(self, answer: dns.message.Message, name: dns.name.Name) -> None:
        try:
            address = self._hosts[name]()
        except OSError:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return
        answer.answer.append(dns.rrset.from_text(name, TTL_SECONDS, dns.rdataclass.IN, "A", address))


class CouldNotResolveError(Exception):
    """No name server told the address."""


class Resolver:
    """Asks the server at `server()`, an address and a port; remembers an answer for its TTL."""

    def __init__(self, server: Callable[[], tuple[str, int]]) -> None:
        self._server = server
        self._known: dict[str, tuple[str, float]] = {}

    def address(self, host: str) -> str:
        """Raises CouldNotResolveError."""
        known = self._known.get(host)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        resolver = dns.resolver.Resolver(configure=False)
        address, port = self._server()
        resolver.nameservers, resolver.port, resolver.lifetime = [address], port, _PATIENCE_SECONDS
        try:
            answer = resolver.resolve(host, "A", search=False)
        except dns.exception.DNSException as problem:
            raise CouldNotResolveError(f"{host}: {type(problem).__name__}") from None
        found = str(answer[0])
        self._known[host] = (found, time.monotonic() + TTL_SECONDS)
        return found
