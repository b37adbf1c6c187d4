"""Names of the site: a small DNS server on loopback, and the resolver that a process asks it with."""

import socket
import threading
import time
from collections.abc import Callable, Mapping

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
        threading.Thread(target=self._serve, name="names", daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, sender = self._socket.recvfrom(_LONGEST_QUERY_BYTES)
                answer = self._answer(query)
                if answer is not None:
                    self._socket.sendto(answer, sender)
            except OSError:
                if self._socket.fileno() < 0:
                    return  # closed

    def _answer(self, query: bytes) -> bytes | None:
        try:
            asked = dns.message.from_wire(query)
        except dns.exception.DNSException:
            return None
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.AA
        question = asked.question[0]
        if question.name not in self._hosts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.A:
            self._add_address(answer, question.name)
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
