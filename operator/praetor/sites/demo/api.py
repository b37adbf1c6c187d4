"""The api: `/cart` needs memory, `/checkout` the database and a record on disk. Served over TLS."""

import os
import socket
import ssl
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from praetor.sites.demo.bucket import TokenBucket
from praetor.sites.demo.catalogue import Catalogue
from praetor.sites.demo.certificates import expires_at
from praetor.sites.demo.circumstances import CircumstancesFile
from praetor.sites.demo.heap import Heap
from praetor.sites.demo.lines import Log
from praetor.sites.demo.names import CouldNotResolveError, Resolver
from praetor.sites.demo.pool import Connection, Pool, PoolExhaustedError
from praetor.sites.demo.process import setup
from praetor.sites.demo.releases import RELEASES, LeakingRelease
from praetor.sites.demo.serving import TOO_MANY_REQUESTS, Answer, Server, small_stacks
from praetor.sites.demo.words import contract_words

DATABASE_HOST = "postgres.internal"
REQUESTS_PER_SECOND = 20.0
_BURST = 20.0
_LOOK_SECONDS = 0.25
_CART_MB = 1
_CONNECT_SECONDS = 2
FAILURES = (psycopg.Error, OSError, MemoryError, CouldNotResolveError, PoolExhaustedError)


class Api:
    def __init__(self, wanted: dict[str, Any]) -> None:
        self._wanted, self._started = wanted, time.time()
        self.log = Log("api")
        self.heap = Heap(wanted["memory_limit_mb"])
        self.around = CircumstancesFile(Path(wanted["circumstances"]))
        self._resolver = Resolver(self._name_server)
        self.pool = Pool(self._connect, lambda: self.around.now().pool_max)
        self.release = RELEASES[wanted["version"]](self.heap, self.pool, self.log, self.around.now)
        self._bucket = TokenBucket(REQUESTS_PER_SECOND, _BURST)
        self._journal = Path(wanted["journal"])

    def _name_server(self) -> tuple[str, int]:
        around = self.around.now()
        return around.resolver_host, around.resolver_port

    def serve(self, path: str) -> Answer:
        if not self._bucket.take():
            self.log.warning(f"rate limit exceeded, HTTP 429 returned: more than {REQUESTS_PER_SECOND:g} requests/s")
            return TOO_MANY_REQUESTS, {"error": "rate limit exceeded"}
        try:
            if path == "/cart":
                return self._cart()
            if path == "/checkout":
                return self._checkout()
        except FAILURES as problem:
            return self._failed(path, problem)
        return 404, {"error": f"no {path} here; there is /cart and /checkout"}

    def _cart(self) -> Answer:
        self.heap.take(_CART_MB).close()
        return 200, {"articles": 1, "version": self.release.version}

    def _checkout(self) -> Answer:
        with self.pool.connection() as connection:
            self.release.checkout(connection)
        self._record(b"paid\n")
        return 200, {"paid": True, "version": self.release.version}

    def _failed(self, path: str, problem: Exception) -> Answer:
        told = f"{path}: {type(problem).__name__}: {problem}"
        words = contract_words(problem)
        if isinstance(problem, MemoryError) and isinstance(self.release, LeakingRelease):
            words = f"memory leak suspected: the heap grows with every request since {self.release.version}"
        self.log.error(told)
        if words:
            self.log.error(words)
        return 500, {"error": type(problem).__name__}

    def _record(self, line: bytes) -> None:
        """A checkout without its record on disk does not count. Debug logging adds a dump to each."""
        file = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            around = self.around.now()
            if around.debug_since > self._started:
                _write_all(file, os.urandom(1024) * around.dump_kib)
            _write_all(file, line)
        finally:
            os.close(file)

    def _connect(self) -> Connection:
        address = self._resolver.address(DATABASE_HOST)
        database = self._wanted["database"]
        return psycopg.connect(
            host=DATABASE_HOST,
            hostaddr=address,
            port=database["port"],
            user=database["user"],
            password=database["password"],
            dbname=database["name"],
            connect_timeout=_CONNECT_SECONDS,
            application_name="api",
        )

    def start(self) -> None:
        self._journal.unlink(missing_ok=True)  # a new process starts a new log
        self.release.start()
        self.log.info(f"api {self.release.version} started with {self.heap.limit_mb} MiB")
        catalogue = Catalogue(
            self.heap, lambda: self.around.now().catalogue_mb, lambda problem: self._failed("catalogue", problem)
        )
        threading.Thread(target=catalogue.keep_for_ever, name="catalogue", daemon=True).start()
        if self._wanted["number"] == 0:
            threading.Thread(target=self._settle, name="settlements", daemon=True).start()

    def _settle(self) -> None:
        """Each settlement is a transaction that stays open until the bank has answered."""
        with ExitStack() as held:
            count = 0
            while True:
                wanted = self.around.now().settlements
                if count > wanted:
                    held.close()
                    count = 0
                elif count < wanted:
                    count += self._open_settlement(held)
                time.sleep(_LOOK_SECONDS if count >= wanted else 0.02)

    def _open_settlement(self, held: ExitStack) -> int:
        try:
            connection = held.enter_context(self.pool.connection(_LOOK_SECONDS))
            connection.execute("SELECT count(*) FROM payments")
        except FAILURES as problem:
            self._failed("settlement", problem)
            return 0
        return 1


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


class ReloadedTls:
    """A server context that takes a new certificate as soon as there is one."""

    def __init__(self, path: Path, log: Log) -> None:
        self._path, self._log = path, log
        self._loaded_ns = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._reading = threading.Lock()

    def context(self) -> ssl.SSLContext:
        """Asked by the threads of connections: none of them gets one that has no certificate yet."""
        with self._reading:
            modified_ns = self._path.stat().st_mtime_ns
            if modified_ns != self._loaded_ns:
                self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._context.load_cert_chain(self._path)
                self._loaded_ns = modified_ns
                self._log.info(f"certificate valid until {expires_at(self._path).isoformat()}")
            return self._context

    def refused(self, problem: Exception) -> None:
        self._log.error(f"TLS handshake: {type(problem).__name__}: {problem}")
        if "EXPIRED" in str(problem):
            self._log.error(f"certificate has expired (it was valid until {expires_at(self._path).isoformat()})")


def main() -> None:
    wanted = setup()
    small_stacks()
    api = Api(wanted)
    tls = ReloadedTls(Path(wanted["certificate"]), api.log)
    server = Server(socket.create_server((wanted["host"], 0), backlog=128), api.serve)
    server.tls, server.refused = tls.context, tls.refused
    api.start()
    server.run()


if __name__ == "__main__":
    main()
