"""How long from applying a run to its `Complete`: 100 runs one after the other, by a real operator process.

The yardstick is the API server's own time to create a ConfigMap and read it back, measured between the runs
with the same client: a run is some ten such round trips and an episode. The end is found by polling every
few milliseconds, which is part of the figure.
"""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import CONFIG_MAPS
from praetor.store.kubernetes import KubernetesStore
from tests.controlplane.server import ControlPlane
from tests.support.operators import conditions, run_manifest, running

RUNS = 100
POLL_SECONDS = 0.003
GOAL_P50_MS = 500.0
FAMILIES = ("oom-crash", "db-pool-exhaustion", "bad-deployment-cascade")


@pytest.mark.timeout(600)
def test_apply_to_complete(crds_installed: ControlPlane, namespace: str, tmp_path: Path) -> None:
    with running(crds_installed, namespace, tmp_path / "operator.log"):
        runs, yardstick = asyncio.run(measured(crds_installed, namespace))
    figures = {"apply_to_complete": figure(runs), "configmap_create_and_get": figure(yardstick)}
    print_table(figures)
    print(json.dumps(figures | {"goal_p50_ms": GOAL_P50_MS}))
    assert len(runs) == len(yardstick) == RUNS


async def measured(server: ControlPlane, namespace: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each run, and of each round trip beside it."""
    runs, yardstick = [], []
    async with KubeClient(load_credentials(str(server.kubeconfig))) as client:
        for number in range(-3, RUNS):  # the first ones fill caches and are not counted
            round_trip = await timed(lambda number=number: create_and_get(client, namespace, number))
            run = await timed(lambda number=number: apply_and_wait(KubernetesStore(client), namespace, number))
            if number >= 0:
                runs.append(run)
                yardstick.append(round_trip)
    return runs, yardstick


async def timed(work: Any) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def apply_and_wait(store: KubernetesStore, namespace: str, number: int) -> None:
    manifest = run_manifest(f"bench-{number + 3}", scenarioRef={"name": FAMILIES[number % 3]}, seed=number + 3)
    manifest["metadata"]["namespace"] = namespace
    run = await store.create(manifest)
    while conditions({"status": {"conditions": []}} | run).get("Complete") != "True":
        await asyncio.sleep(POLL_SECONDS)
        run = await store.get("IncidentRun", namespace, manifest["metadata"]["name"])


async def create_and_get(client: KubeClient, namespace: str, number: int) -> None:
    name = f"yardstick-{number + 3}"
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x" * 2000}}
    await client.create(CONFIG_MAPS, namespace, manifest)
    await client.get(CONFIG_MAPS, namespace, name)


def figure(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    return {
        "p50_ms": round(ordered[len(ordered) // 2], 1),
        "p99_ms": round(ordered[int(len(ordered) * 0.99) - 1], 1),
        "n": len(ordered),
    }


def print_table(figures: dict[str, dict[str, float]]) -> None:
    print(f"\n{'':28}{'p50':>10}{'p99':>10}{'n':>6}")
    for name, row in figures.items():
        print(f"{name:28}{row['p50_ms']:>7} ms{row['p99_ms']:>7} ms{row['n']:>6}")
    print(f"goal: p50 of apply to Complete under {GOAL_P50_MS:.0f} ms")
