"""`praetor dev` as a process: from its first line on stderr to a clean end."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from praetor.store.directory import DirectoryStore
from tests.support.alert_bodies import captured
from tests.support.experiments import site_manifest
from tests.support.gateway import JSON, WEBHOOK
from tests.support.openenv_servers import talk
from tests.support.operators import LONGEST_SECONDS, until
from tests.support.small_site import SmallSite

get, post = (partial(asked, timeout=LONGEST_SECONDS) for asked in (httpx.get, httpx.post))
PRAETOR = (sys.executable, "-c", "from praetor.cli.main import main; main()")
COLD = (sys.executable, "-m", "tests.support.cold_pools")
"""The same, with processes for episodes that never get warm: as with a kernel that is still compiled."""


@contextmanager
def dev(folder, *options, praetor=PRAETOR, **settings):
    """The process and its address, once it has announced it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PRAETOR_")}
    command = [*praetor, "dev", "--port", "0", "--data", str(folder), "--workers", "1", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment | settings)
    try:
        announced = process.stderr.readline()
        assert str(folder) in announced
        yield process, re.search(r"http://\S+", announced)[0]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def finished(url, count):
    """All runs, once so many have ended."""

    def items():
        return get(f"{url}/runs").json()["items"]

    def ended():
        return [run for run in items() if run.get("status", {}).get("phase") in ("Complete", "Failed")]

    until(lambda: len(ended()) >= count, LONGEST_SECONDS, lambda: json.dumps(items())[:2000])
    return items()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_an_alert_becomes_a_report_and_the_process_ends_when_told_to(tmp_path, signal_number):
    with dev(tmp_path / "data") as (process, url):
        answer = post(url + WEBHOOK, content=captured("oom_crash_firing"), headers=JSON)
        assert answer.status_code == 202
        (run,) = finished(url, 1)
        assert get(f"{url}/readyz").status_code == 200
        name = run["metadata"]["name"]
        assert get(f"{url}/runs/{name}/postmortem").text.startswith("# Post-mortem")
        assert run["status"]["substrate"] == "Simulator"
        assert "ttlSecondsAfterFinished" not in run["spec"]
        process.send_signal(signal_number)
        assert process.wait(LONGEST_SECONDS) == 0


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_while_nothing_can_be_played_yet_the_process_ends_when_told_to(tmp_path, signal_number):
    with dev(tmp_path / "data", praetor=COLD) as (process, url):
        until(lambda: get(f"{url}/healthz").status_code == 200, LONGEST_SECONDS)
        process.send_signal(signal_number)
        assert process.wait(LONGEST_SECONDS) == 0


def test_while_nothing_can_be_played_yet_sites_are_probed_and_readyz_says_what_is_true(tmp_path):
    site, folder = SmallSite(), tmp_path / "data"
    try:
        with dev(folder, "--allow", str(site.port), praetor=COLD) as (_, url):
            in_store(folder, lambda store: store.create(site_manifest(site.url)))
            assert post(url + WEBHOOK, content=captured("oom_crash_firing"), headers=JSON).status_code == 202
            until(lambda: "lastProbe" in status_of_site(folder), LONGEST_SECONDS)
            assert status_of_site(folder)["conditions"][0]["status"] == "True"
            answer = get(f"{url}/readyz")
            assert (answer.status_code, "WarmingUpError" in answer.text) == (503, True)
            (run,) = get(f"{url}/runs").json()["items"]
            assert "startTime" not in run.get("status", {})
    finally:
        site.close()


def in_store(folder, work):
    store = DirectoryStore(folder)
    try:
        return asyncio.run(work(store))
    finally:
        store.close()


def status_of_site(folder):
    return in_store(folder, lambda store: store.get("TargetSite", "default", "shop")).get("status", {})


def test_a_killed_process_loses_nothing(tmp_path):
    with dev(tmp_path / "data") as (process, url):
        for body in ("oom_crash_firing", "db_pool_exhaustion_firing", "disk_full_firing"):
            assert post(url + WEBHOOK, content=captured(body), headers=JSON).status_code == 202
        process.kill()
    with dev(tmp_path / "data") as (process, url):
        assert len(finished(url, 3)) == 3
        answer = post(url + WEBHOOK, content=captured("oom_crash_firing"), headers=JSON)
        assert answer.json()["runs"][0]["created"] is False


def test_a_port_in_use_is_said_in_one_line(tmp_path):
    with dev(tmp_path / "data") as (_, url):
        port = url.rpartition(":")[2]
        second = subprocess.run([*PRAETOR, "dev", "--port", port], capture_output=True, text=True, cwd=tmp_path)
    assert second.returncode == 2
    assert f"port {port} of 127.0.0.1 is in use" in second.stderr
    assert second.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("dev", "--host", "0.0.0.0"), ("gateway",)])
def test_without_a_way_to_know_callers_nothing_is_opened(tmp_path, command):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PRAETOR_")}
    refused = subprocess.run([*PRAETOR, *command], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert refused.returncode == 2
    assert "PRAETOR_WEBHOOK_TOKEN" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_openenv_clients_play_beside_the_gateway(tmp_path):
    with dev(tmp_path / "data") as (_, url):
        frames = [{"type": "reset", "data": {"seed": 1}}, {"type": "state"}]
        first, state = talk(f"{url}/openenv/ws".replace("http", "ws"), frames)
        assert first["data"]["observation"]["kind"] == "alert"
        assert state["data"]["seed"] == 1
        assert get(f"{url}/openenv/web").headers["location"] == "/"
        assert post(f"{url}/openenv/mcp", json={}).json()["error"]["code"] == -32600
        assert "praetor_openenv_resets_total 1.0" in get(f"{url}/metrics").text


def test_openenv_clients_of_other_machines_give_the_token_in_the_three_ways(tmp_path):
    token = "a-token-of-this-test"
    with dev(tmp_path / "data", "--host", "0.0.0.0", PRAETOR_WEBHOOK_TOKEN=token) as (_, url):
        url = url.replace("0.0.0.0", "127.0.0.1")
        ws = url.replace("http", "ws")
        for told in (f"{ws}/openenv/t/{token}/ws", f"{ws}/openenv/ws".replace("//", f"//user:{token}@")):
            assert talk(told, [{"type": "reset", "data": {"seed": 1}}])[0]["type"] == "observation"
        bearer = {"Authorization": f"Bearer {token}"}
        assert get(f"{url}/openenv/state", headers=bearer).status_code == 200
        assert get(f"{url}/openenv/health").status_code in (200, 503)  # it may not have played yet
        for path in ("/openenv/state", "/openenv/t/a-token-of-another/state", f"/t/{token}/runs"):
            assert get(url + path).status_code == 401


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "none", "user": {"token": "nobody"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
}


def test_an_operator_that_can_play_nothing_yet_ends_when_told_to(tmp_path):
    (tmp_path / "config").write_text(json.dumps(KUBECONFIG))
    command = [*COLD, "operator", "--metrics-port", "0", "--workers", "1"]
    environment = os.environ | {"KUBECONFIG": str(tmp_path / "config")}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        url = re.search(r"http://\S+:\d+", process.stderr.readline())[0].replace("0.0.0.0", "127.0.0.1")
        until(lambda: get(f"{url}/healthz").status_code == 200, LONGEST_SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
