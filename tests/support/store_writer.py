"""A process that counts in a directory store: `python -m tests.support.store_writer DIRECTORY NAME TIMES`.

It says `ready` first. With TIMES 0 it counts until it is killed.
"""

import asyncio
import itertools
import sys

from praetor.store.directory import DirectoryStore
from tests.support.store_contract.manifests import increment_attempts


async def count(directory: str, name: str, times: int) -> None:
    store = DirectoryStore(directory)
    print("ready", flush=True)
    for _ in range(times) if times else itertools.count():
        await increment_attempts(store, "default", name)
    store.close()


if __name__ == "__main__":
    asyncio.run(count(sys.argv[1], sys.argv[2], int(sys.argv[3])))
