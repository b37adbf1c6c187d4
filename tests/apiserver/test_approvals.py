"""Who may approve what a run waits to do: the admission policy with three users, and a real operator that waits."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from praetor.resources.approvals import POLICY_NAME
from tests.controlplane.server import ControlPlane
from tests.support.operators import Cluster, conditions, kubectl_praetor, reason, run_manifest, running, until

pytestmark = pytest.mark.waits(60)
REPOSITORY = Path(__file__).parents[2]
REQUEST, OTHER = "0123456789abcdef", "fedcba9876543210"
WAITS = {"approval": "Always", "seed": 3}
LONG_SECONDS = 240.0
"""Only for hangs: a cold kernel is compiled first, which takes a minute on a machine that is busy."""


@pytest.fixture(scope="module")
def guarded(crds_installed: ControlPlane) -> ControlPlane:
    """The API server, once it has begun to hold people to the policy, which takes a moment."""
    until(lambda: "a new run has none" in created(crds_installed, "default").stderr, LONG_SECONDS)
    return crds_installed


def created(server: ControlPlane, namespace: str) -> subprocess.CompletedProcess[str]:
    """A run that is made with an approval in it; a dry run, so that nothing is left."""
    document = json.dumps(run_manifest("forged", approvals=[entry("admin")]))
    return server.kubectl(
        "-n", namespace, "create", "--dry-run=server", "-f", "-", input=document, check=False
    )  # fmt: skip


def entry(by: str, request: str = REQUEST, decision: str = "Approve") -> dict[str, str]:
    return {"request": request, "decision": decision, "by": by}


@pytest.fixture
def people(guarded: ControlPlane, namespace: str) -> Cluster:
    """alice and carol may edit and approve, bob may only edit; there is a run to approve something of."""
    cluster = Cluster(guarded, namespace)
    edit = ("--verb=get,list,create,update,patch", "--resource=incidentruns.praetor.dev")
    cluster.kubectl("create", "role", "editor", *edit)
    cluster.kubectl("create", "role", "approver", "--verb=approve", "--resource=incidentruns.praetor.dev")
    for user in ("alice", "bob", "carol"):
        cluster.kubectl("create", "rolebinding", f"{user}-edits", "--role=editor", f"--user={user}")
    for user in ("alice", "carol"):
        cluster.kubectl("create", "rolebinding", f"{user}-approves", "--role=approver", f"--user={user}")
    cluster.apply(run_manifest("one", suspend=True))
    return cluster


def says(cluster: Cluster, user: str, *entries: dict[str, str], run: str = "one") -> str:
    """ "" when it was taken, else the API server's refusal."""
    patch = json.dumps({"spec": {"approvals": entries}})
    done = cluster.kubectl("patch", "irun", run, "--type=merge", "-p", patch, user=user, check=False)
    return "" if done.returncode == 0 else done.stderr


def approvals(cluster: Cluster, run: str = "one") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.get("irun", run)["spec"].get("approvals", [])
    return found


def test_who_has_the_verb_approves_and_who_only_edits_does_not(people: Cluster) -> None:
    assert "this needs the verb approve" in says(people, "bob", entry("bob"))
    assert "this needs the verb approve" in says(people, "bob", entry("bob", decision="Deny"))
    assert approvals(people) == []
    assert says(people, "alice", entry("alice")) == ""
    assert approvals(people) == [entry("alice")]


def test_nobody_approves_in_the_name_of_another(people: Cluster) -> None:
    assert "`by` is the name of who writes" in says(people, "carol", entry("alice"))
    assert "`by` is the name of who writes" in says(people, "bob", entry("alice"))
    assert says(people, "alice", entry("alice")) == ""
    assert "`by` is the name of who writes" in says(people, "carol", entry("alice"), entry("bob", OTHER))
    assert says(people, "carol", entry("alice"), entry("carol", OTHER)) == ""


def test_the_admin_approves_under_the_admins_name_only(people: Cluster) -> None:
    assert "`by` is the name of who writes" in says(people, "admin", entry("alice"))
    assert says(people, "admin", entry("admin")) == ""


def test_what_was_said_stays_said(people: Cluster) -> None:
    assert says(people, "alice", entry("alice"), entry("alice", OTHER)) == ""
    assert "entries stay as they are" in says(people, "alice", entry("alice"))
    assert "entries stay as they are" in says(people, "alice", entry("alice", decision="Deny"), entry("alice", OTHER))
    assert "entries stay as they are" in says(people, "alice", entry("alice", OTHER, "Deny"), entry("alice"))
    assert "Duplicate value" in says(people, "carol", entry("alice"), entry("alice", OTHER), entry("carol"))
    gone = json.dumps({"spec": {"approvals": None}})
    done = people.kubectl("patch", "irun", "one", "--type=merge", "-p", gone, user="alice", check=False)
    assert "entries stay as they are" in done.stderr
    assert approvals(people) == [entry("alice"), entry("alice", OTHER)]


