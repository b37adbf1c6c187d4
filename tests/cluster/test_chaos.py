"""Experiments on real pods: what is squeezed is really killed, and what was broken is put back, whoever dies."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import fresh_namespace
from tests.cluster.shops import REPOSITORY, ended, operator, template
from tests.support.cluster import Namespace, eventually
from tests.support.workloads import GREEDY, MOODY, PYTHON, deployment, service, stateful_set

pytestmark = pytest.mark.timeout(1800)
ENV = [{"name": "MODE", "value": "good"}]
SLOWLY_READY = {"httpGet": {"path": "/", "port": "http"}, "initialDelaySeconds": 8, "periodSeconds": 1}
"""Users notice that it is gone: what comes back within a second they may not."""


@pytest.fixture(scope="module")
def shop(crds: None, leaving: list[str]) -> Iterator[Namespace]:
    for namespace in fresh_namespace(leaving):
        deadman = (REPOSITORY / "manifests" / "chaos" / "deadman.yaml").read_text()
        namespace.kubectl("apply", "-f", "-", stdin=deadman.replace("NAMESPACE", namespace.name))
        namespace.apply(
            deployment("web", env=[{"name": "API_URL", "value": "http://greedy:8080"}]),
            deployment("greedy", PYTHON, ["python3", "-c", GREEDY], memory="128Mi"),
            deployment("spare", replicas=2),
            deployment("moody", PYTHON, ["python3", "-c", MOODY], env=ENV, readinessProbe=SLOWLY_READY),
            stateful_set("store"),
            *(service(name) for name in ("web", "greedy", "moody")),
            site(),
        )
        namespace.kubectl("rollout", "status", "deployment", "--timeout=300s")
        namespace.kubectl("rollout", "status", "statefulset/store", "--timeout=300s")
        yield namespace
        for name in namespace.names("irun"):
            namespace.kubectl("patch", "irun", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')


def site() -> dict[str, Any]:
    spec = {"kubernetes": {"entry": "web"}, "actionSeconds": 1, "stabilizationSeconds": 3}
    spec |= {"chaos": {"allowed": "Always", "maxPods": 1}}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": {"name": "shop"}, "spec": spec}


def experiment(name: str, **inject: Any) -> dict[str, Any]:
    """The policy has as many steps as it takes to find and to cure; it may not watch for minutes what came of it."""
    spec = {"inject": inject, "target": {"siteRef": {"name": "shop"}}, "maxSteps": 15}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": {"name": name}, "spec": spec}


def state(namespace: Namespace, name: str) -> str:
    return str((namespace.get("irun", name).get("status") or {}).get("experiment", {}).get("state", ""))


def nothing_is_left(namespace: Namespace, name: str) -> bool:
    workloads = [*namespace.items("deployments"), *namespace.items("statefulsets")]
    annotations = json.dumps([one["metadata"].get("annotations", {}) for one in workloads])
    held = namespace.get("irun", name)["metadata"].get("finalizers", [])
    jobs = {one["metadata"]["name"] for one in namespace.items("jobs") if "deletionTimestamp" not in one["metadata"]}
    return "praetor.dev/experiment" not in annotations and not held and f"{name}-deadman" not in jobs


def was_killed_for_its_memory(namespace: Namespace) -> bool:
    states = [
        status.get(kind, {})
        for pod in namespace.items("pods", "-l", "app=greedy")
        for status in pod["status"].get("containerStatuses", ())
        for kind in ("state", "lastState")
    ]
    return any(state.get("terminated", {}).get("reason") == "OOMKilled" for state in states)


def test_a_squeezed_limit_really_kills_is_diagnosed_and_put_back(shop: Namespace, image: str, tmp_path: Path) -> None:
    before = template(shop, "greedy")
    with operator(shop, image, tmp_path / "log"):
        shop.apply(experiment("squeeze", fault="memory_limit", service="greedy", memoryLimit="30Mi"))
        eventually(lambda: state(shop, "squeeze") == "Injected")
        assert shop.get("job", "squeeze-deadman")["status"]["ready"] == 1
        eventually(lambda: was_killed_for_its_memory(shop))
        found = eventually(lambda: ended(shop, "squeeze"))
    status = found["status"]
    assert status["experiment"]["state"] == "Restored", status
    assert (status["substrate"], status["grading"], status["phase"]) == ("Cluster", "Full", "Complete")
    assert [one["service"] for one in status["result"]["truth"]] == ["greedy"]
    assert template(shop, "greedy") == before
    assert nothing_is_left(shop, "squeeze")


def test_a_dead_operator_leaves_nothing_broken(shop: Namespace, image: str, tmp_path: Path) -> None:
    """Its dead-man heals at the deadline, before which nobody changes anything; the next operator ends the run."""
    wanted = shop.get("deployment", "web")["spec"]["replicas"]
    asked = experiment("orphan", fault="scale_to_zero", service="web", durationSeconds=90)
    asked["spec"]["mode"] = "DryRun"
    with operator(shop, image, tmp_path / "log") as process:
        shop.apply(asked)
        eventually(lambda: state(shop, "orphan") == "Injected")
        process.send_signal(signal.SIGKILL)
    assert shop.get("deployment", "web")["spec"]["replicas"] == 0
    eventually(lambda: shop.get("deployment", "web")["spec"]["replicas"] == wanted)
    with operator(shop, image, tmp_path / "log"):
        found = eventually(lambda: ended(shop, "orphan"))
    assert found["status"]["experiment"]["state"] == "Restored"
    assert nothing_is_left(shop, "orphan")


def waits_for_its_image(namespace: Namespace, app: str) -> bool:
    pods = namespace.items("pods", "-l", f"app={app}")
    states = [one.get("state", {}) for pod in pods for one in pod["status"].get("containerStatuses", ())]
    return any("Image" in state.get("waiting", {}).get("reason", "") for state in states)


def test_a_stateful_set_that_waits_for_a_pod_that_cannot_run_comes_back(
    shop: Namespace, image: str, tmp_path: Path
) -> None:
    """The policy changes nothing, and the template alone would not bring it back."""
    before, asked = shop.get("statefulset", "store")["spec"], experiment("stuck", fault="bad_image", service="store")
    asked["spec"]["mode"] = "DryRun"
    with operator(shop, image, tmp_path / "log"):
        shop.apply(asked)
        eventually(lambda: state(shop, "stuck") == "Injected")
        eventually(lambda: waits_for_its_image(shop, "store"))
        found = eventually(lambda: ended(shop, "stuck"))
    assert found["status"]["experiment"]["state"] == "Restored", found["status"]
    assert shop.get("statefulset", "store")["spec"] == before
    assert nothing_is_left(shop, "stuck")


def pods_of(namespace: Namespace, app: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in namespace.items("pods", "-l", f"app={app}")}


@pytest.mark.parametrize(
    ("fault", "service", "given"),
    [
        ("cpu_limit", "greedy", {"cpuLimit": "10m"}),
        ("bad_config", "moody", {"key": "MODE", "value": "bad"}),
        ("pod_kill", "moody", {}),
    ],
)
def test_what_else_can_be_broken_is_felt_and_put_back(
    shop: Namespace, image: str, tmp_path: Path, fault: str, service: str, given: dict[str, str]
) -> None:
    """The policy changes nothing."""
    name = fault.replace("_", "-")
    before, ran, asked = template(shop, service), pods_of(shop, service), experiment(name, fault=fault, service=service)
    asked["spec"] |= {"mode": "DryRun", "maxSteps": 3}
    asked["spec"]["inject"] |= given
    with operator(shop, image, tmp_path / "log"):
        shop.apply(asked)
        found = eventually(lambda: ended(shop, name))
    assert found["status"]["experiment"]["state"] == "Restored", found["status"]
    assert not ran & pods_of(shop, service), "what ran before was really taken away"
    assert template(shop, service) == before
    assert nothing_is_left(shop, name)


def test_more_pods_than_the_blast_radius_are_not_touched(shop: Namespace, image: str, tmp_path: Path) -> None:
    before = shop.get("deployment", "spare")
    with operator(shop, image, tmp_path / "log"):
        shop.apply(experiment("wide", fault="network_deny", service="spare"))
        found = eventually(lambda: ended(shop, "wide"))
    assert "spec.chaos.maxPods of the TargetSite is 1" in found["status"]["message"]
    assert shop.get("deployment", "spare")["metadata"]["generation"] == before["metadata"]["generation"]
    assert shop.items("networkpolicies") == []
