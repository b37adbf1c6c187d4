"""The gateway over a real API server: a real process, real tokens, the rights that the chart gives it."""

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.controlplane.processes import free_port
from tests.controlplane.server import ControlPlane, kubeconfig
from tests.support.alert_bodies import CAPTURED, alert, body, captured
from tests.support.gateway import JSON, TOKEN, WEBHOOK
from tests.support.gateway_process import gateway_process
from tests.support.operators import LONGEST_SECONDS, Cluster

CHART_RULES = Path(__file__).parents[2] / "charts" / "praetor" / "templates" / "_rules.tpl"
get = partial(httpx.get, timeout=LONGEST_SECONDS)
BEARER = {"Authorization": f"Bearer {TOKEN}"}
COMPLETE = {
    "type": "Complete",
    "status": "True",
    "reason": "EpisodeEnded",
    "message": "",
    "lastTransitionTime": "2026-11-23T12:00:00Z",
}


@pytest.fixture
def cluster(crds_installed: ControlPlane, namespace: str) -> Cluster:
    return Cluster(crds_installed, namespace)


@pytest.fixture
def gateway(cluster: Cluster, tmp_path: Path):
    options = ("--namespace", cluster.namespace)
    with gateway_process(cluster.server.kubeconfig, cluster.namespace, tmp_path / "log", *options) as url:
        yield url


def post(url: str, raw: bytes, headers: dict[str, str] = BEARER) -> httpx.Response:
    return httpx.post(url + WEBHOOK, content=raw, headers=JSON | headers, timeout=LONGEST_SECONDS)


def runs(cluster: Cluster) -> list[dict[str, Any]]:
    return cluster.server.kubectl_json("-n", cluster.namespace, "get", "irun")["items"]


def chart_rules(component: str) -> list[dict[str, Any]]:
    text = CHART_RULES.read_text()
    return yaml.safe_load(re.search(rf'define "praetor.rules.{component}" -}}}}(.*?){{{{- end', text, re.S)[1])


def grant(cluster: Cluster, kind: str, name: str, rules: list[dict[str, Any]], user: str) -> None:
    api = "rbac.authorization.k8s.io"
    metadata = {"name": f"{name}-{cluster.namespace}", "namespace": cluster.namespace}
    role = {"apiVersion": f"{api}/v1", "kind": kind, "metadata": metadata, "rules": rules}
    binding = {
        "apiVersion": f"{api}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": api, "kind": kind, "name": metadata["name"]},
        "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
    }
    for one in (role, binding):
        cluster.server.kubectl("apply", "-f", "-", input=json.dumps(one))


def test_every_captured_body_becomes_a_run_that_the_api_server_takes(cluster: Cluster, gateway: str) -> None:
    answers = [post(gateway, path.read_bytes()) for path in sorted(CAPTURED.glob("*.json"))]
    assert {answer.status_code for answer in answers} == {202}
    stored = {one["name"] for answer in answers for one in answer.json()["runs"]}
    assert stored == {run["metadata"]["name"] for run in runs(cluster)}
    groups = {json.loads(path.read_bytes())["groupKey"] for path in CAPTURED.glob("*_firing.json")}
    assert len(stored) >= len(groups)


def test_the_life_of_an_alert(cluster: Cluster, gateway: str) -> None:
    (first,) = post(gateway, captured("01_single_firing")).json()["runs"]
    assert first["created"] is True
    before = cluster.get("irun", first["name"])
    assert before["status"]["alerts"]["firing"] == 1
    assert before["spec"]["ttlSecondsAfterFinished"] == 604_800
    assert post(gateway, captured("02_single_repeat")).json()["runs"] == [first | {"created": False}]
    assert cluster.get("irun", first["name"]) == before, "a repeat changes nothing"
    patch = json.dumps({"status": {"conditions": [COMPLETE]}})
    cluster.kubectl("patch", "irun", first["name"], "--subresource=status", "--type=merge", "-p", patch)
    post(gateway, captured("03_single_resolved"))
    assert cluster.get("irun", first["name"])["status"]["alerts"]["firing"] == 0
    (second,) = post(gateway, captured("04_single_refire")).json()["runs"]
    assert (second["name"], second["created"]) == (first["name"][:-1] + "2", True)
    assert post(gateway, captured("04_single_refire")).json()["runs"] == [second | {"created": False}]
    assert len(runs(cluster)) == 2


async def test_many_receivers_of_many_gateways_make_one_run(cluster: Cluster, gateway: str, tmp_path: Path) -> None:
    options = ("--namespace", cluster.namespace)
    with gateway_process(cluster.server.kubeconfig, cluster.namespace, tmp_path / "log2", *options) as second:
        async with httpx.AsyncClient(headers=JSON | BEARER, timeout=LONGEST_SECONDS) as http:
            posts = [http.post(url + WEBHOOK, content=captured("06_group_firing_3")) for url in (gateway, second) * 10]
            answers = await asyncio.gather(*posts)
    found = [answer.json()["runs"][0] for answer in answers]
    assert sum(run["created"] for run in found) == 1
    assert len({run["name"] for run in found}) == len(runs(cluster)) == 1


