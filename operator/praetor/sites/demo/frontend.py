"""The frontend: what users reach. It passes requests to the api's replicas in turn, over TLS.

v1.1 keeps the basket of each request in memory, for a page that nobody has made yet.
"""

import http.client
import itertools
import json
import random
import socket
import ssl
import threading
import time
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from typing import Any

from praetor.sites.demo.catalogue import Catalogue
from praetor.sites.demo.certificates import API_HOST
from praetor.sites.demo.circumstances import CircumstancesFile
from praetor.sites.demo.heap import Heap
from praetor.sites.demo.lines import Log
from praetor.sites.demo.names import CouldNotResolveError, Resolver
from praetor.sites.demo.process import setup
from praetor.sites.demo.serving import Answer, Server, small_stacks

API_SECONDS = 10.0
_TRIES, _PAUSE_SECONDS = 10, 0.1
PASSED_ON = ("/cart", "/checkout")
VERSIONS = ("v1.0", "v1.1")
_PAGE_MB, _LARGEST_PAGE_MB = 1, 160


class Frontend:
    def __init__(self, wanted: dict[str, Any]) -> None:
        self.log, self.version = Log("frontend"), wanted["version"]
        self._heap = Heap(wanted["memory_limit_mb"])
        self._around = CircumstancesFile(Path(wanted["circumstances"]))
        self._resolver = Resolver(self._name_server)
        self._tls = ssl.create_default_context(cafile=wanted["ca"])
        self._turn = itertools.count()
        self._baskets: list[mmap] = []

    def _name_server(self) -> tuple[str, int]:
        around = self._around.now()
        return around.resolver_host, around.frontend_resolver_port

    def start(self) -> None:
        pages = Catalogue(self._heap, lambda: self._around.now().pages_mb, self._starved)
        threading.Thread(target=pages.keep_for_ever, name="pages", daemon=True).start()
        self.log.info(f"frontend {self.version} started with {self._heap.limit_mb} MiB")

    def serve(self, path: str) -> Answer:
        if path == "/":
            return 200, {"shop": "praetor demo site", "see": list(PASSED_ON)}
        if path not in PASSED_ON:
            return 404, {"error": f"no {path} here; there is {' and '.join(PASSED_ON)}"}
        try:
            self._render()
            return self._told(path, self._ask_api(path))
        except MemoryError as problem:
            return self._starved(problem)
        except CouldNotResolveError as problem:
            self.log.error(f"api: could not resolve host: {problem}")
            return 502, {"error": "the api is not found"}
        except ssl.SSLCertVerificationError as problem:
            self.log.error(f"api: {problem}")
            return 502, {"error": "the connection to the api is not secure"}
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.log.error(f"api: {type(problem).__name__}: {problem}")
            return 502, {"error": "the api does not answer"}

    def _render(self) -> None:
        """A page takes room while it is made. Raises MemoryError."""
        if self.version == "v1.1":
            self._heap.check(random.randint(1, _LARGEST_PAGE_MB))
            self._baskets.append(self._heap.take(self._around.now().basket_mb, checked=False))
        self._heap.take(_PAGE_MB).close()

    def _starved(self, problem: MemoryError) -> Answer:
        self.log.error(f"MemoryError: {problem}")
        if self.version == "v1.1":
            self.log.error(f"memory leak suspected: the heap grows with every request since {self.version}")
        else:
            self.log.error("OutOfMemoryError: heap space")
        return 500, {"error": "MemoryError"}

    def _told(self, path: str, answer: Answer) -> Answer:
        """A failure is passed on, and written down as proxies do."""
        status, _ = answer
        if status >= 400:
            self.log.warning(f"GET {path}: call to api answered {status} {http.client.responses.get(status, '')}")
        return answer

    def _ask_api(self, path: str) -> Answer:
        """Tries again, ten times a second, only where no request was sent."""
        for _ in range(_TRIES):
            with suppress(NotSentError):
                return self._asked_once(path)
            time.sleep(_PAUSE_SECONDS)
        return self._asked_once(path)

    def _asked_once(self, path: str) -> Answer:
        ports = self._around.now().endpoints
        if not ports:
            raise NotSentError("no replica of the api is ready")
        address = self._resolver.address(API_HOST)
        connection = _ApiConnection(address, ports[next(self._turn) % len(ports)], self._tls)
        try:
            _connect(connection)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


class NotSentError(ConnectionError):
    """No connection came about; to ask again does no harm."""


def _connect(connection: http.client.HTTPSConnection) -> None:
    """A replica that ends during the handshake resets the connection, or just closes it."""
    try:
        connection.connect()
    except (ConnectionError, ssl.SSLEOFError) as problem:
        raise NotSentError(str(problem)) from problem


class _ApiConnection(http.client.HTTPSConnection):
    """To a replica that has to prove to be the api."""

    def __init__(self, address: str, port: int, tls: ssl.SSLContext) -> None:
        super().__init__(API_HOST, port, timeout=API_SECONDS, context=tls)
        self._address, self._tls = address, tls

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=API_HOST)
        except BaseException:
            plain.close()
            raise


def main() -> None:
    wanted = setup()
    small_stacks()
    frontend = Frontend(wanted)
    server = Server(socket.socket(fileno=wanted["listening"]), frontend.serve)
    frontend.start()
    server.run()


if __name__ == "__main__":
    main()
