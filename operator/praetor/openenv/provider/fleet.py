"""All that one provider has in the cluster: its Lease, its environment in use, and those kept warm."""

import asyncio
import logging
import time
from collections.abc import Mapping

from praetor.kube.client import KubeClient
from praetor.kube.credentials import Credentials
from praetor.kube.port_forward import PortForward
from praetor.openenv.provider.errors import EnvironmentStartError
from praetor.openenv.provider.holder import Holder
from praetor.openenv.provider.instance import Instance
from praetor.openenv.provider.manifests import Names, new_name
from praetor.openenv.provider.reasons import Phase
from praetor.openenv.provider.settings import Wanted
from simcore.errors import StoreError

log = logging.getLogger(__name__)


class Fleet:
    """Lives in one event loop, from `open` to `close`."""

    def __init__(
        self,
        credentials: Credentials,
        namespace: str,
        *,
        forwards: bool,
        warm: int,
        ready_seconds: float,
        headers: Mapping[str, str],
        lease_seconds: int,
    ) -> None:
        self._credentials, self._namespace, self._forwards = credentials, namespace, forwards
        self._size, self._ready_seconds, self._headers = warm, ready_seconds, headers
        self._client = KubeClient(credentials)
        self._holder = Holder(self._client, namespace, lease_seconds=lease_seconds)
        self._warm: list[tuple[Instance, asyncio.Task[None]]] = []
        self._filling: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Raises EnvironmentStartError."""
        try:
            await self._holder.open()
            await self._holder.sweep()
        except StoreError as error:
            await self.close()
            raise EnvironmentStartError(f"namespace {self._namespace}: {error}") from error

    async def close(self) -> None:
        if self._filling:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)
        for instance, watching in self._warm:
            await _drop(instance, watching)
        self._warm.clear()
        try:
            await self._holder.close()
        except StoreError as error:
            log.warning("%s; a later provider in the namespace deletes it", error)
        await self._client.aclose()

    async def start(self, wanted: Wanted) -> Instance:
        """One of the warm ones if it is what is wanted, else a new one. Raises EnvironmentStartError."""
        instance = await self._take(wanted) or await self._new(wanted)
        if self._size:
            await self._stop_filling()
            self._filling = asyncio.create_task(self._fill(wanted))
        return instance

    async def _new(self, wanted: Wanted) -> Instance:
        seconds = wanted.settings.active_deadline_seconds
        expires_at = int(self._holder.server_time().timestamp()) + seconds if seconds else None
        name = new_name(wanted.image)
        names = Names(name, self._namespace, self._holder.name, self._holder.uid, expires_at)
        forward = PortForward(self._credentials, self._namespace, name, wanted.port) if self._forwards else None
        instance = Instance(self._client, names, wanted, forward=forward)
        await instance.create()
        return instance

    async def _take(self, wanted: Wanted) -> Instance | None:
        """The warm one that is furthest; those that failed, are of another kind or have lived too long go."""
        await self._stop_filling()
        for instance, watching in list(self._warm):
            if instance.wanted != wanted or not await _is_good(instance, watching):
                self._warm.remove((instance, watching))
                await _drop(instance, watching)
        if not self._warm:
            return None
        chosen = min(self._warm, key=lambda each: not each[1].done())
        self._warm.remove(chosen)
        instance, watching = chosen
        await _stopped(watching)
        return instance

    async def _fill(self, wanted: Wanted) -> None:
        try:
            while len(self._warm) < self._size:
                instance = await self._new(wanted)
                self._warm.append((instance, asyncio.create_task(self._watch(instance))))
        except EnvironmentStartError as error:
            log.warning("no environment is kept warm: %s", error)

    async def _watch(self, instance: Instance) -> None:
        await instance.ready(self._ready_seconds, self._headers)

    async def _stop_filling(self) -> None:
        if self._filling:
            await _stopped(self._filling)
            self._filling = None


async def _is_good(instance: Instance, watching: asyncio.Task[None]) -> bool:
    deadline_seconds = instance.wanted.settings.active_deadline_seconds
    if deadline_seconds and time.monotonic() - instance.started_at > deadline_seconds / 2:
        return False
    if watching.done() and watching.exception():
        log.warning("an environment kept warm did not get ready: %s", watching.exception())
        return False
    return (await instance.state()).phase is not Phase.ENDED


async def _drop(instance: Instance, watching: asyncio.Task[None]) -> None:
    await _stopped(watching)
    await instance.delete()


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
