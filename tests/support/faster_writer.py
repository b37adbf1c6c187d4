"""Somebody else who writes the same object, and is faster so many times."""

import pytest

from praetor.store.directory import DirectoryStore
from simcore.protocols import Manifest


def is_faster(monkeypatch: pytest.MonkeyPatch, times: int) -> list[Manifest]:
    """Before each of the next updates of a directory the status is written; the list grows by what was written."""
    update, written = DirectoryStore.update, list[Manifest]()

    async def late(self: DirectoryStore, manifest: Manifest) -> Manifest:
        if len(written) < times:
            metadata = manifest["metadata"]
            current = await self.get(manifest["kind"], metadata["namespace"], metadata["name"])
            status = current.get("status", {}) | {"message": f"look {len(written)}"}
            written.append(await self.update_status(current | {"status": status}))
        return await update(self, manifest)

    monkeypatch.setattr(DirectoryStore, "update", late)
    return written
