"""A copy of the objects of one kind, kept up by a watch: reading it costs the API server nothing.

It may be late by as long as news takes, and it says when it is not kept up; then the API server has to be asked.
"""

import asyncio
import logging
from collections import defaultdict

import orjson

from praetor.kube.client import KubeClient
from praetor.kube.paths import Resource
from simcore.errors import ConflictError, StoreError
from simcore.protocols import Manifest

logger = logging.getLogger(__name__)
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0
_Key = tuple[str, str]


class Mirror:
    """Of one namespace, or of all. With `label` only of objects that have it, which can be found by its value."""

    def __init__(self, client: KubeClient, resource: Resource, namespace: str | None = None, label: str = "") -> None:
        self.namespace, self.label = namespace, label
        self._client, self._resource = client, resource
        self._objects: dict[_Key, bytes] = {}
        self._labelled: dict[str, set[_Key]] = defaultdict(set)
        self._value_of: dict[_Key, str] = {}
        self._version_of: dict[_Key, int] = {}
        self._version = ""
        self.is_kept_up = False

    def find(self, namespace: str | None = None, value: str | None = None) -> list[Manifest]:
        """Copies, which the caller may change."""
        keys = self._objects.keys() if value is None else self._labelled.get(value, set())
        return [orjson.loads(self._objects[key]) for key in keys if namespace in (None, key[0])]

    def note(self, manifest: Manifest) -> None:
        """What this process has written itself need not wait for the news of it."""
        key, is_news = _key(manifest), _version(manifest) > int(self._version or 0)
        if self.is_kept_up and (is_news or key in self._objects) and self._concerns(manifest):
            self._put(manifest)  # neither news nor here: it was deleted meanwhile

    async def keep_up(self) -> None:
        """Until it is cancelled."""
        pause_seconds = _SHORTEST_PAUSE_SECONDS
        while True:
            try:
                if not self._version:
                    await self._fill()
                self.is_kept_up = True
                pause_seconds = _SHORTEST_PAUSE_SECONDS
                await self._follow()
            except ConflictError:  # too long ago for the server to tell what happened since
                self._version = ""
            except StoreError as problem:
                self.is_kept_up, self._version = False, ""
                logger.warning("no copy of %s is kept up: %s", self._resource.plural, problem)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)

    async def _fill(self) -> None:
        found, version = await self._client.snapshot(self._resource, self.namespace, self.label)
        self._objects.clear()
        self._version_of.clear()
        self._labelled.clear()
        self._value_of.clear()
        for manifest in found:
            self._put(manifest)
        self._version = version

    async def _follow(self) -> None:
        async for line in self._client.watch(self._resource, self.namespace, self._version, self.label):
            event = orjson.loads(line)
            kind, manifest = event["type"], event["object"]
            if kind == "ERROR":
                raise ConflictError(f"watch of {self._resource.plural}: {manifest.get('message', '')}")
            self._version = manifest["metadata"]["resourceVersion"]
            if kind == "DELETED":
                self._remove(_key(manifest))
            elif kind != "BOOKMARK":
                self._put(manifest)

    def _concerns(self, manifest: Manifest) -> bool:
        metadata = manifest["metadata"]
        return self.namespace in (None, metadata["namespace"]) and (
            not self.label or self.label in metadata.get("labels", {})
        )

    def _put(self, manifest: Manifest) -> None:
        """An older version never takes the place of a newer one."""
        key = _key(manifest)
        if _version(manifest) < self._version_of.get(key, 0):
            return
        self._remove(key)
        manifest["metadata"].pop("managedFields", None)
        self._objects[key] = orjson.dumps(manifest)
        self._version_of[key] = _version(manifest)
        value = manifest["metadata"].get("labels", {}).get(self.label)
        if value is not None:
            self._value_of[key] = value
            self._labelled[value].add(key)

    def _remove(self, key: _Key) -> None:
        self._objects.pop(key, None)
        self._version_of.pop(key, None)
        value = self._value_of.pop(key, None)
        if value is not None:
            self._labelled[value].discard(key)
            if not self._labelled[value]:
                del self._labelled[value]


def _key(manifest: Manifest) -> _Key:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _version(manifest: Manifest) -> int:
    """Versions of one resource count up, as client-go's own caches take for granted."""
    return int(manifest["metadata"]["resourceVersion"])
