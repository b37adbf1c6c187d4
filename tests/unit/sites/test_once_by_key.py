"""A change that is sent again is not made again."""

import asyncio

import pytest

pytest.importorskip("psutil", reason="the site extra is not installed")

from praetor.sites.demo.ops_http import KEPT_KEYS, OnceByKey


class Change:
    def __init__(self) -> None:
        self.made = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self):
        self.made += 1
        await self.may_end.wait()
        return 200, {"ok": True, "message": f"change {self.made}"}


async def test_a_key_is_answered_again_and_done_once():
    once, change = OnceByKey(), Change()
    answers = [await once.answer("key", "restart api", change) for _ in range(3)]
    assert answers == [(200, {"ok": True, "message": "change 1"})] * 3
    assert change.made == 1


async def test_the_second_waits_for_the_first():
    once, change = OnceByKey(), Change()
    change.may_end.clear()
    first, second = (asyncio.create_task(once.answer("key", "restart", change)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not second.done()
    change.may_end.set()
    assert await first == await second
    assert change.made == 1


async def test_without_a_key_a_change_is_made_each_time():
    once, change = OnceByKey(), Change()
    for _ in range(2):
        await once.answer(None, "restart", change)
    assert change.made == 2


@pytest.mark.parametrize(("key", "request_text"), [("key", "scale"), ("", "restart"), ("k" * 201, "restart")])
async def test_a_key_that_cannot_be_right_is_refused(key, request_text):
    once, change = OnceByKey(), Change()
    await once.answer("key", "restart", change)
    status, told = await once.answer(key, request_text, change)
    assert (status, told["ok"], change.made) == (422, False, 1)


async def test_the_oldest_keys_are_forgotten():
    once, change = OnceByKey(), Change()
    for number in range(KEPT_KEYS + 1):
        await once.answer(f"key {number}", "restart", change)
    await once.answer(f"key {KEPT_KEYS}", "restart", change)
    assert change.made == KEPT_KEYS + 1
