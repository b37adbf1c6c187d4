"""Real candidates before a real API server, with a lease short enough to watch it run out, or too long to wait for."""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.lease import Leadership, LeaseTiming
from praetor.kube.paths import LEASES
from simcore.errors import ConflictError
from simcore.protocols import Manifest
from tests.controlplane.server import ControlPlane, kubeconfig
from tests.support.forwarder import Forwarder
from tests.support.lease_holder import TIMINGS

SHORT, LONG = TIMINGS["short"], TIMINGS["long"]
NAME = "praetor-operator"


@pytest.fixture
def timing() -> str:
    """Of the other process's lease."""
    return "short"


@pytest.fixture
async def process(apiserver: ControlPlane, namespace: str, timing: str) -> AsyncIterator[Process]:
    """Another process, which leads."""
    command = (sys.executable, "-m", "tests.support.lease_holder", str(apiserver.kubeconfig), namespace, NAME, timing)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=Path(__file__).parents[2])
    assert await said(process) == "leading"
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


async def said(process: Process, within_seconds: float = 240.0) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), within_seconds)).decode().strip()


def candidate(client: KubeClient, namespace: str, identity: str, timing: LeaseTiming = LONG) -> Leadership:
    return Leadership(client, namespace, NAME, identity=identity, timing=timing)


async def lease_spec(client: KubeClient, namespace: str) -> Manifest:
    return (await client.get(LEASES, namespace, NAME))["spec"]


async def take_away(client: KubeClient, namespace: str, taker: str) -> None:
    while True:
        lease = await client.get(LEASES, namespace, NAME)
        lease["spec"]["holderIdentity"] = taker
        try:
            await client.replace(LEASES, lease)
            return
        except ConflictError:
            continue


async def test_the_first_candidate_leads_and_says_so(client: KubeClient, namespace: str) -> None:
    async with candidate(client, namespace, "first") as leader:
        spec = await lease_spec(client, namespace)
        assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("first", LONG.duration_seconds)
        assert not leader.lost.is_set()


async def test_a_leader_keeps_leading_while_others_wait(client: KubeClient, namespace: str) -> None:
    timing = LeaseTiming(duration_seconds=6, renew_deadline_seconds=5.5, retry_seconds=0.2)
    async with candidate(client, namespace, "first", timing) as leader:
        waiting = asyncio.create_task(candidate(client, namespace, "second", timing).__aenter__())
        await asyncio.sleep(timing.duration_seconds + 1)
        assert not waiting.done()
        assert not leader.lost.is_set()
        waiting.cancel()


@pytest.mark.parametrize("timing", ["long"])
async def test_a_leader_that_lets_go_is_followed_at_once(client: KubeClient, namespace: str, process: Process) -> None:
    second = candidate(client, namespace, "second")
    waiting = asyncio.create_task(second.__aenter__())
    await asyncio.sleep(0.5)
    assert not waiting.done()
    process.terminate()
    assert await said(process) == "let go"
    released_at = time.monotonic()
    await waiting
    assert time.monotonic() - released_at < LONG.duration_seconds / 2
    spec = await lease_spec(client, namespace)
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("second", 1)
    await second.__aexit__(None, None, None)


async def test_a_leader_that_was_killed_is_followed_after_the_duration(
    client: KubeClient, namespace: str, process: Process
) -> None:
    process.kill()
    killed_at = time.monotonic()
    async with candidate(client, namespace, "second"):
        assert time.monotonic() - killed_at >= SHORT.duration_seconds
        assert (await lease_spec(client, namespace))["holderIdentity"] == "second"


async def test_a_paused_leader_finds_that_it_lost(client: KubeClient, namespace: str, process: Process) -> None:
    process.send_signal(signal.SIGSTOP)
    async with candidate(client, namespace, "second"):
        process.send_signal(signal.SIGCONT)
        assert await said(process) == "lost"
        await process.wait()
        assert (await lease_spec(client, namespace))["holderIdentity"] == "second", "only a holder lets go"


async def test_of_many_candidates_one_leads(client: KubeClient, namespace: str) -> None:
    candidates = [candidate(client, namespace, f"candidate-{number}") for number in range(6)]
    entering = [asyncio.create_task(each.__aenter__()) for each in candidates]
    await asyncio.wait(entering, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(5 * LONG.retry_seconds)
    leaders = [each for each, task in zip(candidates, entering, strict=True) if task.done()]
    assert [leader.identity for leader in leaders] == [(await lease_spec(client, namespace))["holderIdentity"]]
    for task in entering:
        task.cancel()
    await leaders[0].__aexit__(None, None, None)


async def test_a_leader_whose_lease_another_took_stops(client: KubeClient, namespace: str) -> None:
    async with candidate(client, namespace, "first") as leader:
        await take_away(client, namespace, "usurper")
        await asyncio.wait_for(leader.lost.wait(), timeout=LONG.renew_deadline_seconds / 2)
    assert (await lease_spec(client, namespace))["holderIdentity"] == "usurper"


async def test_a_leader_that_is_cut_off_stops_before_another_starts(
    apiserver: ControlPlane, client: KubeClient, namespace: str, tmp_path: Path
) -> None:
    cable = Forwarder(urlparse(apiserver.url).port or 0)
    url = f"https://127.0.0.1:{await cable.start()}"
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(kubeconfig(url, apiserver.ca, apiserver.admin_token)))
    async with KubeClient(load_credentials(str(path))) as far, candidate(far, namespace, "first", SHORT) as leader:
        await cable.cut()
        waiting = asyncio.create_task(candidate(client, namespace, "second", SHORT).__aenter__())
        await asyncio.wait_for(leader.lost.wait(), 60)
        assert not waiting.done()
        await (await waiting).__aexit__(None, None, None)


@pytest.mark.parametrize("year", ["1999", "2099"])
async def test_the_holders_clock_does_not_matter(client: KubeClient, namespace: str, year: str) -> None:
    stamp = f"{year}-01-01T00:00:00.000000Z"
    times = {"renewTime": stamp, "acquireTime": stamp}
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": NAME},
        "spec": {"holderIdentity": "other", "leaseDurationSeconds": 2} | times,
    }
    await client.create(LEASES, namespace, lease)
    began_at = time.monotonic()
    async with candidate(client, namespace, "first"):
        assert 2.0 <= time.monotonic() - began_at < LONG.duration_seconds


def test_timing_that_lets_two_lead_is_refused() -> None:
    with pytest.raises(ValueError, match="renew_deadline_seconds < duration_seconds"):
        LeaseTiming(duration_seconds=10, renew_deadline_seconds=15)


@pytest.mark.parametrize("write", ["create", "replace"])
async def test_a_leader_that_is_stopped_in_the_midst_of_a_write_lets_go(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    written, original = asyncio.Event(), getattr(client, write)

    async def write_and_hang(*arguments: object) -> Manifest:
        made: Manifest = await original(*arguments)
        if made["spec"]["holderIdentity"]:
            written.set()
            await asyncio.sleep(60)
        return made

    async def lead() -> None:
        async with candidate(client, namespace, "one"):
            await asyncio.sleep(60)

    monkeypatch.setattr(client, write, write_and_hang)
    leading = asyncio.create_task(lead())
    await asyncio.wait_for(written.wait(), 60)
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)

    assert (await lease_spec(client, namespace))["holderIdentity"] == ""
