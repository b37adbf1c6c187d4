"""A real Alertmanager posts to a gateway on a socket: repeats, duplicates, re-fires, and a gateway that is away."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from praetor.alerts.manifest import ledger_of
from praetor.store.directory import DirectoryStore
from praetor.web.serving import bind, port_of
from tests.controlplane.processes import free_port
from tests.support.alertmanager import alertmanager, alertmanager_binary
from tests.support.eventually import eventually
from tests.support.gateway import TOKEN, WEBHOOK
from tests.support.live_gateway import live_gateway

pytestmark = [
    pytest.mark.skipif(
        alertmanager_binary() is None, reason="no Alertmanager here: apt-get install prometheus-alertmanager"
    ),
    pytest.mark.waits(100),
]
OOM = {"alertname": "ContainerOOMKilled", "service": "payment-service", "severity": "critical"}
AWAY_SECONDS = 20.0
COMPLETE = {
    "type": "Complete",
    "status": "True",
    "reason": "EpisodeEnded",
    "lastTransitionTime": "2026-11-23T12:00:00Z",
}


@pytest.fixture
def store(tmp_path: Path):
    directory = DirectoryStore(tmp_path / "data")
    yield directory
    directory.close()


def webhook(port: int) -> str:
    return f"http://127.0.0.1:{port}{WEBHOOK}"


async def runs(store: DirectoryStore) -> list[dict[str, Any]]:
    return await store.find("IncidentRun", "praetor")


async def has_runs(store: DirectoryStore, count: int) -> bool:
    return len(await runs(store)) >= count


async def test_the_life_of_an_alert(store: DirectoryStore, tmp_path: Path) -> None:
    listening = bind("127.0.0.1", 0)
    url = webhook(port_of(listening))
    async with live_gateway(store, listening) as deliveries:
        with alertmanager(tmp_path / "one", url, TOKEN) as sender:
            started = datetime.now(UTC)
            sender.post([OOM], started)
            await eventually(lambda: has_runs(store, 1))
            (first,) = await runs(store)
            await deliveries.more(3)
            assert await runs(store) == [first], "repeats change nothing"

            status = first["status"] | {"conditions": [COMPLETE]}
            await store.update_status(first | {"status": status})
            await deliveries.more(2)
            assert len(await runs(store)) == 1, "a finished run is not begun again by what it has seen"

            sender.post([OOM], started, ended=datetime.now(UTC))
            await eventually(lambda: resolved(store))
            assert len(await runs(store)) == 1

            sender.post([OOM], datetime.now(UTC))
            await eventually(lambda: has_runs(store, 2))
            await deliveries.more(3)
            assert [run["metadata"]["name"][-2:] for run in await runs(store)] == ["-1", "-2"]
    assert set(deliveries.statuses) == {202}


async def resolved(store: DirectoryStore) -> bool:
    return ledger_of((await runs(store))[0]).firing == 0


async def test_two_alertmanagers_that_tell_the_same_make_one_run(store: DirectoryStore, tmp_path: Path) -> None:
    listening = bind("127.0.0.1", 0)
    url = webhook(port_of(listening))
    async with live_gateway(store, listening) as deliveries:
        with alertmanager(tmp_path / "one", url, TOKEN) as one, alertmanager(tmp_path / "two", url, TOKEN) as two:
            started = datetime.now(UTC)
            for sender in (one, two):
                sender.post([OOM, OOM | {"pod": "payment-1"}], started)
            await deliveries.more(6)
    (run,) = await runs(store)
    assert len(ledger_of(run).seen) == 2


async def test_a_sender_that_is_killed_and_comes_back_doubles_nothing(store: DirectoryStore, tmp_path: Path) -> None:
    """What it had delivered it may not remember; Prometheus tells it the same alert again."""
    listening = bind("127.0.0.1", 0)
    url, started = webhook(port_of(listening)), datetime.now(UTC)
    async with live_gateway(store, listening) as deliveries:
        for _ in range(3):
            with alertmanager(tmp_path / "one", url, TOKEN) as sender:
                sender.post([OOM], started)
                await deliveries.more(1)
                sender.process.kill()
    (run,) = await runs(store)
    assert len(ledger_of(run).seen) == 1
    assert set(deliveries.statuses) == {202}


async def test_a_wrong_token_is_refused_and_nothing_is_kept(store: DirectoryStore, tmp_path: Path) -> None:
    listening = bind("127.0.0.1", 0)
    url = webhook(port_of(listening))
    async with live_gateway(store, listening, "another-token") as deliveries:
        with alertmanager(tmp_path / "one", url, TOKEN) as sender:
            sender.post([OOM], datetime.now(UTC))
            await deliveries.more(1)
    assert set(deliveries.statuses) == {401}
    assert await runs(store) == []


async def test_a_gateway_that_is_away_loses_nothing(store: DirectoryStore, tmp_path: Path) -> None:
    port = free_port()
    alerts = [OOM | {"service": f"service-{number}"} for number in range(10)]
    with alertmanager(tmp_path / "one", webhook(port), TOKEN) as sender:
        sender.post(alerts, datetime.now(UTC))
        await asyncio.sleep(AWAY_SECONDS)
        assert await runs(store) == []
        async with live_gateway(store, bind("127.0.0.1", port)) as deliveries:
            await eventually(lambda: has_runs(store, len(alerts)))
            await deliveries.more(len(alerts))
    assert len(await runs(store)) == len(alerts)
