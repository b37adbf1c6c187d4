"""Work in the background is done, and its failure is told and harms nobody."""

import asyncio
import gc
import logging

from praetor.web.background import Background


async def test_nobody_waits_for_it_and_it_is_done(caplog):
    done, background, go = [], Background(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.append(1)

    async def fails() -> None:
        raise OSError("no space")

    await background(work())
    await background(fails())
    gc.collect()
    assert done == []
    with caplog.at_level(logging.WARNING):
        go.set()
        await asyncio.sleep(0.01)
    assert done == [1]
    assert "OSError: no space" in caplog.text
