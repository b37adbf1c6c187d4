"""How the three kinds look to a person with kubectl, and that what the models write is what the server keeps."""

import json

import pytest

from praetor.resources.conditions import RUN_CONDITIONS, set_condition, unknown_conditions
from praetor.resources.run import IncidentRun
from praetor.resources.run_status import (
    Breakdown,
    Cause,
    IncidentRunStatus,
    PlayedScenario,
    ReportRef,
    RunResult,
    SeenAlerts,
    StepSummary,
    TraceRef,
)
from tests.controlplane.server import ControlPlane
from tests.support.controlplane_objects import run, scenario, site

pytestmark = pytest.mark.usefixtures("crds_installed")

NOW = "2026-01-31T12:00:00Z"
CAUSE = Cause(service="payment-service", mechanism="heap_oom", mechanism_class="memory")
STATUS = IncidentRunStatus(
    observed_generation=1,
    conditions=set_condition(
        unknown_conditions(RUN_CONDITIONS, now=NOW, observed_generation=1),
        "Complete",
        "True",
        "EpisodeEnded",
        "The policy declared.",
        now=NOW,
        observed_generation=1,
    ),
    phase="Complete",
    message="Rehearsal in the simulator; nothing outside was touched.",
    substrate="Simulator",
    grading="Full",
    scenario=PlayedScenario(name="oom-crash", family="oom_crash", seed=7, difficulty=0.5),
    policy="playbook",
    start_time=NOW,
    completion_time=NOW,
    attempts=1,
    result=RunResult(
        resolved=True,
        mitigated=True,
        diagnosed=True,
        score=0.79,
        breakdown=Breakdown(r_resolution=0.45, r_format=0.04),
        causes=[CAUSE],
        truth=[CAUSE],
        steps=6,
        user_minutes_lost=12.5,
        sim_seconds=640.0,
    ),
    cause="payment-service/heap_oom",
    steps=[StepSummary(seq=1, action="read_logs", service="payment-service", reward=0.06, summary="20 lines")],
    trace_ref=TraceRef(name="a-run-trace-0", sha256="0" * 64, events=20, chunks=1),
    report_ref=ReportRef(name="a-run-postmortem"),
    alerts=SeenAlerts(seen=["0123456789abcdef"], firing=1, last_seen=NOW),
    runner_version="0.1.0",
)


@pytest.fixture
def finished(apiserver: ControlPlane, namespace: str) -> str:
    """A namespace with one object of each kind, the run with a whole status."""
    for manifest in (run(), scenario(), site()):
        apiserver.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(manifest))
    document = json.dumps({"status": STATUS.model_dump(by_alias=True, exclude_none=True)})
    apiserver.kubectl("patch", "irun", "a-run", "-n", namespace, "--type=merge", "-p", document, "--subresource=status")
    return namespace


def test_the_server_keeps_every_field_of_a_status(apiserver: ControlPlane, finished: str) -> None:
    stored = apiserver.kubectl_json("get", "irun", "a-run", "-n", finished)
    assert IncidentRun.model_validate(stored).status == STATUS
    assert stored["status"] == STATUS.model_dump(by_alias=True, exclude_none=True)


def test_a_list_of_runs_shows_the_columns(apiserver: ControlPlane, finished: str) -> None:
    header, row = apiserver.kubectl("get", "irun", "-n", finished).stdout.splitlines()
    assert header.split() == ["NAME", "PHASE", "SCENARIO", "POLICY", "CAUSE", "SCORE", "AGE"]
    shown = ["a-run", "Complete", "oom-crash", "playbook", "payment-service/heap_oom", "0.79"]
    assert row.split()[:-1] == shown


def test_a_wide_list_shows_more(apiserver: ControlPlane, finished: str) -> None:
    header = apiserver.kubectl("get", "irun", "-n", finished, "-o", "wide").stdout.splitlines()[0]
    assert {"SUCCEEDED", "SUBSTRATE"} <= set(header.split())


@pytest.mark.parametrize("name", ["irun", "incidentrun", "incidentruns", "iscn", "tsite"])
def test_a_kind_is_found_by_its_names(apiserver: ControlPlane, finished: str, name: str) -> None:
    assert apiserver.kubectl("get", name, "-n", finished, "-o", "name").stdout.count("/a-") == 1


def test_the_category_lists_all_three(apiserver: ControlPlane, finished: str) -> None:
    found = apiserver.kubectl("get", "praetor", "-n", finished, "-o", "name").stdout.split()
    assert sorted(found) == [
        "incidentrun.praetor.dev/a-run",
        "incidentscenario.praetor.dev/a-scenario",
        "targetsite.praetor.dev/a-site",
    ]


def test_waiting_for_a_condition_works(apiserver: ControlPlane, finished: str) -> None:
    done = apiserver.kubectl("wait", "--for=condition=Complete", "irun/a-run", "-n", finished, "--timeout=240s")
    assert "condition met" in done.stdout


@pytest.mark.parametrize("path", ["irun.spec.cancel", "irun.status.result.breakdown", "iscn.spec", "tsite"])
def test_the_server_explains_every_field(apiserver: ControlPlane, path: str) -> None:
    text = apiserver.kubectl("explain", path, "--recursive=false").stdout
    assert "DESCRIPTION:" in text
    assert "<empty>" not in text


def test_two_writers_can_each_keep_a_condition_of_their_own(apiserver: ControlPlane, finished: str) -> None:
    for writer, type in (("one", "Diagnosed"), ("two", "Verified")):
        condition = {"type": type, "status": "True", "reason": "Because", "lastTransitionTime": NOW}
        document = run() | {"status": {"conditions": [condition]}}
        options = ("--server-side", f"--field-manager={writer}", "--force-conflicts", "--subresource=status")
        apiserver.kubectl("apply", "-n", finished, *options, "-f", "-", input=json.dumps(document))
    conditions = apiserver.kubectl_json("get", "irun", "a-run", "-n", finished)["status"]["conditions"]
    said = {condition["type"]: condition["status"] for condition in conditions}
    assert (said["Diagnosed"], said["Verified"], said["Complete"]) == ("True", "True", "True")
