"""IncidentRuns in a cluster, from `kubectl apply` to the garbage collector."""

import gzip
import hashlib
import json
from base64 import b64decode
from typing import Any

import pytest

from tests.support.cluster import (
    CHART,
    CommandFailed,
    Namespace,
    Release,
    condition,
    eventually,
    run_manifest,
)

pytestmark = [pytest.mark.timeout(1800), pytest.mark.usefixtures("release")]

SAMPLES = CHART.parents[1] / "manifests" / "samples"


def finished(namespace: Namespace, name: str) -> Any:
    """The run once it ended, which is at most minutes away."""
    return eventually(lambda: ended(namespace, name))


def ended(namespace: Namespace, name: str) -> Any:
    manifest = namespace.get("irun", name)
    conditions = {each["type"]: each["status"] for each in manifest.get("status", {}).get("conditions", [])}
    return manifest if "True" in (conditions.get("Complete"), conditions.get("Failed")) else None


@pytest.fixture(scope="module")
def played(namespace: Namespace, release: Release) -> Any:
    namespace.apply(run_manifest("played", seed=7))
    namespace.wait_for("Complete", "irun/played")
    return namespace.get("irun", "played")


def test_the_samples_run_to_their_end(namespace: Namespace) -> None:
    namespace.kubectl("apply", "-f", str(SAMPLES))
    runs = namespace.names("irun")

    assert "oom-1" in runs
    namespace.wait_for("Complete", "irun/oom-1")
    for name in runs:
        assert condition(finished(namespace, name), "Failed")["status"] == "False", name


def test_kubectl_get_shows_phase_scenario_policy_cause_score_and_age(namespace: Namespace, played: Any) -> None:
    header, row = namespace.kubectl("get", "irun", "played").splitlines()

    assert header.split() == ["NAME", "PHASE", "SCENARIO", "POLICY", "CAUSE", "SCORE", "AGE"]
    name, phase, scenario, policy, cause, score, _ = row.split()
    assert (name, phase, scenario, policy) == ("played", "Complete", "oom-crash", "playbook")
    assert cause == played["status"]["cause"]
    assert float(score) == pytest.approx(played["status"]["result"]["score"])


def test_the_category_lists_all_three_kinds(namespace: Namespace, played: Any) -> None:
    assert "incidentrun.praetor.dev/played" in namespace.kubectl("get", "praetor", "-o", "name")


def test_the_status_says_that_nothing_outside_was_touched(played: Any) -> None:
    status = played["status"]

    assert (status["substrate"], status["grading"], status["attempts"]) == ("Simulator", "Full", 1)
    assert 0 < len(status["steps"]) <= 10
    assert status["observedGeneration"] == played["metadata"]["generation"]
    assert len(json.dumps(played)) < 10_000


def test_trace_and_post_mortem_are_config_maps_of_the_run(namespace: Namespace, played: Any) -> None:
    reference = played["status"]["traceRef"]
    stored = namespace.get("configmap", reference["name"])
    report = namespace.get("configmap", played["status"]["reportRef"]["name"])

    for config_map in (stored, report):
        owner = config_map["metadata"]["ownerReferences"][0]
        assert (owner["kind"], owner["uid"]) == ("IncidentRun", played["metadata"]["uid"])
        assert config_map["immutable"] is True
    trace = gzip.decompress(b64decode(next(iter(stored["binaryData"].values()))))
    assert hashlib.sha256(trace).hexdigest() == reference["sha256"]
    assert len(trace.splitlines()) == reference["events"]
    assert "oom" in report["data"]["postmortem.md"].lower()


def test_events_tell_what_happened(namespace: Namespace, played: Any) -> None:
    uid = played["metadata"]["uid"]
    events = namespace.items("events", f"--field-selector=involvedObject.uid={uid}")

    reasons = [event["reason"] for event in events]
    assert {"RunAccepted", "EpisodeStarted", "EpisodeEnded", "ReportStored"} <= set(reasons)
    assert len(reasons) == len(set(reasons))
    assert "EpisodeEnded" in namespace.kubectl("describe", "irun", "played")


