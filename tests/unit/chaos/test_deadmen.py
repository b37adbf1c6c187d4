"""The dead-man's switch without a cluster: a process of its own that heals when nobody else does."""

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from praetor.substrates.chaos import detached
from praetor.substrates.chaos.detached import DetachedDeadmen, is_held
from praetor.substrates.chaos.jobs import PLAN_VARIABLE, PodSettings, job_of
from praetor.substrates.chaos.plan import Plan
from simcore.results import CauseName
from tests.support.breakable_site import BreakableSite
from tests.support.demo_site import START
from tests.support.small_site import reachable

PATIENCE_SECONDS = 240.0


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakableSite]:
    yield from reachable(BreakableSite(), monkeypatch)


def plan_of(site: BreakableSite, seconds: float) -> Plan:
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return Plan(
        "Site", "default", "one", "uid-1", "oom_crash", "api", ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        breaking=({"endpoint": "break", "body": {"scenario": "oom_crash"}, "key": "uid-1/experiment/break"},),
        undoing=({"endpoint": "heal", "body": {}, "key": "uid-1/experiment/heal"},),
        causes=(CauseName("api", "heap_oom", "memory"),), url=site.url, target_namespace="default",
        secret=("shop-token", "token"),
    )  # fmt: skip


def until(met: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert time.monotonic() < ends
        time.sleep(0.05)


def state(deadmen: DetachedDeadmen, plan: Plan) -> str:
    return asyncio.run(deadmen.armed(plan)).state


def test_it_is_armed_after_its_dry_run_and_heals_at_its_deadline(site: BreakableSite, tmp_path: Path) -> None:
    deadmen, plan = DetachedDeadmen(tmp_path), plan_of(site, 6.0)
    site.changed("break", {"scenario": "oom_crash"})
    asyncio.run(deadmen.arm(plan, ""))
    until(lambda: site.is_as_it_was)
    until(lambda: not is_held(tmp_path / "uid-1.lock"))
    assert datetime.now(UTC) >= datetime.fromisoformat(plan.expires_at)
    tried = [what for what in site.asked if what.endswith("/ops/heal")]
    assert tried == ["OPTIONS /ops/heal", "POST /ops/heal"]
    assert list(tmp_path.iterdir()) == []


def test_it_outlives_the_process_that_armed_it(site: BreakableSite, tmp_path: Path) -> None:
    site.changed("break", {"scenario": "oom_crash"})
    script = (
        "import asyncio, os, signal, sys; from pathlib import Path\n"
        "from praetor.substrates.chaos.detached import DetachedDeadmen\n"
        "from praetor.substrates.chaos.plan import Plan\n"
        "plan = Plan.from_bytes(sys.argv[2].encode())\n"
        "asyncio.run(DetachedDeadmen(Path(sys.argv[1])).arm(plan, ''))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    text = plan_of(site, 6.0).to_bytes().decode()
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path), text], check=False)
    assert done.returncode == -9
    until(lambda: site.is_as_it_was)


def test_one_that_is_disarmed_does_nothing_and_leaves_nothing(site: BreakableSite, tmp_path: Path) -> None:
    deadmen, plan = DetachedDeadmen(tmp_path), plan_of(site, 600.0)
    asyncio.run(deadmen.arm(plan, ""))
    until(lambda: state(deadmen, plan) == "Armed")
    asyncio.run(deadmen.disarm(plan))
    until(lambda: not is_held(tmp_path / "uid-1.lock"))
    assert site.changes == []
    assert list(tmp_path.iterdir()) == []


def test_arming_twice_arms_one(site: BreakableSite, tmp_path: Path) -> None:
    deadmen, plan = DetachedDeadmen(tmp_path), plan_of(site, 600.0)
    for _ in range(2):
        asyncio.run(deadmen.arm(plan, ""))
    until(lambda: state(deadmen, plan) == "Armed")
    asyncio.run(deadmen.disarm(plan))
    until(lambda: not is_held(tmp_path / "uid-1.lock"))


def test_who_only_looks_whether_one_lives_keeps_none_from_standing_by(tmp_path: Path) -> None:
    """A look takes the lock for a moment, and that may be just when a dead-man begins."""
    lock = tmp_path / "uid-1.lock"
    looking = lock.open("ab")
    fcntl.flock(looking.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    threading.Timer(0.3, looking.close).start()
    with detached.held(lock) as alone:
        assert alone
        assert is_held(lock)


def test_one_that_is_disarmed_before_it_stands_by_goes_at_once(site: BreakableSite, tmp_path: Path) -> None:
    deadmen, plan = DetachedDeadmen(tmp_path), plan_of(site, 600.0)
    file = tmp_path / "uid-1.json"
    file.write_bytes(plan.to_bytes())
    asyncio.run(deadmen.disarm(plan))
    assert detached.stands_by(file) == 0
    assert (site.asked, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize("status", [404, 501])
def test_a_site_that_cannot_heal_arms_nobody(site: BreakableSite, tmp_path: Path, status: int) -> None:
    site.answers["/ops/heal"] = (status, {})
    deadmen, plan = DetachedDeadmen(tmp_path), plan_of(site, 600.0)
    asyncio.run(deadmen.arm(plan, ""))
    until(lambda: "this site has no POST /ops/heal" in (tmp_path / "uid-1.log").read_text())
    assert state(deadmen, plan) == "Waiting"
    asyncio.run(deadmen.disarm(plan))
    until(lambda: not is_held(tmp_path / "uid-1.lock"))


def test_the_command_of_a_job_does_the_same(site: BreakableSite, tmp_path: Path) -> None:
    site.changed("break", {"scenario": "oom_crash"})
    told = {PLAN_VARIABLE: plan_of(site, 4.0).to_bytes().decode()}
    armed = tmp_path / "armed"
    command = [sys.executable, "-c", START, "internal", "deadman", "--armed", str(armed)]
    subprocess.run(command, env=os.environ | told, check=True, timeout=PATIENCE_SECONDS)
    assert armed.read_text() == "uid-1"
    assert site.is_as_it_was


def test_a_command_without_a_plan_says_so() -> None:
    command = [sys.executable, "-c", START, "internal", "deadman"]
    done = subprocess.run(command, env=os.environ | {PLAN_VARIABLE: "{}"}, capture_output=True, text=True, check=False)
    assert (done.returncode, "PRAETOR_EXPERIMENT" in done.stderr) == (2, True)


def test_a_job_knows_how_to_heal_and_neither_how_to_break_nor_the_token(site: BreakableSite) -> None:
    job = job_of(plan_of(site, 600.0), PodSettings("praetor:1"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: one for one in container["env"]}
    plan = json.loads(environment[PLAN_VARIABLE]["value"])
    assert plan["undoing"][0]["endpoint"] == "heal"
    assert (plan["breaking"], plan["causes"]) == ([], None)
    assert environment["PRAETOR_SITE_TOKEN"]["valueFrom"]["secretKeyRef"] == {"name": "shop-token", "key": "token"}
    assert "ownerReferences" not in job["metadata"]
    assert job["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
