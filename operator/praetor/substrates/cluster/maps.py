"""ConfigMaps of a namespace: those of settings as they are now, those that only tell who calls whom once."""

import asyncio
from collections.abc import Iterable, Sequence

from praetor.kube.client import KubeClient
from praetor.kube.paths import CONFIG_MAPS
from praetor.resources.kubernetes_site import ConfigSetting
from praetor.substrates.cluster.reading import Objects
from praetor.substrates.cluster.rights import Held, objection
from praetor.substrates.cluster.templates import config_maps_of
from simcore.errors import DeniedError, NotFoundError
from simcore.protocols import Manifest


class MapReader:
    """By name; what is not there, or may not be read, is left out. Raises StoreError."""

    def __init__(self, namespace: str, settings: Iterable[ConfigSetting]) -> None:
        self._namespace = namespace
        self._named = {one.config_map.name for one in settings if one.config_map is not None}
        self._once: dict[str, Manifest] = {}
        self._looked_for: set[str] = set()

    async def read(self, client: KubeClient, objects: Objects, rights: Sequence[Held]) -> dict[str, Manifest]:
        workloads = (*objects.deployments, *objects.stateful_sets)
        referred = set[str]().union(*(config_maps_of(one["spec"]["template"]) for one in workloads))
        new = referred - self._named - self._looked_for
        self._once |= await self._found(client, new)
        self._looked_for |= new
        readable = [name for name in self._named if not objection(rights, "get", CONFIG_MAPS, name, self._namespace)]
        return self._once | await self._found(client, readable)

    async def _found(self, client: KubeClient, names: Iterable[str]) -> dict[str, Manifest]:
        async def one(name: str) -> Manifest | None:
            try:
                return await client.get(CONFIG_MAPS, self._namespace, name)
            except (DeniedError, NotFoundError):
                return None

        wanted = sorted(names)
        found = await asyncio.gather(*map(one, wanted))
        return {name: manifest for name, manifest in zip(wanted, found, strict=True) if manifest is not None}
