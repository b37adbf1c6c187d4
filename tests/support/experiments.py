"""Experiments in tests: their manifests, a lab that is quick, and a pool that plays on the site with a short script."""

import asyncio
from collections.abc import Callable
from typing import Any

from praetor.runner.loop import play
from praetor.runner.process import Clear
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.chaos.lab import Armed, Ground, Lab
from praetor.substrates.chaos.plan import Plan
from praetor.substrates.chaos.site import SiteGround
from praetor.substrates.connect import connect
from tests.support.tiny_stage import Script, decision

RESTART = {"action_type": "restart_service", "target_service": "api"}


def declare(mechanism: str = "heap_oom") -> dict[str, Any]:
    causes = [{"service": "api", "mechanism": mechanism}]
    return {"action_type": "resolve_incident", "parameters": {"causes": causes}}


def site_manifest(url: str, **spec: Any) -> dict[str, Any]:
    quick = {"http": {"url": url}, "actionSeconds": 0, "stabilizationSeconds": 1, "chaos": {"allowed": "Always"}}
    metadata = {"name": "shop", "namespace": "default"}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": metadata, "spec": quick | spec}


def experiment_manifest(name: str = "one", *, fault: str = "oom_crash", **spec: Any) -> dict[str, Any]:
    wanted = {"inject": {"fault": fault} | spec.pop("inject", {}), "target": {"siteRef": {"name": "shop"}}}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": metadata, "spec": wanted | spec}


class NotedDeadmen:
    """Dead-men that are always there; `armed_for` has the experiments that have one."""

    def __init__(self, armed: Armed | None = None) -> None:
        self.answer = armed or Armed("Armed")
        self.armed_for: dict[str, Plan] = {}

    async def arm(self, plan: Plan, token: str) -> None:
        self.armed_for[plan.uid] = plan

    async def armed(self, plan: Plan) -> Armed:
        return self.answer if plan.uid in self.armed_for else Armed("Waiting")

    async def disarm(self, plan: Plan) -> None:
        self.armed_for.pop(plan.uid, None)


def quick_lab(deadmen: Any = None, ground: Ground | None = None) -> Lab:
    """Whatever the target is, it is broken on this ground."""
    ground = ground or SiteGround()
    return Lab({"Site": ground, "Cluster": ground}, deadmen or NotedDeadmen(), look_seconds=0.05)


class ScriptedPool:
    """Plays on whatever the request says. `held` keeps episodes from ending until it is set."""

    def __init__(self, *words: Any, held: asyncio.Event | None = None) -> None:
        self.words = words or (decision(RESTART), decision(declare()))
        self.held = held
        self.requests: list[RunRequest] = []

    async def play(self, request: RunRequest, on_event: Callable[[dict[str, Any]], None], clear: Clear) -> RunOutcome:
        self.requests.append(request)
        if self.held is not None:
            await self.held.wait()
        stage = await asyncio.to_thread(connect, request)
        return await asyncio.to_thread(play, request, stage, Script(*self.words), on_event=on_event)
