"""Putting the demo site back: no step waits for another's success, and none is given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("psutil", reason="the site extra is not installed")
pytest.importorskip("psycopg", reason="the site extra is not installed")

import psycopg

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.circumstances import DEFAULT_POOL
from praetor.sites.demo.healing import Attempts
from praetor.sites.demo.postgres import Cluster, PostgresService
from praetor.sites.demo.running import Here

NOBODY_LISTENS = 9


class Steps:
    """Each fails as often as it is told to before it succeeds."""

    def __init__(self, failures: dict[str, int]) -> None:
        self.failures = dict(failures)
        self.tried: list[str] = []

    def step(self, name: str) -> Callable[[], Awaitable[None]]:
        async def step() -> None:
            self.tried.append(name)
            self.failures[name] -= 1
            if self.failures[name] >= 0:
                raise ConnectionError(f"{name} is away")

        return step


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), min_size=1))
def test_each_step_is_tried_whatever_the_others_did_and_until_it_succeeds(failures):
    steps, attempts = Steps(failures), Attempts(again_seconds=0)
    asyncio.run(attempts.until_done({name: steps.step(name) for name in failures}))
    assert steps.tried[: len(failures)] == list(failures)
    assert {name: steps.tried.count(name) for name in failures} == {name: many + 1 for name, many in failures.items()}
    assert not attempts.left


async def test_what_is_left_says_why_and_is_logged_once_for_each_reason(caplog):
    steps, attempts = Steps({"pool": 3, "api": 0}), Attempts(again_seconds=0)
    seen = []

    async def look() -> None:
        seen.append(dict(attempts.left))
        if len(seen) < 3:
            raise ValueError("not yet")

    with caplog.at_level(logging.WARNING):
        await attempts.until_done({"pool": steps.step("pool"), "api": steps.step("api"), "look": look})
    assert seen[0] == {"pool": "ConnectionError: pool is away"}
    assert seen[1] == seen[0] | {"look": "ValueError: not yet"}
    assert [record.args for record in caplog.records] == list(seen[1].items())


async def test_a_limit_that_the_database_did_not_take_is_not_told(tmp_path: Path):
    cages = Cages()
    service = PostgresService(Cluster(tmp_path, tmp_path, NOBODY_LISTENS, version="15"), Here(cages))
    cages.close()
    with pytest.raises(psycopg.OperationalError):
        await service.set_pool(50)
    assert service.metrics().connection_limit == DEFAULT_POOL
