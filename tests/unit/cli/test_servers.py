"""The commands that stay up: they serve, they stop when told to, and they fail closed with a sentence."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE_SECONDS = 240


PRAETOR = [sys.executable, "-c", "from praetor.cli.main import main; main()"]


def ended(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PRAETOR_")}
    return subprocess.run(
        [*PRAETOR, *arguments],
        capture_output=True,
        text=True,
        env=environment | settings,
        timeout=PATIENCE_SECONDS,
    )


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*PRAETOR, "dev", "--port", "0"]
    settings = {**os.environ, "PRAETOR_DATA_DIR": str(tmp_path / "data"), "PRAETOR_WORKERS": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


def test_dev_says_where_it_serves_and_ends_on_ctrl_c(dev, tmp_path):
    assert dev.stderr is not None
    said = dev.stderr.readline()
    found = re.fullmatch(r"Praetor at (http://127\.0\.0\.1:\d+) with its data in (.+); Ctrl-C ends it\.\n", said)
    assert found is not None, said
    assert Path(found[2]) == tmp_path / "data"
    with urllib.request.urlopen(f"{found[1]}/runs", timeout=PATIENCE_SECONDS) as answer:
        assert json.load(answer) == {"items": []}
    dev.send_signal(signal.SIGINT)
    assert dev.wait(timeout=PATIENCE_SECONDS) == 0
    assert "Traceback" not in dev.stderr.read()


def test_dev_off_loopback_without_a_token_is_refused(call, monkeypatch, tmp_path):
    monkeypatch.delenv("PRAETOR_WEBHOOK_TOKEN", raising=False)
    said = call("dev", "--host", "0.0.0.0", "--port", 0, "--data", tmp_path, code=2).stderr
    assert "--host 0.0.0.0 is not loopback" in said
    assert "PRAETOR_WEBHOOK_TOKEN" in said


def test_dev_on_a_port_that_is_taken_names_the_option(call, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = call("dev", "--port", taken.getsockname()[1], "--data", tmp_path, code=2).stderr
    assert "choose another with --port" in said


def test_a_gateway_that_nobody_may_call_is_refused():
    done = ended("gateway", "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nobody could call this gateway: set PRAETOR_WEBHOOK_TOKEN")


@pytest.mark.parametrize("command", ["gateway --port 0 --service-accounts", "operator --metrics-port 0"])
def test_without_a_cluster_the_processes_of_a_cluster_end_with_1_and_say_why(tmp_path, command):
    done = ended(*command.split(), KUBECONFIG=str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no Kubernetes credentials" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_without_alerts_says_where_it_looked(call, tmp_path):
    assert f"no captured alerts in {tmp_path}" in call("demo", "--bodies", tmp_path, code=2).stderr


@pytest.mark.parametrize("text", ["nonsense", "70000"])
def test_dev_refuses_what_cannot_be_allowed(call, tmp_path, text):
    assert f"--allow: {text!r}" in call("dev", "--data", tmp_path, "--port", 0, "--allow", text, code=2).stderr
