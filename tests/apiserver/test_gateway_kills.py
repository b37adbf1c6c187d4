"""kill -9 of the gateway while deliveries come in: senders repeat what was not answered, nothing is lost or doubled."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from praetor.alerts.manifest import ledger_of
from tests.controlplane.processes import free_port
from tests.controlplane.server import ControlPlane
from tests.support.alert_bodies import alert, body
from tests.support.gateway import JSON, TOKEN, WEBHOOK
from tests.support.gateway_process import Address, gateway_process
from tests.support.operators import Cluster

GROUPS, KILLS, SECONDS_BETWEEN_KILLS = 60, 3, 0.4
HEADERS = JSON | {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def cluster(crds_installed: ControlPlane, namespace: str) -> Cluster:
    return Cluster(crds_installed, namespace)


@contextmanager
def killable(cluster: Cluster, log: Path, port: int) -> Iterator[Address]:
    options = ("--namespace", cluster.namespace)
    with gateway_process(cluster.server.kubeconfig, cluster.namespace, log, *options, port=port) as url:
        yield url


async def send(http: httpx.AsyncClient, url: str, content: bytes) -> None:
    """As Alertmanager does: until it is told 2xx; and once more, as the other one of a pair."""
    answered = 0
    while answered < 2:
        try:
            answer = await http.post(url + WEBHOOK, content=content)
            answered += answer.status_code == 202
            assert answer.status_code in (202, 503), answer.text
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)


async def send_all(url: str) -> None:
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(headers=HEADERS, limits=limits, timeout=30) as http:
        groups = (body(alert("A", instance=str(number)), group_key=f"g{number}") for number in range(GROUPS))
        await asyncio.gather(*(send(http, url, content) for content in groups))


async def test_a_gateway_that_is_killed_again_and_again_loses_and_doubles_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    port = free_port()
    sending = asyncio.create_task(send_all(f"http://127.0.0.1:{port}"))
    for number in range(KILLS):
        with killable(cluster, tmp_path / f"log{number}", port) as url:
            await asyncio.sleep(SECONDS_BETWEEN_KILLS)
            url.process.kill()
            url.process.wait()
    with killable(cluster, tmp_path / "log", port):
        await asyncio.wait_for(sending, 120)
    runs = cluster.server.kubectl_json("-n", cluster.namespace, "get", "irun")["items"]
    assert len(runs) == GROUPS
    assert all(run["metadata"]["name"].endswith("-1") for run in runs)
    assert all(ledger_of(run).firing == 1 for run in runs)
