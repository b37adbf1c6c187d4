"""The frontend: what users reach. It passes requests to the api's replicas in turn, over TLS."""

import http.client
import itertools
import json
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from praetor.sites.demo.certificates import API_HOST
from praetor.sites.demo.circumstances import CircumstancesFile
from praetor.sites.demo.lines import Log
from praetor.sites.demo.process import setup
from praetor.sites.demo.serving import Answer, Server, small_stacks

API_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_PAUSE_SECONDS = 0.1
PASSED_ON = ("/cart", "/checkout")


class Frontend:
    def __init__(self, wanted: dict[str, Any]) -> None:
        self.log = Log("frontend")
        self._around = CircumstancesFile(Path(wanted["circumstances"]))
        self._tls = ssl.create_default_context(cafile=wanted["ca"])
        self._turn = itertools.count()

    def serve(self, path: str) -> Answer:
        if path == "/":
            return 200, {"shop": "praetor demo site", "see": list(PASSED_ON)}
        if path not in PASSED_ON:
            return 404, {"error": f"no {path} here; there is {' and '.join(PASSED_ON)}"}
        try:
            return self._ask_api(path)
        except ssl.SSLCertVerificationError as problem:
            self.log.error(f"api: {problem}")
            return 502, {"error": "the connection to the api is not secure"}
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.log.error(f"api: {type(problem).__name__}: {problem}")
            return 502, {"error": "the api does not answer"}

    def _ask_api(self, path: str) -> Answer:
        """Tries again, for a second, only where no request was sent."""
        patience_ends = time.monotonic() + _RETRY_SECONDS
        while True:
            try:
                return self._asked_once(path)
            except NotSentError:
                if time.monotonic() > patience_ends:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def _asked_once(self, path: str) -> Answer:
        ports = self._around.now().endpoints
        if not ports:
            raise NotSentError("no replica of the api is ready")
        connection = _ApiConnection(ports[next(self._turn) % len(ports)], self._tls)
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
    try:
        connection.connect()
    except ConnectionError as problem:
        raise NotSentError(str(problem)) from problem


class _ApiConnection(http.client.HTTPSConnection):
    """To a replica on loopback that has to prove to be the api."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        super().__init__(API_HOST, port, timeout=API_SECONDS, context=tls)
        self._tls = tls

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
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
    frontend.log.info("frontend v1.0 started")
    server.run()


if __name__ == "__main__":
    main()
