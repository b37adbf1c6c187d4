"""An experiment on the demo site: a real fault, the playbook, a verdict on its diagnosis, and everything put back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from praetor.controller.embedded import EmbeddedController
from praetor.policies.registry import make_policy
from praetor.runner.loop import play
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from praetor.store.directory import DirectoryStore
from praetor.substrates.connect import connect
from tests.support.demo_site import demo_site, until
from tests.support.experiments import experiment_manifest, site_manifest
from tests.support.needs_site import needs_postgres

pytestmark = [
    needs_postgres,
    pytest.mark.waits(60),
]


PROMISED = [{"sli": "availability", "objective": 0.99}, {"sli": "latency_p99_ms", "objective": 4000}]
"""A machine that others use too may be slow: this fault is none of latency."""


class ThreadPool:
    """Plays with the request's policy in a thread of this process."""

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        def played() -> RunOutcome:
            return play(request, connect(request), make_policy(request.policy), on_event=lambda event: None)

        return await asyncio.to_thread(played)


async def ended(folder: Path, url: str, fault: str) -> dict[str, Any]:
    """The run at its end; its dead-man is a process, as with `praetor dev`."""
    store = DirectoryStore(folder)
    try:
        await store.create(site_manifest(url, actionSeconds=3, stabilizationSeconds=5, slos=PROMISED))
        async with EmbeddedController(store, ThreadPool()):
            await store.create(experiment_manifest(fault=fault))
            while True:
                run = await store.get("IncidentRun", "default", "one")
                if "completionTime" in run.get("status", {}):
                    return run
                await asyncio.sleep(0.3)
    finally:
        store.close()


def test_a_real_fault_is_injected_diagnosed_and_healed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with demo_site() as site:
        monkeypatch.setenv("PRAETOR_GUARD_ALLOW_PORTS", site.url.rpartition(":")[2])
        until(lambda: site.users_are_served(6.0), site.told)
        run = asyncio.run(ended(tmp_path, site.url, "cert_expiry"))
        until(lambda: site.users_are_served(4.0), site.told)
        site.change("break", scenario="cert_expiry")  # nothing is under way any more, or this were refused
    status = run["status"]
    assert (status["phase"], status["experiment"]["state"], status["grading"]) == ("Complete", "Restored", "Full")
    assert status["result"]["truth"] == [
        {"service": "api", "mechanism": "cert_expiry", "mechanismClass": "certificate"}
    ]
    assert status["result"]["diagnosed"] is True
    folder = tmp_path / "deadmen"
    until(lambda: not any(folder.iterdir()), lambda: list(folder.iterdir()))
