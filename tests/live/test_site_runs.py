"""The playbook of the simulator, from the shell, on the demo site with a fault that is real."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simcore.trace import broken_links
from tests.support.demo_site import START, demo_site, until
from tests.support.needs_site import needs_postgres

TOKEN = "a-token-that-nobody-may-see"
pytestmark = [
    needs_postgres,
    pytest.mark.waits(150),
]


@pytest.mark.parametrize(
    ("family", "change"), [("cert_expiry", "restart_service"), ("slow_query", "rollback_deployment")]
)
def test_praetor_run_puts_a_real_site_right(family: str, change: str, tmp_path: Path) -> None:
    with demo_site(token=TOKEN) as site:
        until(lambda: site.users_are_served(6.0), site.told)
        site.change("break", scenario=family)
        until(lambda: site.errors(seconds=6.0) > 5.0, site.told)
        command = [sys.executable, "-c", START, "run", "--site", site.url, "--allow", site.url.rpartition(":")[2]]
        command += ["--alert", "Users see errors", "--report", str(tmp_path), "-o", "json", "--exit-status"]
        done = subprocess.run(
            command, env=os.environ | {"PRAETOR_SITE_TOKEN": TOKEN}, capture_output=True, text=True, timeout=700
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{site.told()}"
        until(lambda: site.users_are_served(6.0), site.told)
    run = json.loads(done.stdout)
    assert (run["status"]["substrate"], run["status"]["grading"]) == ("Site", "Partial")
    trace = (tmp_path / "trace.jsonl").read_text()
    events = [json.loads(line) for line in trace.splitlines()]
    assert broken_links(trace.splitlines()) == []
    assert [event["action"]["action_type"] for event in events if event["kind"] == "intent"] == [change]
    assert TOKEN not in trace + done.stdout + done.stderr + (tmp_path / "postmortem.md").read_text()
