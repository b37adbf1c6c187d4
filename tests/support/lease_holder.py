"""A process that leads until it is told to: `python -m tests.support.lease_holder KUBECONFIG NAMESPACE NAME TIMING`.

It says `leading`, and `lost` once it lost the leadership. SIGTERM makes it let go.
"""

import asyncio
import signal
import sys

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.lease import Leadership, LeaseTiming

TIMINGS = {
    "short": LeaseTiming(duration_seconds=3, renew_deadline_seconds=2.0, retry_seconds=0.2),
    "long": LeaseTiming(duration_seconds=60, renew_deadline_seconds=50.0, retry_seconds=0.2),
}


async def hold(kubeconfig: str, namespace: str, name: str, timing: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        KubeClient(load_credentials(kubeconfig)) as client,
        Leadership(client, namespace, name, identity="process", timing=TIMINGS[timing]) as leadership,
    ):
        print("leading", flush=True)
        ends = [asyncio.create_task(event.wait()) for event in (stop, leadership.lost)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        print("lost" if leadership.lost.is_set() else "let go", flush=True)


if __name__ == "__main__":
    asyncio.run(hold(*sys.argv[1:]))
