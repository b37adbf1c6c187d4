"""The releases of the api: what a deploy or a rollback really changes is which of these a process runs."""

import random
import threading
import time
from collections.abc import Callable
from mmap import mmap

import psycopg

from praetor.sites.demo.circumstances import Circumstances
from praetor.sites.demo.heap import Heap
from praetor.sites.demo.lines import Log
from praetor.sites.demo.names import CouldNotResolveError
from praetor.sites.demo.pool import Connection, Pool, PoolExhaustedError

LOCK_TIMEOUT_SECONDS = 8
STATEMENT_TIMEOUT_MS = 8200
ARTICLES = 10
_REPORT_SECONDS = 15.0
_REPORT_PAUSE_SECONDS = 0.5
_FIRST_REPORT_SECONDS = 1.0
_EXPORT_MB = 320
_TELL_EVERY_MB = 64


class Release:
    """v1.0: sells an article."""

    version = "v1.0"

    def __init__(self, heap: Heap, pool: Pool, log: Log, around: Callable[[], Circumstances]) -> None:
        self.heap, self.pool, self.log, self.around = heap, pool, log, around

    def start(self) -> None:
        """What runs beside the requests."""

    def checkout(self, connection: Connection) -> None:
        article = random.randint(1, ARTICLES)
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
        connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT_MS}ms'")  # the lock's counts anew
        connection.execute("UPDATE stock SET left_over = left_over - 1 WHERE article = %s", (article,))
        connection.execute("INSERT INTO payments (article, cents) VALUES (%s, %s)", (article, 1999))


class LeakingRelease(Release):
    """v1.1: renders an invoice in memory for each sale, and keeps it."""

    version = "v1.1"

    def __init__(self, heap: Heap, pool: Pool, log: Log, around: Callable[[], Circumstances]) -> None:
        super().__init__(heap, pool, log, around)
        self._kept: list[mmap] = []
        self._kept_mb, self._told_mb = 0, 0

    def checkout(self, connection: Connection) -> None:
        self.heap.check(random.randint(1, _EXPORT_MB))
        invoice_mb = self.around().invoice_mb
        self._kept.append(self.heap.take(invoice_mb, checked=False))
        self._kept_mb += invoice_mb
        self._tell()
        super().checkout(connection)

    def _tell(self) -> None:
        if self._kept_mb - self._told_mb >= _TELL_EVERY_MB:
            self._told_mb = self._kept_mb
            self.log.warning(
                f"possible memory leak in {self.version}: {self._kept_mb} MiB of invoices retained, "
                f"{self.heap.used_mb():.0f} of {self.heap.limit_mb} MiB in use"
            )


class LockingRelease(Release):
    """v1.2: a stock report that locks the rows it counts, for as long as it counts."""

    version = "v1.2"

    def start(self) -> None:
        threading.Thread(target=self._report_for_ever, name="stock-report", daemon=True).start()

    def _report_for_ever(self) -> None:
        time.sleep(_FIRST_REPORT_SECONDS)
        while True:
            try:
                locked = self.around().locked_articles
                with self.pool.connection() as connection:
                    connection.execute("SELECT * FROM stock WHERE article <= %s FOR UPDATE", (locked,))
                    connection.execute("SELECT pg_sleep(%s)", (_REPORT_SECONDS,))
            except (psycopg.Error, CouldNotResolveError, PoolExhaustedError) as problem:
                self.log.error(f"stock report: {problem}")
            time.sleep(_REPORT_PAUSE_SECONDS)


RELEASES: dict[str, type[Release]] = {one.version: one for one in (Release, LeakingRelease, LockingRelease)}
FIRST_VERSION = Release.version
SCHEMA = """
CREATE TABLE IF NOT EXISTS stock (article int PRIMARY KEY, left_over bigint NOT NULL);
CREATE TABLE IF NOT EXISTS payments (id bigserial PRIMARY KEY, article int NOT NULL, cents int NOT NULL,
    paid_at timestamptz NOT NULL DEFAULT now());
"""
FILL_STOCK = "INSERT INTO stock SELECT article, 1000000 FROM generate_series(1, %s) AS article ON CONFLICT DO NOTHING"
