"""Real Prometheus rules of the eight basic families, by a real Alertmanager, to a gateway on a socket."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from praetor.alerts.classify import classify
from praetor.alerts.manifest import ledger_of
from praetor.serve.gateway_http import AlertSettings
from praetor.store.directory import DirectoryStore
from praetor.web.serving import bind
from tests.controlplane.processes import free_port
from tests.support.alertmanager import alertmanager, alertmanager_binary
from tests.support.eventually import eventually
from tests.support.gateway import TOKEN, WEBHOOK
from tests.support.live_gateway import live_gateway
from tests.support.prometheus import exporter, prometheus, prometheus_binary

pytestmark = pytest.mark.skipif(
    alertmanager_binary() is None or prometheus_binary() is None,
    reason="no Prometheus or Alertmanager here: apt-get install prometheus prometheus-alertmanager",
)
DATA = Path(__file__).parents[1] / "data" / "prometheus"
RULES = DATA / "rules.yml"
HEALTHY, BROKEN = ((DATA / f"{state}.prom").read_text() for state in ("healthy", "broken"))
FAMILIES = {rule["labels"]["family"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
AWAY_SECONDS = 20.0


@pytest.fixture
def store(tmp_path: Path):
    directory = DirectoryStore(tmp_path / "store")
    yield directory
    directory.close()


async def runs(store: DirectoryStore) -> dict[str, dict[str, Any]]:
    """By the family that the rule is for."""
    found = await store.find("IncidentRun", "praetor")
    by_family = {run["spec"]["alert"]["labels"]["family"]: run for run in found}
    assert len(by_family) == len(found), "one run for each"
    return by_family


async def test_rules_of_all_families_make_a_run_each_although_the_gateway_was_away_and_resolving_closes_them(
    store: DirectoryStore, tmp_path: Path
) -> None:
    gateway_port, alertmanager_port = free_port(), free_port()
    url = f"http://127.0.0.1:{gateway_port}{WEBHOOK}"
    kept = tmp_path / "alertmanager"
    with (
        exporter(BROKEN) as page,
        prometheus(tmp_path / "prometheus", RULES, page.port, alertmanager_port, scrape_seconds=5),
        alertmanager(kept, url, TOKEN, alertmanager_port) as sender,
    ):
        await asyncio.sleep(AWAY_SECONDS)
        assert await runs(store) == {}
        settings = AlertSettings(when_resolved="Now")
        async with live_gateway(store, bind("127.0.0.1", gateway_port), alerts=settings) as deliveries:
            await eventually(lambda: all_there(store))
            await deliveries.more(2 * len(FAMILIES))
            first = await runs(store)
            sender.process.kill()  # as kill -9: it comes back with what it had written down, or without
            sender.process.wait()
            with alertmanager(kept, url, TOKEN, alertmanager_port):
                await deliveries.more(2 * len(FAMILIES))
                assert await runs(store) == first, "a sender that was killed doubles nothing"
                page.text = HEALTHY
                await eventually(lambda: all_closed(store))
        assert set(deliveries.statuses) == {202}
    closed = await runs(store)
    assert {name: run["metadata"]["name"] for name, run in closed.items()} == {
        name: run["metadata"]["name"] for name, run in first.items()
    }
    for family, run in first.items():
        assert classify(run["spec"]["alert"]).family == family


async def all_there(store: DirectoryStore) -> bool:
    return (await runs(store)).keys() == FAMILIES


async def all_closed(store: DirectoryStore) -> bool:
    found = (await runs(store)).values()
    return all(run["spec"].get("cancel") == "Now" and ledger_of(run).firing == 0 for run in found)


def test_the_families_are_the_eight_basic_ones() -> None:
    assert sorted(FAMILIES) == [
        "bad_deployment_cascade", "cert_expiry", "db_pool_exhaustion", "disk_full", "dns_failure", "oom_crash",
        "rate_limit_exhaustion", "slow_query",
    ]  # fmt: skip
