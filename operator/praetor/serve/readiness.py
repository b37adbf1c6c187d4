"""Whether the store answers, asked at most every two seconds: a probe is open to everybody."""

import asyncio
import time

from simcore.protocols import Store

REMEMBERED_SECONDS = 2.0


class Readiness:
    """Raises what the store raised; many probes at a time are one question."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store, self._namespace = store, namespace
        self._asking = asyncio.Lock()
        self._problem: Exception | None = None
        self._until = 0.0

    async def __call__(self) -> None:
        async with self._asking:
            if time.monotonic() >= self._until:
                self._problem = await self._ask()
                self._until = time.monotonic() + REMEMBERED_SECONDS
        if self._problem is not None:
            raise self._problem.with_traceback(None)

    async def _ask(self) -> Exception | None:
        try:
            await self._store.find("TargetSite", self._namespace)
        except Exception as problem:
            return problem
        return None
