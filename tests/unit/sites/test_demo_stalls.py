"""A process of the demo site that was stopped for a while, as on a busy machine, makes no failure of it."""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("psutil", reason="the site extra is not installed")
pytest.importorskip("psycopg", reason="the site extra is not installed")

import psycopg

from praetor.sites.demo import serving
from praetor.sites.demo.cage import Cages
from praetor.sites.demo.circumstances import Circumstances, CircumstancesFile
from praetor.sites.demo.commands import Command
from praetor.sites.demo.load import LATE_SECONDS, due_after
from praetor.sites.demo.postgres import Cluster, PostgresService
from praetor.sites.demo.running import Here
from praetor.sites.demo.serving import Server

PAUSES = st.lists(st.floats(0.001, 2.0), min_size=1, max_size=30)


@given(PAUSES)
def test_users_who_come_in_time_come_when_they_are_due(pauses: list[float]) -> None:
    due = 0.0
    for pause in pauses:
        before, due = due, due_after(due, now=due, pause_seconds=pause)
        assert due == before + pause


@given(st.floats(0.0, 100.0), PAUSES)
def test_who_would_have_come_while_nobody_was_sent_does_not_come_at_once(stopped: float, pauses: list[float]) -> None:
    due = 0.0
    at_once = [due := due_after(due, now=stopped, pause_seconds=pause) for pause in pauses]
    assert sum(pause for moment, pause in zip(at_once, pauses, strict=True) if moment <= stopped) <= LATE_SECONDS + 1e-6


def test_what_is_under_way_is_served_though_the_process_that_ends_was_stopped_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(socket.create_server(("127.0.0.1", 0)), lambda path: (200, {}))
    clock, began = SimpleNamespace(seconds=0.0, pauses=0), server.figures.began()

    def pause(seconds: float) -> None:
        clock.seconds, clock.pauses = clock.seconds + 60.0, clock.pauses + 1
        if clock.pauses == 3:
            server.figures.ended(began, 200)

    monkeypatch.setattr(serving, "time", SimpleNamespace(monotonic=lambda: clock.seconds, sleep=pause))
    server.drain()
    server.server_close()
    assert (server.figures.under_way, clock.pauses) == (0, 3)


def test_what_does_not_come_to_its_end_is_waited_for_so_often_only(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(socket.create_server(("127.0.0.1", 0)), lambda path: (200, {}))
    server.figures.began()
    monkeypatch.setattr(serving, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: None))
    server.drain()
    server.server_close()
    assert server.figures.under_way == 1


def test_a_file_that_is_written_twice_in_one_tick_of_the_file_systems_clock_is_read_again(tmp_path: Path) -> None:
    """The second has the inode of the one before the first again."""
    reader, other = CircumstancesFile(tmp_path / "around.json"), CircumstancesFile(tmp_path / "other.json")
    reader.write(Circumstances(endpoints=(1,)))
    known = reader.path.stat()
    assert reader.now().endpoints == (1,)
    other.write(Circumstances(endpoints=(2,)))
    reader.path.write_text(other.path.read_text())
    os.utime(reader.path, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert reader.now().endpoints == (2,)


class Slow(Here):
    """Comes back to what it started when that has ended."""

    async def _started(self, command: Command) -> asyncio.subprocess.Process:
        process = await super()._started(command)
        await process.wait()
        return process


async def test_a_process_that_has_ended_before_it_was_looked_at_says_why_and_how() -> None:
    cages = Cages()
    running = await Slow(cages).start(Command("praetor.sites.demo.frontend", {}), 64)
    running.look()
    said = [one.line async for one in running.said()]
    await running.end()
    cages.close()
    assert (said[-1], running.code, running.used.memory_mb) == ("KeyError: 'version'", 1, 0.0)


class Halfway:
    """A connection to the database; somebody closes it after the first answer."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close, self.closed = close, False

    def execute(self, *question: object) -> "Halfway":
        if self.closed:
            raise psycopg.OperationalError("the connection is closed")
        return self

    def fetchone(self) -> tuple[int, int]:
        self._close()
        return 1, 0

    def close(self) -> None:
        self.closed = True


async def test_a_restart_of_the_database_while_it_is_looked_at_is_one_failed_look(tmp_path: Path) -> None:
    cages = Cages()
    service = PostgresService(Cluster(tmp_path, tmp_path, 9, version="15"), Here(cages))
    cages.close()
    service._connection = Halfway(service._forget_connection)  # type: ignore[assignment]
    await service.sample()
    assert service._connection is None
