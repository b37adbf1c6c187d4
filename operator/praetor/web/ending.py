"""The end of a process that serves: threads cannot be stopped, and whoever sent SIGTERM does not wait for them."""

import asyncio
import os
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from threading import enumerate as all_threads
from typing import Any

THREADS_SECONDS = 5.0
"""What threads get to come to an end by themselves."""
_PREFIX = "praetor-thread"


def run_to_the_end(main: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run`; after its clean end, work that was given to threads and goes on all the same (a kernel that is
    still compiled, a site that does not answer) is left behind, and the process ends with 0."""
    threads = ThreadPoolExecutor(thread_name_prefix=_PREFIX)
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(threads)
        runner.run(main)
        threads.shutdown(wait=False, cancel_futures=True)
        if not _ended(time.monotonic() + THREADS_SECONDS):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)  # the interpreter's own end would wait for them


def _ended(until: float) -> bool:
    for thread in _working():
        thread.join(max(0.0, until - time.monotonic()))
    return not _working()


def _working() -> list[Thread]:
    return [thread for thread in all_threads() if thread.name.startswith(_PREFIX)]
