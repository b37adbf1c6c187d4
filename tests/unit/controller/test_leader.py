"""What a leader survives, and what it stops at."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from praetor.controller import leader
from praetor.controller.controller import KINDS, Controller
from praetor.controller.leader import LeaseLostError
from praetor.store.directory import DirectoryStore
from simcore.errors import UnavailableError
from simcore.protocols import Manifest
from tests.support.eventually import eventually
from tests.support.inline_pool import InlinePool
from tests.support.operators import run_manifest


class FlakyStore(DirectoryStore):
    """Cannot be read at first; `looks` has the kinds that were asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.away = True
        self.looks: asyncio.Queue[str] = asyncio.Queue()

    async def find(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        may_lag: bool = False,
    ) -> list[Manifest]:
        self.looks.put_nowait(kind)
        if self.away:
            self.away = False
            raise UnavailableError("the API server is away")
        return await super().find(kind, namespace, labels=labels, may_lag=may_lag)


def run_of(name: str) -> Manifest:
    manifest = run_manifest(name)
    manifest["metadata"]["namespace"] = "default"
    return manifest


async def test_a_look_at_everything_that_fails_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leader, "RESYNC_SECONDS", 0.01)
    store = FlakyStore(tmp_path)
    resyncing = asyncio.create_task(leader._resync_for_ever(Controller(store, InlinePool()), []))
    async with asyncio.timeout(60):
        asked = [await store.looks.get() for _ in range(4)]
    resyncing.cancel()
    assert asked == [KINDS[0], *KINDS]
    assert "the API server is away" in caplog.text
    store.close()


async def test_nothing_is_done_any_more_once_the_lease_is_lost(store: DirectoryStore) -> None:
    leadership = SimpleNamespace(lost=asyncio.Event())
    held = InlinePool(held=asyncio.Event())
    async with asyncio.timeout(60), Controller(store, held) as controller:
        controller.notice(await store.create(run_of("one")))
        await eventually(lambda: held.requests)
        leadership.lost.set()
        with pytest.raises(LeaseLostError):
            await leader._until_lost(leadership, controller)  # type: ignore[arg-type]
        assert held.cancelled == 1
        controller.notice(await store.create(run_of("two")))
        await asyncio.sleep(0.05)
        assert "status" not in await store.get("IncidentRun", "default", "two")
