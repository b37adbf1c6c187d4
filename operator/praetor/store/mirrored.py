"""The store of a cluster with copies at hand: a look that may be late costs the API server nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from praetor.kube.client import KubeClient
from praetor.kube.mirror import Mirror
from praetor.resources.meta import API_VERSION
from praetor.store import rules
from praetor.store.kubernetes import RESOURCES, KubernetesStore
from simcore.protocols import Manifest


class MirroredStore(KubernetesStore):
    """`find(may_lag=True)` answers from a mirror while one that knows the answer is kept up."""

    def __init__(self, client: KubeClient, mirrors: Mapping[str, Sequence[Mirror]]) -> None:
        super().__init__(client)
        self._mirrors = mirrors

    async def create(self, manifest: Manifest) -> Manifest:
        return self._noted(await super().create(manifest))

    async def update(self, manifest: Manifest) -> Manifest:
        return self._noted(await super().update(manifest))

    async def update_status(self, manifest: Manifest) -> Manifest:
        return self._noted(await super().update_status(manifest))

    def _noted(self, written: Manifest) -> Manifest:
        for mirror in self._mirrors.get(written["kind"], ()):
            mirror.note(written)
        return written

    async def find(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        may_lag: bool = False,
    ) -> list[Manifest]:
        mirror = self._mirror(kind, namespace, labels or {}) if may_lag else None
        if mirror is None:
            return await super().find(kind, namespace, labels=labels, may_lag=may_lag)
        found = mirror.find(namespace, (labels or {}).get(mirror.label))
        return sorted(({"apiVersion": API_VERSION, "kind": kind} | one for one in found), key=rules.age_order)

    def _mirror(self, kind: str, namespace: str | None, labels: Mapping[str, str]) -> Mirror | None:
        for mirror in self._mirrors.get(kind, ()):
            has_it = mirror.namespace in (None, namespace) and list(labels) == ([mirror.label] if mirror.label else [])
            if has_it and mirror.is_kept_up:
                return mirror
        return None


@asynccontextmanager
async def mirrored_store(
    client: KubeClient, namespaces: Sequence[str], labels: Mapping[str, str]
) -> AsyncIterator[MirroredStore]:
    """Copies of the kinds that `labels` names, of those objects only that have its label (""; all of them). No
    `namespaces`: of all."""
    mirrors = {
        kind: [Mirror(client, RESOURCES[kind], namespace, label) for namespace in namespaces or (None,)]
        for kind, label in labels.items()
    }
    keeping = [asyncio.create_task(mirror.keep_up()) for of_kind in mirrors.values() for mirror in of_kind]
    try:
        yield MirroredStore(client, mirrors)
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