def test_a_run_cannot_be_made_with_approvals_whoever_makes_it(people: Cluster) -> None:
    assert "a new run has none" in created(people.server, people.namespace).stderr


def test_who_may_not_approve_may_still_edit_a_run_that_has_approvals(people: Cluster) -> None:
    assert says(people, "alice", entry("alice")) == ""
    cancel = json.dumps({"spec": {"cancel": "Now"}})
    people.kubectl("patch", "irun", "one", "--type=merge", "-p", cancel, user="bob")
    assert approvals(people) == [entry("alice")]


def approve(cluster: Cluster, user: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    access = ("--kubeconfig", str(cluster.server.kubeconfig_of(user)), "-n", cluster.namespace)
    return kubectl_praetor("approve", *arguments, *access)


def is_waiting(cluster: Cluster, name: str) -> bool:
    return "awaiting" in cluster.get("irun", name).get("status", {})


def test_a_run_waits_for_its_approver_also_when_its_operator_is_killed(people: Cluster, tmp_path: Path) -> None:
    people.apply(run_manifest("waits", **WAITS))
    with running(people.server, people.namespace, tmp_path / "first") as operator:
        until(lambda: is_waiting(people, "waits"), LONG_SECONDS, operator.tail)
        before = people.get("irun", "waits")["status"]
        assert reason(people.get("irun", "waits"), "ApprovalRequired") == "WaitsForApproval"
        os.kill(operator.process.pid, signal.SIGKILL)
        operator.process.wait(LONG_SECONDS)
    refused = approve(people, "bob", "waits")
    assert (refused.returncode, "needs the verb approve" in refused.stderr) == (1, True), refused.stderr
    with running(people.server, people.namespace, tmp_path / "second") as operator:
        time.sleep(1)
        after = people.get("irun", "waits")["status"]
        assert after["awaiting"] == before["awaiting"]
        assert after["phase"] == "Running"
        done = approve(people, "alice", "waits", "--step", str(after["awaiting"]["step"]), "--reason", "go on")
        assert (done.returncode, "approved: waits" in done.stderr) == (0, True), done.stderr
        settle(people, "waits", operator.tail)
    run = people.get("irun", "waits")
    assert conditions(run)["Succeeded"] == "True"
    assert reason(run, "ApprovalRequired") == "Approved"
    assert {one["by"] for one in run["spec"]["approvals"]} == {"alice"}


def settle(cluster: Cluster, name: str, told: Any) -> None:
    """Whatever else it asks for is approved, too."""

    def is_over() -> bool:
        run = cluster.get("irun", name)
        awaiting = run["status"].get("awaiting")
        known = {one["request"] for one in run["spec"].get("approvals", [])}
        if awaiting and awaiting["request"] not in known:
            approve(cluster, "alice", name)
        return conditions(run)["Complete"] == "True"

    until(is_over, LONG_SECONDS, told)


@pytest.fixture
def unguarded(guarded: ControlPlane) -> Iterator[ControlPlane]:
    """The API server without the policy's binding: nobody is held to it."""
    guarded.kubectl("delete", "validatingadmissionpolicybinding", POLICY_NAME)
    yield guarded
    guarded.kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds" / "praetor.dev_approvals-binding.yaml"))
    until(lambda: "a new run has none" in created(guarded, "default").stderr, LONG_SECONDS)


def test_an_operator_that_does_not_find_the_guard_honours_no_approval_and_says_so(
    people: Cluster, unguarded: ControlPlane, tmp_path: Path
) -> None:
    until(lambda: created(unguarded, people.namespace).returncode == 0, LONG_SECONDS)
    people.apply(run_manifest("forged", **WAITS, approvalTimeoutSeconds=12))
    with running(unguarded, people.namespace, tmp_path / "log") as operator:
        until(lambda: is_waiting(people, "forged"), LONG_SECONDS, operator.tail)
        run = people.get("irun", "forged")
        assert reason(run, "ApprovalRequired") == "ApprovalsNotGuarded"
        assert "ValidatingAdmissionPolicyBinding" in run["status"]["message"]
        request = run["status"]["awaiting"]["request"]
        assert says(people, "bob", entry("alice", request), run="forged") == ""
        until(lambda: conditions(people.get("irun", "forged"))["Complete"] == "True", LONG_SECONDS, operator.tail)
    run = people.get("irun", "forged")
    assert (conditions(run)["Escalated"], reason(run, "Escalated")) == ("True", "ApprovalTimedOut")
    assert run["status"].get("changes", []) == []
