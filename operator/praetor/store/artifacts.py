"""Puts artifacts into the API server and gets them back, whatever an earlier writer left there."""

import asyncio

from praetor.kube.client import KubeClient
from praetor.kube.paths import CONFIG_MAPS
from praetor.store import chunks
from simcore.errors import AlreadyExistsError, ConflictError, NotFoundError, UnavailableError
from simcore.protocols import Manifest

_ATTEMPTS = 5


class ConfigMapArtifacts:
    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def put(self, run: Manifest, artifact: str, data: bytes) -> str:
        """The name of the ConfigMap, of several the first."""
        wanted = await asyncio.to_thread(chunks.config_maps, run, artifact, data)
        for config_map in wanted:
            await self._ensure(config_map)
        await self._drop_other_form(run, artifact, wanted[0]["metadata"]["name"])
        return str(wanted[0]["metadata"]["name"])

    async def get(self, run: Manifest, artifact: str) -> bytes:
        """Raises NotFoundError."""
        first = await self._first(run, artifact)
        others = range(1, chunks.chunk_count(first))
        run_name = run["metadata"]["name"]
        names = [chunks.chunk_name(run_name, artifact, index) for index in others]
        rest = await asyncio.gather(*(self._get(run, name) for name in names))
        return await asyncio.to_thread(chunks.content, [first, *rest], artifact)

    async def _ensure(self, wanted: Manifest) -> None:
        """Creates it, or finds it done; what another run or another writing left there is replaced."""
        namespace, name = wanted["metadata"]["namespace"], wanted["metadata"]["name"]
        for _ in range(_ATTEMPTS):
            try:
                await self._client.create(CONFIG_MAPS, namespace, wanted)
                return
            except AlreadyExistsError:
                if await self._is_done_or_cleared(wanted):
                    return
        raise UnavailableError(f"ConfigMap {namespace}/{name}: somebody else keeps writing it")

    async def _is_done_or_cleared(self, wanted: Manifest) -> bool:
        namespace, name = wanted["metadata"]["namespace"], wanted["metadata"]["name"]
        try:
            found = await self._client.get(CONFIG_MAPS, namespace, name)
            if chunks.is_same(found, wanted):
                return True
            if not chunks.is_ours(found):
                raise AlreadyExistsError(f"ConfigMap {namespace}/{name} is not Praetor's; remove or rename it")
            await self._client.delete(CONFIG_MAPS, namespace, name, uid=found["metadata"]["uid"])
        except (NotFoundError, ConflictError):
            pass
        return False

    async def _drop_other_form(self, run: Manifest, artifact: str, kept: str) -> None:
        """A text that outgrew its one ConfigMap must not be read from it any more."""
        name = chunks.text_name(run["metadata"]["name"], artifact)
        if not artifact.endswith(chunks.TEXT_SUFFIX) or name == kept:
            return
        try:
            found = await self._get(run, name)
            await self._client.delete(CONFIG_MAPS, run["metadata"]["namespace"], name, uid=found["metadata"]["uid"])
        except (NotFoundError, ConflictError):
            pass

    async def _first(self, run: Manifest, artifact: str) -> Manifest:
        run_name = run["metadata"]["name"]
        if artifact.endswith(chunks.TEXT_SUFFIX):
            try:
                return await self._get(run, chunks.text_name(run_name, artifact))
            except NotFoundError:
                pass
        return await self._get(run, chunks.chunk_name(run_name, artifact, 0))

    async def _get(self, run: Manifest, name: str) -> Manifest:
        namespace = run["metadata"]["namespace"]
        found = await self._client.get(CONFIG_MAPS, namespace, name)
        if chunks.owner_uid(found) != run["metadata"]["uid"]:
            raise NotFoundError(f"ConfigMap {namespace}/{name} is not of this run")
        return found
