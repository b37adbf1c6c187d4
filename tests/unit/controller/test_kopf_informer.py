"""The informer when there is nothing to watch: it ends, and says so, for the process to end, too."""

import asyncio
from pathlib import Path

import pytest

from praetor.controller.kopf_informer import InformerEndedError, KopfInformer, settings


async def test_without_credentials_the_informer_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    informer = KopfInformer(lambda manifest: None, lambda key: None, ["default"])
    with pytest.raises(InformerEndedError):
        await asyncio.wait_for(informer.run(), 30)


def test_kopf_only_watches() -> None:
    chosen = settings()
    assert not chosen.posting.enabled
    assert chosen.peering.standalone
    assert max(chosen.queueing.error_delays) == 60
    assert chosen.queueing.worker_limit is None
    assert chosen.networking.request_timeout == 30
    assert chosen.persistence.finalizer.startswith("praetor.dev/")
