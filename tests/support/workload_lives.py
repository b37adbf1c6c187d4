"""An experiment on a Deployment of a real API server: what `experiment_lives` needs to know of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from praetor.controller.episodes import Pool
from praetor.guard.targets import SiteRequest
from praetor.kube.client import KubeClient
from praetor.kube.paths import DEPLOYMENTS, NETWORK_POLICIES
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.chaos.judging import ServiceSight, Sight
from praetor.substrates.chaos.workload_faults import EXPIRES, MARK
from praetor.substrates.chaos.workloads import WorkloadGround
from praetor.substrates.cluster.templates import annotations_of
from simcore.protocols import Manifest, Store
from tests.support.experiment_lives import Experiment
from tests.support.inline_pool import InlinePool

FAULTS: dict[str, dict[str, Any]] = {
    "scale_to_zero": {},
    "memory_limit": {"memoryLimit": "8Mi"},
    "bad_image": {},
    "bad_config": {"key": "MODE", "value": "wrong"},
    "network_deny": {},
}


class MarkedGround(WorkloadGround):
    """Where no node runs a pod, users notice what carries an experiment's mark."""

    def __init__(self, client: KubeClient, namespace: str, service: str) -> None:
        super().__init__(client)
        self._loop, self.where = asyncio.get_running_loop(), (DEPLOYMENTS, namespace, service)

    def eyes(self, place: SiteRequest) -> Any:
        return self

    def look(self) -> Sight:
        found = asyncio.run_coroutine_threadsafe(self._client.get(*self.where), self._loop).result()
        health = "crashed" if MARK in annotations_of(found) else "healthy"
        return Sight((ServiceSight(self.where[2], health),), {})

    def close(self) -> None:
        """Its client is another's."""


class TinyPool(InlinePool):
    """Whatever is to be played, it is the tiny stage: no policy gets at the workload."""

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        return await super().play(replace(request, scenario="tiny", site=None), on_event, clear)


class WorkloadExperiment(Experiment):
    """`before` is the Deployment as it was made."""

    def __init__(self, store: Store, client: KubeClient, before: Manifest, name: str) -> None:
        namespace = before["metadata"]["namespace"]
        super().__init__(store, namespace, name, MarkedGround(client, namespace, before["metadata"]["name"]))
        self._client, self._before = client, before

    async def is_broken(self) -> bool:
        return not await self.is_as_it_was()

    async def is_as_it_was(self) -> bool:
        metadata = self._before["metadata"]
        now = await self._client.get(DEPLOYMENTS, metadata["namespace"], metadata["name"])
        denied = await self._client.find(NETWORK_POLICIES, metadata["namespace"])
        ours = [one for one in denied if one["metadata"]["name"] == f"{self.key.name}-deny"]
        return now["spec"] == self._before["spec"] and not {MARK, EXPIRES} & annotations_of(now).keys() and not ours

    async def times_changed(self) -> int:
        metadata = self._before["metadata"]
        now = await self._client.get(DEPLOYMENTS, metadata["namespace"], metadata["name"])
        return int(now["metadata"]["generation"]) - int(metadata["generation"])

    def pool(self) -> Pool:
        return TinyPool()
