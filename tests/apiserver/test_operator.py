"""The operator process against a real API server, used as its users do: with kubectl."""

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import simcore.scenarios.library
from simcore.trace import broken_links
from tests.controlplane.server import ControlPlane
from tests.support.operators import (
    LONGEST_SECONDS,
    Cluster,
    Operator,
    conditions,
    reason,
    run_manifest,
    running,
    until,
)
from tests.support.small_site import SmallSite

SITE_TOKEN = "a-token-that-nobody-may-see"
ALERT = {"source": "generic", "groupKey": "g", "title": "something odd happened to the coffee machine"}


@pytest.fixture(scope="module")
def cluster(crds_installed: ControlPlane) -> Cluster:
    crds_installed.kubectl("create", "namespace", "watched")
    return Cluster(crds_installed, "watched")


@pytest.fixture(scope="module")
def operator(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with running(cluster.server, cluster.namespace, tmp_path_factory.mktemp("operator") / "log") as process:
        yield process


@pytest.fixture
def watched(cluster: Cluster, operator: Operator) -> Cluster:
    assert operator.process.poll() is None, operator.tail()
    return cluster


def test_an_applied_run_completes_and_then_its_trace_and_its_report_are_there(watched: Cluster) -> None:
    watched.apply(run_manifest("whole"))
    watched.wait("condition=Complete", "whole")
    run = watched.get("irun", "whole")
    status = run["status"]
    trace = watched.get("configmap", status["traceRef"]["name"])
    report = watched.get("configmap", status["reportRef"]["name"])
    assert report["data"]["postmortem.md"].startswith("# Post-mortem: `whole`")
    for owned in (trace, report):
        assert [owner["uid"] for owner in owned["metadata"]["ownerReferences"]] == [run["metadata"]["uid"]]
    assert (status["phase"], status["substrate"], status["grading"]) == ("Complete", "Simulator", "Full")
    assert status["scenario"] == {"name": "oom-crash", "family": "oom_crash", "seed": 7, "difficulty": 0.5}
    assert status["observedGeneration"] == 1
    assert status["attempts"] == 1
    assert len(status["steps"]) == min(10, status["result"]["steps"])


def test_every_condition_is_there_and_exactly_one_of_complete_and_failed_is_true(watched: Cluster) -> None:
    watched.apply(run_manifest("conditions"))
    watched.wait("condition=Complete", "conditions")
    found = conditions(watched.get("irun", "conditions"))
    assert list(found) == [
        *("Started", "ApprovalRequired", "Diagnosed", "Mitigated", "Verified", "Escalated", "Succeeded"),
        *("Complete", "Failed"),
    ]
    assert (found["Started"], found["Complete"], found["Failed"]) == ("True", "True", "False")


def test_kubectl_get_shows_what_a_person_wants_to_know(watched: Cluster) -> None:
    watched.apply(run_manifest("shown", policy={"name": "random"}))
    watched.wait("condition=Complete", "shown")
    header, row = watched.kubectl("get", "irun", "shown").stdout.splitlines()
    assert header.split() == ["NAME", "PHASE", "SCENARIO", "POLICY", "CAUSE", "SCORE", "AGE"]
    assert row.split()[:4] == ["shown", "Complete", "oom-crash", "random"]


def test_events_tell_what_happened_in_its_order(watched: Cluster) -> None:
    watched.apply(run_manifest("told"))
    watched.wait("condition=Complete", "told")
    events = sorted(watched.events("told"), key=lambda event: int(event["metadata"]["resourceVersion"]))
    assert [event["reason"] for event in events] == [*("RunAccepted", "EpisodeStarted", "EpisodeEnded", "ReportStored")]


def test_the_stored_trace_is_whole(watched: Cluster) -> None:
    watched.apply(run_manifest("traced"))
    watched.wait("condition=Complete", "traced")
    reference = watched.get("irun", "traced")["status"]["traceRef"]
    packed = watched.get("configmap", reference["name"])["binaryData"]["trace.jsonl.gz"]
    lines = gzip.decompress(base64.b64decode(packed)).decode().splitlines()
    assert len(lines) == reference["events"]
    assert broken_links(lines) == []
    assert json.loads(lines[-1])["kind"] == "end"


@pytest.mark.parametrize(
    ("name", "spec", "why", "word"),
    [
        ("no-scenario", {"scenarioRef": {"name": "no-such"}}, "ScenarioNotFound", "oom-crash"),
        (
            "no-object",
            {"scenarioRef": {"kind": "IncidentScenario", "name": "mine"}},
            "ScenarioNotFound",
            "IncidentScenario 'mine'",
        ),
        ("no-policy", {"policy": {"name": "wishful"}}, "PolicyNotFound", "random"),
        ("a-site", {"target": {"siteRef": {"name": "shop"}}}, "SubstrateUnavailable", "'shop'"),
        ("too-late", {"cancel": "Now"}, "Cancelled", "spec.cancel"),
    ],
)
def test_a_run_that_cannot_be_played_fails_and_says_why(
    watched: Cluster, name: str, spec: dict, why: str, word: str
) -> None:
    watched.apply(run_manifest(name, **spec))
    watched.wait("condition=Failed", name)
    run = watched.get("irun", name)
    assert reason(run, "Failed") == why
    assert word in run["status"]["message"]
    assert conditions(run)["Complete"] == "False"
    assert [event["type"] for event in watched.events(name) if event["reason"] == why] == ["Warning"]


def test_an_alert_that_fits_nothing_completes_escalated_and_is_not_dropped(watched: Cluster) -> None:
    watched.apply(run_manifest("coffee", alert=ALERT))
    watched.wait("condition=Complete", "coffee")
    run = watched.get("irun", "coffee")
    found = conditions(run)
    assert (found["Escalated"], found["Succeeded"]) == ("True", "False")
    assert reason(run, "Complete") == "NothingToActOn"
    assert "result" not in run["status"]
    assert watched.exists("configmap", run["status"]["reportRef"]["name"])


def test_an_alert_that_fits_a_family_is_rehearsed_and_says_so(watched: Cluster) -> None:
    alert = ALERT | {"title": "payment-service OOMKilled", "service": "payment-service"}
    watched.apply(run_manifest("rehearsed", alert=alert, policy={"name": "random"}, split="train"))
    watched.wait("condition=Complete", "rehearsed")
    status = watched.get("irun", "rehearsed")["status"]
    assert status["substrate"] == "Simulator"
    assert "nothing outside was touched" in status["message"]
    assert status["scenario"]["family"] == "oom_crash"


def test_a_suspended_run_waits_until_it_is_resumed(watched: Cluster) -> None:
    watched.apply(run_manifest("waiting", suspend=True))
    watched.wait("jsonpath={.status.phase}=Suspended", "waiting")
    assert conditions(watched.get("irun", "waiting"))["Started"] == "False"
    watched.patch("waiting", suspend=False)
    watched.wait("condition=Complete", "waiting")
    told = [event["reason"] for event in watched.events("waiting")]
    assert {"Suspended", "Resumed", "EpisodeStarted"} <= set(told)


def test_a_run_is_deleted_when_its_time_is_over(watched: Cluster) -> None:
    watched.apply(run_manifest("short-lived", ttlSecondsAfterFinished=1))
    watched.kubectl("wait", "--for=delete", "irun/short-lived", "--timeout=240s")
    assert not watched.exists("irun", "short-lived")


def test_a_ttl_may_come_later(watched: Cluster) -> None:
    watched.apply(run_manifest("kept"))
    watched.wait("condition=Complete", "kept")
    watched.patch("kept", ttlSecondsAfterFinished=0)
    watched.kubectl("wait", "--for=delete", "irun/kept", "--timeout=240s")
    assert not watched.exists("irun", "kept")


def test_a_namesake_of_a_deleted_run_is_a_run_of_its_own(watched: Cluster) -> None:
    uids = []
    for seed in (1, 2):
        watched.apply(run_manifest("again", seed=seed, policy={"name": "random"}))
        watched.wait("condition=Complete", "again")
        run = watched.get("irun", "again")
        uids.append(run["metadata"]["uid"])
        trace = watched.get("configmap", run["status"]["traceRef"]["name"])
        assert trace["metadata"]["ownerReferences"][0]["uid"] == uids[-1]
        assert run["status"]["scenario"]["seed"] == seed
        watched.kubectl("delete", "irun", "again")
    assert uids[0] != uids[1]


def test_a_scenario_of_ones_own_is_validated_and_played(watched: Cluster) -> None:
    watched.apply(own_scenario("mine-too"))
    watched.wait("condition=Validated", "mine-too", kind="iscn")
    watched.apply(
        run_manifest("own", scenarioRef={"kind": "IncidentScenario", "name": "mine-too"}, policy={"name": "random"})
    )
    watched.wait("condition=Complete", "own")
    assert watched.get("irun", "own")["status"]["scenario"]["name"] == "mine-too"


def test_a_scenario_that_cannot_be_played_says_what_is_wrong_with_it(watched: Cluster) -> None:
    scenario = own_scenario("broken")
    scenario["spec"]["variants"][0]["mechanism"] = "gremlins"
    watched.apply(scenario)
    watched.wait("condition=Validated=False", "broken", kind="iscn")
    message = watched.get("iscn", "broken")["status"]["conditions"][0]["message"]
    assert "gremlins" in message
    assert "spec.variants.0" in message
    watched.apply(run_manifest("on-broken", scenarioRef={"kind": "IncidentScenario", "name": "broken"}))
    watched.wait("condition=Failed", "on-broken")
    assert reason(watched.get("irun", "on-broken"), "Failed") == "ScenarioInvalid"


def test_a_target_site_without_a_url_says_that_nobody_can_ask_it(watched: Cluster) -> None:
    site = {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": {"name": "shop"}, "spec": {}}
    watched.apply(site)
    watched.wait("condition=Reachable=Unknown", "shop", kind="tsite")
    assert watched.get("tsite", "shop")["status"]["conditions"][0]["reason"] == "NothingToProbe"


def test_a_run_on_a_target_site_is_played_there_and_its_token_is_told_to_nobody(
    crds_installed: ControlPlane, tmp_path: Path
) -> None:
    site = SmallSite()
    cluster = Cluster(crds_installed, "on-site")
    crds_installed.kubectl("create", "namespace", "on-site")
    try:
        with running(crds_installed, "on-site", tmp_path / "log", PRAETOR_GUARD_ALLOW_PORTS=str(site.port)) as operator:
            played_on_a_site(cluster, site)
            assert SITE_TOKEN not in operator.log.read_text()
    finally:
        site.close()


def played_on_a_site(cluster: Cluster, site: SmallSite) -> None:
    spec = {"http": {"url": site.url}, "actionSeconds": 0, "stabilizationSeconds": 1, "secretRef": {"name": "shop"}}
    kind = {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": {"name": "shop"}, "spec": spec}
    wanted = {"alert": ALERT, "target": {"siteRef": {"name": "shop"}}, "policy": {"name": "random"}}
    cluster.apply(kind)
    cluster.wait("condition=Reachable=Unknown", "shop", kind="tsite")
    assert cluster.get("tsite", "shop")["status"]["conditions"][0]["reason"] == "SiteUnavailable"
    cluster.apply(run_manifest("too-early", **wanted))
    cluster.wait("condition=Failed", "too-early")
    assert "there is no Secret 'shop'" in cluster.get("irun", "too-early")["status"]["message"]
    cluster.kubectl("create", "secret", "generic", "shop", f"--from-literal=token={SITE_TOKEN}")
    cluster.apply(run_manifest("on-site", **wanted))
    cluster.wait("condition=Complete", "on-site")
    status = cluster.get("irun", "on-site")["status"]
    assert (status["substrate"], status["grading"]) == ("Site", "Partial")
    assert {headers.get("Authorization") for headers in site.headers} == {f"Bearer {SITE_TOKEN}"}
    assert SITE_TOKEN not in json.dumps(cluster.get("irun", "on-site")) + str(cluster.events("on-site"))


def test_deleting_a_run_removes_what_it_owned(watched: Cluster, garbage_collector: ControlPlane) -> None:
    watched.apply(run_manifest("removed"))
    watched.wait("condition=Complete", "removed")
    status = watched.get("irun", "removed")["status"]
    watched.kubectl("delete", "irun", "removed")
    for reference in (status["traceRef"], status["reportRef"]):
        watched.kubectl("wait", "--for=delete", f"configmap/{reference['name']}", "--timeout=240s")
        assert not watched.exists("configmap", reference["name"])


def test_nothing_is_written_about_a_run_that_is_finished(watched: Cluster, operator: Operator) -> None:
    watched.apply(run_manifest("quiet"))
    watched.wait("condition=Complete", "quiet")
    before = watched.get("irun", "quiet")["metadata"]["resourceVersion"]
    watched.kubectl("annotate", "irun", "quiet", "note=seen")
    watched.apply(run_manifest("after-quiet"))
    watched.wait("condition=Complete", "after-quiet")
    run = watched.get("irun", "quiet")
    assert run["metadata"]["resourceVersion"] != before
    assert set(run["metadata"]["annotations"]) == {
        "note",
        "kubectl.kubernetes.io/last-applied-configuration",
    }
    assert "finalizers" not in run["metadata"]


def test_probes_are_open_and_metrics_are_for_those_who_may_list_runs(watched: Cluster, operator: Operator) -> None:
    server = watched.server
    assert operator.status("/healthz") == operator.status("/readyz") == 200
    assert operator.status("/metrics") == 401
    assert operator.status("/metrics", server.tokens["alice"]) == 403
    status, text = operator.get("/metrics", server.admin_token)
    assert status == 200
    for name in ("queue_depth", "reconciles_total", "reconcile_errors", "runs_finished_total", "episode_seconds"):
        assert f"praetor_{name}" in text
    assert "praetor_loop_lag_seconds" in text


def test_a_terminated_operator_gives_its_lease_back_and_ends_well(
    crds_installed: ControlPlane, namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(crds_installed, namespace, tmp_path_factory.mktemp("operator") / "log") as operator:
        cluster = Cluster(crds_installed, namespace)
        until(lambda: bool(holder(cluster)), LONGEST_SECONDS, operator.tail)
        assert operator.stop() == 0, operator.tail()
        assert holder(cluster) == ""


def holder(cluster: Cluster) -> str:
    lease = cluster.get("lease", "praetor-operator")
    return lease["spec"].get("holderIdentity", "")


def own_scenario(name: str) -> dict:
    file = Path(simcore.scenarios.library.__file__).parent / "library" / "oom-crash.yaml"
    scenario = yaml.safe_load(file.read_text())
    scenario["metadata"]["name"] = name
    return scenario


def test_an_operator_without_rights_to_read_ends_and_says_what_it_may_not(
    crds_installed: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    kubectl = crds_installed.kubectl
    lease_rights = ("--verb=get,create,update", "--resource=leases.coordination.k8s.io")
    kubectl("create", "role", "leader", *lease_rights, "-n", namespace)
    kubectl("create", "rolebinding", "leader", "--role=leader", "--user=bob", "-n", namespace)
    bob = str(crds_installed.kubeconfig_of("bob"))
    operator = Operator(crds_installed, namespace, tmp_path / "log", KUBECONFIG=bob)
    assert operator.process.wait(LONGEST_SECONDS) == 1, operator.tail()
    assert "cannot list resource" in operator.tail()
