"""Runs and sites in memory, by the rules of the real stores; other coroutines get a turn at every operation.

It exists so that a test can decide in which order concurrent receivers get to the store.
"""

from collections.abc import Generator, Mapping
from typing import Any

from praetor.store import rules
from praetor.store.validation import validated
from simcore.errors import AlreadyExistsError, NotFoundError
from simcore.protocols import Manifest


class Turn:
    """Awaited once before every operation: whoever drives the coroutine decides when it goes on."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class MemoryStore:
    """`lag` is by how many writes a look that may lag is late."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Manifest] = {}
        self.past: list[dict[tuple[str, str, str], Manifest]] = [{}]
        self.lag = 0
        self.revision = 0
        self.writes = 0

    async def create(self, manifest: Manifest) -> Manifest:
        await Turn()
        key = _key(manifest)
        if key in self.objects:
            raise AlreadyExistsError(f"{key} exists already")
        self.revision += 1
        return self._put(key, rules.born(validated(manifest), self.revision))

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        await Turn()
        return self._get((kind, namespace, name))

    async def find(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        may_lag: bool = False,
    ) -> list[Manifest]:
        await Turn()
        objects = self.past[-1 - min(self.lag, len(self.past) - 1)] if may_lag else self.objects
        return [
            manifest
            for (of_kind, of_namespace, _), manifest in sorted(objects.items())
            if of_kind == kind and namespace in (None, of_namespace) and rules.has_labels(manifest, labels or {})
        ]

    async def update_status(self, manifest: Manifest) -> Manifest:
        await Turn()
        return self.write_status(manifest)

    def write_status(self, manifest: Manifest) -> Manifest:
        key = _key(manifest)
        return self._put(key, rules.with_status(self._get(key), validated(manifest)))

    def runs(self) -> list[Manifest]:
        return [manifest for (kind, *_), manifest in sorted(self.objects.items()) if kind == "IncidentRun"]

    def _get(self, key: tuple[str, str, str]) -> Manifest:
        if key not in self.objects:
            raise NotFoundError(f"{key} does not exist")
        return self.objects[key]

    def _put(self, key: tuple[str, str, str], manifest: Manifest) -> Manifest:
        self.revision += 1
        self.writes += 1
        self.objects[key] = rules.stamped(manifest, self.revision)
        self.past.append(dict(self.objects))
        return self.objects[key]


def _key(manifest: Manifest) -> tuple[str, str, str]:
    metadata: dict[str, Any] = manifest["metadata"]
    return manifest["kind"], metadata["namespace"], metadata["name"]