def test_the_image_has_the_compiled_kernel_and_the_operator_compiles_nothing(namespace: Namespace, played: Any) -> None:
    command = ("exec", "deployment/praetor-operator", "--", "find", "/tmp", "-name", "*.nb[ic]")
    assert namespace.kubectl(*command) == "", "what numba compiled is kept there when it could not be read"


def test_equal_seeds_play_alike(namespace: Namespace, played: Any) -> None:
    namespace.apply(run_manifest("again", seed=7), run_manifest("other", seed=8))
    namespace.wait_for("Complete", "irun/again", "irun/other")

    again, other = namespace.get("irun", "again"), namespace.get("irun", "other")
    assert again["status"]["result"] == played["status"]["result"]
    assert again["status"]["steps"] == played["status"]["steps"]
    assert other["status"]["steps"] != played["status"]["steps"]


def test_runs_of_other_namespaces_are_played_too(elsewhere: Namespace) -> None:
    elsewhere.apply(run_manifest("away"))
    elsewhere.wait_for("Complete", "irun/away")
    assert elsewhere.names("configmap") >= {"away-trace-0", "away-postmortem"}


def test_deleting_a_run_removes_everything_of_it(namespace: Namespace) -> None:
    namespace.apply(run_manifest("short-lived"))
    namespace.wait_for("Complete", "irun/short-lived")
    owned = {"short-lived-trace-0", "short-lived-postmortem"}
    assert owned <= namespace.names("configmap")

    namespace.kubectl("delete", "irun", "short-lived", "--timeout=300s")

    eventually(lambda: not owned & namespace.names("configmap"))


def test_a_finished_run_goes_when_its_time_is_over(namespace: Namespace) -> None:
    namespace.apply(run_manifest("brief", ttlSecondsAfterFinished=1))
    eventually(lambda: "brief" not in namespace.names("irun"))


def test_a_suspended_run_waits_until_it_is_resumed(namespace: Namespace) -> None:
    namespace.apply(run_manifest("patient", suspend=True))
    eventually(lambda: namespace.get("irun", "patient").get("status", {}).get("phase") == "Suspended")

    namespace.kubectl("patch", "irun", "patient", "--type=merge", "-p", '{"spec": {"suspend": false}}')

    namespace.wait_for("Complete", "irun/patient")


def test_a_run_that_cannot_be_played_fails_and_says_why(namespace: Namespace) -> None:
    namespace.apply(run_manifest("lost", scenarioRef={"name": "no-such-scenario"}))
    namespace.wait_for("Failed", "irun/lost")

    failed = condition(namespace.get("irun", "lost"), "Failed")
    assert failed["reason"] == "ScenarioNotFound"
    assert "no-such-scenario" in failed["message"]


@pytest.mark.parametrize(
    ("name", "spec", "said"),
    [
        ("wrong", {"seed": -1}, "spec.seed"),
        ("wrong", {"seed": "seven"}, "spec.seed"),
        ("wrong", {"difficulty": 2}, "spec.difficulty"),
        ("wrong", {"polcy": {"name": "random"}}, "polcy"),
        ("wrong", {"alert": {"source": "test", "groupKey": "a", "title": "b"}}, "scenarioRef"),
        ("n" * 53, {}, "52"),
    ],
)
def test_the_api_server_refuses_bad_runs_and_names_the_field(
    namespace: Namespace, name: str, spec: dict[str, Any], said: str
) -> None:
    assert said in namespace.refuses(run_manifest(name, **spec))


def test_what_is_played_cannot_be_changed_afterwards(namespace: Namespace, played: Any) -> None:
    with pytest.raises(CommandFailed, match="seed"):
        namespace.kubectl("patch", "irun", "played", "--type=merge", "-p", '{"spec": {"seed": 8}}')
