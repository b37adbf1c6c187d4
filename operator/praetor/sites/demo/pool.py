"""The api's connection pool: a hard upper bound, a short wait, and connections that do not grow old."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

MAX_AGE_SECONDS = 3.0
PATIENCE_SECONDS = 1.0
Connection = psycopg.Connection[tuple[Any, ...]]


class PoolExhaustedError(Exception):
    """Nobody gave a connection back in time."""


class Pool:
    def __init__(self, connect: Callable[[], Connection], max_size: Callable[[], int]) -> None:
        self._connect, self._max_size = connect, max_size
        self._idle: list[tuple[Connection, float]] = []
        self._out = 0
        self._free = threading.Condition()

    @contextmanager
    def connection(self, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Connection]:
        """Commits at the end, rolls back on an error. Raises PoolExhaustedError, and what connecting raises."""
        self._reserve(patience_seconds)
        opened: tuple[Connection, float] | None = None
        try:
            opened = self._young() or (self._connect(), time.monotonic())
            with opened[0].transaction():
                yield opened[0]
        finally:
            self._give_back(opened)

    def _reserve(self, patience_seconds: float) -> None:
        with self._free:
            if not self._free.wait_for(lambda: self._out < self._max_size(), patience_seconds):
                raise PoolExhaustedError(f"connection pool exhausted: {self._out} of {self._max_size()} in use")
            self._out += 1

    def _young(self) -> tuple[Connection, float] | None:
        while True:
            with self._free:
                if not self._idle:
                    return None
                opened = self._idle.pop()
            if _is_usable(opened):
                return opened
            _close(opened)

    def _give_back(self, opened: tuple[Connection, float] | None) -> None:
        keep = opened is not None and _is_usable(opened)
        if opened is not None and not keep:
            _close(opened)
        with self._free:
            self._out -= 1
            if opened is not None and keep:
                self._idle.append(opened)
            self._free.notify()


def _is_usable(opened: tuple[Connection, float]) -> bool:
    connection, born = opened
    return not connection.closed and not connection.broken and time.monotonic() - born < MAX_AGE_SECONDS


def _close(opened: tuple[Connection, float]) -> None:
    with suppress(psycopg.Error):
        opened[0].close()
