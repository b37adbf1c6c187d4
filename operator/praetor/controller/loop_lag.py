"""How late the event loop is: a loop that is blocked answers no probe and renews no Lease."""

import asyncio

from praetor.controller.metrics import ControllerMetrics

PERIOD_SECONDS = 1.0


async def watch_loop_lag(metrics: ControllerMetrics) -> None:
    """Until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + PERIOD_SECONDS
        await asyncio.sleep(PERIOD_SECONDS)
        metrics.loop_lag_seconds.set(max(0.0, loop.time() - due))