def test_an_alert_of_a_site_becomes_a_run_in_the_sites_namespace(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    home = f"{namespace}-home"
    cluster.server.kubectl("create", "namespace", home)
    site = {
        "apiVersion": "praetor.dev/v1alpha1",
        "kind": "TargetSite",
        "metadata": {"name": "shop"},
        "spec": {"match": {"labels": {"site": namespace}}},
    }
    cluster.apply(site)
    rules = [{"apiGroups": ["praetor.dev"], "resources": ["incidentruns"], "verbs": ["create"]}]
    grant(Cluster(cluster.server, home), "Role", "bob", rules, "bob")
    bob = {"Authorization": f"Bearer {cluster.server.tokens['bob']}"}
    with gateway_process(cluster.server.kubeconfig, home, tmp_path / "log") as url:
        refused = post(url, body(alert("A", site=namespace), group_key=namespace), bob)
        assert (refused.status_code, runs(cluster)) == (403, [])
        assert f"in namespace {namespace}" in refused.json()["error"]["message"]
        (own,) = post(url, body(alert("A", site=namespace), group_key=namespace)).json()["runs"]
        (other,) = post(url, body(alert("A", site="another"), group_key=namespace)).json()["runs"]
    assert (own["namespace"], other["namespace"]) == (namespace, home)
    assert cluster.get("irun", own["name"])["spec"]["target"] == {"siteRef": {"name": "shop"}}


def test_a_service_account_needs_the_right_verb(cluster: Cluster, gateway: str) -> None:
    alice = {"Authorization": f"Bearer {cluster.server.tokens['alice']}"}
    refused = post(gateway, captured("01_single_firing"), alice)
    assert refused.status_code == 403
    assert runs(cluster) == []
    group = {"apiGroups": ["praetor.dev"], "resources": ["incidentruns"]}
    grant(cluster, "Role", "bob", [group | {"verbs": ["create"]}], "bob")
    bob = {"Authorization": f"Bearer {cluster.server.tokens['bob']}"}
    (run,) = post(gateway, captured("01_single_firing"), bob).json()["runs"]
    assert run["created"] is True
    listed = get(f"{gateway}/runs?namespace={cluster.namespace}", headers=bob)
    assert listed.status_code == 403
    assert get(f"{gateway}/runs", headers={"Authorization": "Bearer nobody"}).status_code == 401
    carol = {"Authorization": f"Bearer {cluster.server.tokens['carol']}"}
    grant(cluster, "Role", "carol", [group | {"verbs": ["list"]}], "carol")
    for path in ("/", "/runs"):
        assert get(gateway + path, headers=carol).status_code == 200, "no right in other namespaces is needed"


def test_the_rights_that_the_chart_gives_are_enough(cluster: Cluster, tmp_path: Path) -> None:
    grant(cluster, "Role", "gateway", chart_rules("gateway"), "carol")
    grant(cluster, "ClusterRole", "gateway-reviews", chart_rules("reviews"), "carol")
    rights = cluster.server.kubeconfig_of("carol")
    with gateway_process(rights, cluster.namespace, tmp_path / "log", "-n", cluster.namespace) as url:
        assert get(f"{url}/readyz").status_code == 200
        (run,) = post(url, captured("01_single_firing")).json()["runs"]
        assert post(url, captured("06_group_firing_3")).status_code == 202
        assert post(url, captured("07_group_new_alert_4")).status_code == 202
        for path in ("/", "/runs", f"/runs/{run['name']}", f"/console/{cluster.namespace}/{run['name']}"):
            assert get(url + path, headers=BEARER).status_code == 200, path
        alice = {"Authorization": f"Bearer {cluster.server.tokens['alice']}"}
        assert post(url, captured("01_single_firing"), alice).status_code == 403
    assert "kept up" not in (tmp_path / "log").read_text(), "the gateway may watch what it keeps copies of"


def test_without_an_api_server_nothing_is_taken_and_nothing_is_refused_for_good(
    crds_installed: ControlPlane, tmp_path: Path
) -> None:
    away = tmp_path / "kubeconfig"
    address = f"https://127.0.0.1:{free_port()}"
    away.write_text(json.dumps(kubeconfig(address, crds_installed.ca, "token")))
    with gateway_process(away, "default", tmp_path / "log") as url:
        assert get(f"{url}/healthz").status_code == 200
        assert get(f"{url}/readyz").status_code == 503
        answer = post(url, captured("01_single_firing"))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert address not in answer.text
