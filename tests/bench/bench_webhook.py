"""How long a sender waits for its 202: 50 deliveries a second for 20 s, each a new alert group.

The gateway is a real process over a real API server. The yardstick is the API server's own time to create an object
of the same size, measured in the same run with the same client at the same rate, before and after. The goal is for a
machine that also runs the API server and etcd; the assertion is that nothing is lost.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.store.kubernetes import KubernetesStore
from tests.controlplane.server import ControlPlane
from tests.support.alert_bodies import alert, body
from tests.support.gateway import JSON, TOKEN, WEBHOOK
from tests.support.gateway_process import gateway_process

PER_SECOND = 50
SECONDS = 20
YARDSTICK_SECONDS = 4
GOAL_MS = 100.0
HEADERS = JSON | {"Authorization": f"Bearer {TOKEN}"}


async def at_a_steady_rate(work: Callable[[int], Awaitable[None]], seconds: float) -> list[float]:
    """Milliseconds from when each piece was due to its end: a slow start of one is time that its sender waits."""
    began = time.perf_counter()

    async def one(number: int) -> float:
        due = began + number / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await work(number)
        return (time.perf_counter() - due) * 1000

    return await asyncio.gather(*(one(number) for number in range(int(seconds * PER_SECOND))))


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def line(title: str, times: list[float]) -> str:
    return f"{title:44} p50 {percentile(times, 0.5):7.1f} ms   p99 {percentile(times, 0.99):7.1f} ms   n {len(times)}"


async def raw_creates(server: ControlPlane, namespace: str, prefix: str) -> list[float]:
    """The API server alone: one create of a run, nothing else."""
    async with KubeClient(load_credentials(str(server.kubeconfig))) as client:
        store = KubernetesStore(client)

        async def create(number: int) -> None:
            manifest = {
                "apiVersion": "praetor.dev/v1alpha1",
                "kind": "IncidentRun",
                "metadata": {"name": f"{prefix}-{number}", "namespace": namespace},
                "spec": {"alert": {"source": "bench", "groupKey": "k", "title": "t", "description": "x" * 400}},
            }
            await store.create(manifest)

        await create(-1)  # the server prepares itself for a new kind with the first
        return await at_a_steady_rate(create, YARDSTICK_SECONDS)


async def deliveries(url: str) -> list[float]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(headers=HEADERS, limits=limits, timeout=30) as http:

        async def deliver(number: int) -> None:
            raw = body(alert("Bench", instance=str(number)), group_key=f"group-{number}")
            answer = await http.post(url + WEBHOOK, content=raw)
            assert answer.status_code == 202, answer.text
            assert answer.json()["runs"][0]["created"] is True

        await deliver(-1)
        return await at_a_steady_rate(deliver, SECONDS)


def test_webhook_latency(crds_installed: ControlPlane, namespace: str, tmp_path: Path) -> None:
    apart = f"{namespace}-yardstick"
    crds_installed.kubectl("create", "namespace", apart)
    before = asyncio.run(raw_creates(crds_installed, apart, "before"))
    with gateway_process(crds_installed.kubeconfig, namespace, tmp_path / "log") as url:
        times = asyncio.run(deliveries(url))
    after = asyncio.run(raw_creates(crds_installed, apart, "after"))
    found = json.loads(crds_installed.kubectl("-n", namespace, "get", "irun", "-o", "json").stdout)["items"]

    print(f"\n{PER_SECOND} a second for {SECONDS} s, the API server and etcd on the same machine")
    print(line("webhook to 202", times))
    print(line("yardstick: the API server's own create", before + after))
    print(f"goal: p99 under {GOAL_MS:g} ms: {'met' if percentile(times, 0.99) < GOAL_MS else 'not met here'}")
    assert len(found) == PER_SECOND * SECONDS + 1
    assert all(run["status"]["alerts"]["firing"] == 1 for run in found)
