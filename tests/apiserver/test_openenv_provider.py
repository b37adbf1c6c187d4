"""The provider's objects before a real API server: admitted by Pod Security, owned, swept, deleted. No pod runs."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.server import ControlPlane
from tests.support.operators import LONGEST_SECONDS, until

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

from praetor.openenv import KubernetesProvider

KINDS = "pods,services,secrets,leases"


@pytest.fixture
def restricted(apiserver: ControlPlane, namespace: str) -> str:
    """A namespace that admits pods of Pod Security "restricted" only."""
    apiserver.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    apiserver.kubectl("-n", namespace, "create", "serviceaccount", "default", check=False)
    return namespace


@pytest.fixture
def provider(apiserver: ControlPlane, restricted: str) -> Iterator[KubernetesProvider]:
    with KubernetesProvider("echo:1", namespace=restricted, kubeconfig=str(apiserver.kubeconfig)) as provider:
        yield provider


def objects(apiserver: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = apiserver.kubectl_json("-n", namespace, "get", KINDS)["items"]
    return found


def test_an_environment_is_a_pod_and_a_service_that_a_lease_owns(
    apiserver: ControlPlane, restricted: str, provider: KubernetesProvider
) -> None:
    provider.start_container()
    made = {each["kind"]: each for each in objects(apiserver, restricted)}
    assert set(made) == {"Pod", "Service", "Lease"}
    for kind in ("Pod", "Service"):
        owner = made[kind]["metadata"]["ownerReferences"][0]
        assert (owner["kind"], owner["uid"]) == ("Lease", made["Lease"]["metadata"]["uid"])
    assert made["Pod"]["spec"]["activeDeadlineSeconds"] == 6 * 3600


def test_nothing_is_left_after_stop(apiserver: ControlPlane, restricted: str, provider: KubernetesProvider) -> None:
    provider.start_container()
    provider.stop_container()
    assert objects(apiserver, restricted) == []


def test_stop_twice_and_stop_before_start_are_fine(provider: KubernetesProvider) -> None:
    provider.stop_container()
    provider.start_container()
    provider.stop_container()
    provider.stop_container()


async def test_it_may_be_used_from_inside_an_event_loop_as_the_librarys_client_does(
    apiserver: ControlPlane, restricted: str, provider: KubernetesProvider
) -> None:
    threads = threading.active_count()
    provider.start_container()
    provider.stop_container()
    assert threading.active_count() == threads
    assert objects(apiserver, restricted) == []


def test_a_token_is_made_for_each_environment_and_goes_with_it(apiserver: ControlPlane, restricted: str) -> None:
    with KubernetesProvider(
        "echo:1", namespace=restricted, kubeconfig=str(apiserver.kubeconfig), token_variable="TOKEN"
    ) as provider:
        first = provider.start_container()
        provider.stop_container()
        second = provider.start_container()
        assert first.split("@")[0] != second.split("@")[0]
        pod = next(each for each in objects(apiserver, restricted) if each["kind"] == "Pod")
        token = second.split("@")[0].rpartition(":")[2]
        assert token not in str(pod)
    assert objects(apiserver, restricted) == []


def test_inside_a_cluster_the_address_is_the_services(apiserver: ControlPlane, restricted: str) -> None:
    with KubernetesProvider(namespace=restricted, kubeconfig=str(apiserver.kubeconfig), access="cluster") as provider:
        url = provider.start_container("echo:1", port=9000)
        service = next(each for each in objects(apiserver, restricted) if each["kind"] == "Service")
        assert url == f"http://{service['metadata']['name']}.{restricted}.svc:9000"
        assert service["spec"]["ports"][0]["port"] == 9000


def test_a_pod_that_never_runs_times_out_with_what_it_waits_for(provider: KubernetesProvider) -> None:
    url = provider.start_container()
    with pytest.raises(TimeoutError, match=r"image echo:1.*not ready within 1 s; Pending"):
        provider.wait_for_ready(url, timeout_s=1)


def test_a_pod_that_somebody_deletes_is_not_waited_for(
    apiserver: ControlPlane, restricted: str, provider: KubernetesProvider
) -> None:
    url = provider.start_container()
    apiserver.kubectl("-n", restricted, "delete", "pods", "--all", "--grace-period=0", "--force")
    with pytest.raises(RuntimeError, match="the pod was deleted"):
        provider.wait_for_ready(url, timeout_s=60)


def test_what_the_cluster_refuses_is_told_in_its_words_and_leaves_nothing(
    apiserver: ControlPlane, restricted: str, provider: KubernetesProvider
) -> None:
    with pytest.raises(RuntimeError, match=r"refused it: .*quantities must match"):
        provider.start_container(memory_limit="plenty")
    assert objects(apiserver, restricted) == []


def test_somebody_without_rights_is_told_which_one_is_missing(apiserver: ControlPlane, restricted: str) -> None:
    provider = KubernetesProvider("echo:1", namespace=restricted, kubeconfig=str(apiserver.kubeconfig_of("alice")))
    with pytest.raises(RuntimeError, match=r"cannot create resource \"leases\""):
        provider.start_container()


def test_a_cluster_that_is_nowhere_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no Kubernetes credentials"):
        KubernetesProvider("echo:1", kubeconfig=str(tmp_path / "none")).start_container()


def test_warm_environments_are_taken_in_turn_and_close_deletes_them(apiserver: ControlPlane, restricted: str) -> None:
    def pods() -> set[str]:
        return {each["metadata"]["name"] for each in objects(apiserver, restricted) if each["kind"] == "Pod"}

    def wait_for(count: int) -> set[str]:
        until(lambda: len(pods()) == count, LONGEST_SECONDS, lambda: str(pods()))
        return pods()

    with KubernetesProvider(
        "echo:1", namespace=restricted, kubeconfig=str(apiserver.kubeconfig), warm=2, access="cluster"
    ) as provider:
        provider.start_container()
        before = wait_for(3)
        provider.stop_container()
        kept = wait_for(2)
        assert kept < before
        assert provider.start_container().removeprefix("http://").split(".")[0] in kept
        wait_for(3)
        provider.stop_container()
        changed = provider.start_container(memory_limit="2Gi").removeprefix("http://").split(".")[0]
        assert changed not in before | kept, "what was kept warm is not what is wanted now"
    assert objects(apiserver, restricted) == []


def test_one_provider_runs_one_environment(provider: KubernetesProvider) -> None:
    provider.start_container()
    with pytest.raises(RuntimeError, match="stop_container first"):
        provider.start_container()


def test_the_next_provider_sweeps_what_a_dead_process_left(
    apiserver: ControlPlane, garbage_collector: ControlPlane, restricted: str, provider: KubernetesProvider
) -> None:
    stale = {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "openenv-dead", "labels": {"app.kubernetes.io/managed-by": "praetor-openenv"}},
        "spec": {"leaseDurationSeconds": 60, "renewTime": "2020-01-01T00:00:00.000000Z"},
    }  # fmt: skip
    living = stale | {"metadata": stale["metadata"] | {"name": "openenv-alive"}, "spec": {"leaseDurationSeconds": 600}}
    for each in (stale, living):
        apiserver.kubectl("-n", restricted, "create", "-f", "-", input=json.dumps(each))
    uid = apiserver.kubectl_json("-n", restricted, "get", "lease", "openenv-dead")["metadata"]["uid"]
    owner = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "name": "openenv-dead", "uid": uid}
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "orphan", "ownerReferences": [owner]},
        "spec": {"ports": [{"port": 8000}]},
    }  # fmt: skip
    apiserver.kubectl("-n", restricted, "create", "-f", "-", input=json.dumps(service))

    provider.start_container()
    leases = {each["metadata"]["name"] for each in objects(apiserver, restricted) if each["kind"] == "Lease"}
    assert "openenv-dead" not in leases
    assert "openenv-alive" in leases
    apiserver.kubectl("-n", restricted, "wait", "--for=delete", "service/orphan", "--timeout=240s")


def test_objects_past_their_time_are_swept_and_others_are_not(
    apiserver: ControlPlane, restricted: str, provider: KubernetesProvider
) -> None:
    for name, expires in (("past", "1500000000"), ("future", "4000000000")):
        labels = {"app.kubernetes.io/managed-by": "praetor-openenv", "openenv.praetor.dev/expires": expires}
        service = {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels},
            "spec": {"ports": [{"port": 8000}]},
        }  # fmt: skip
        apiserver.kubectl("-n", restricted, "create", "-f", "-", input=json.dumps(service))
    provider.start_container()
    services = {each["metadata"]["name"] for each in objects(apiserver, restricted) if each["kind"] == "Service"}
    assert "past" not in services
    assert "future" in services


def renewed_seconds(apiserver: ControlPlane, namespace: str) -> float:
    """How long after it was made the one lease was renewed last."""
    (lease,) = (each for each in objects(apiserver, namespace) if each["kind"] == "Lease")
    made = datetime.fromisoformat(lease["metadata"]["creationTimestamp"])
    renewed = lease["spec"].get("renewTime")
    return (datetime.fromisoformat(renewed) - made).total_seconds() if renewed else 0.0


def test_a_lease_is_renewed_while_its_process_lives(apiserver: ControlPlane, restricted: str) -> None:
    with KubernetesProvider(
        "echo:1", namespace=restricted, kubeconfig=str(apiserver.kubeconfig), lease_seconds=6
    ) as provider:
        provider.start_container()
        until(lambda: renewed_seconds(apiserver, restricted) > 6, LONGEST_SECONDS)
        with KubernetesProvider("echo:1", namespace=restricted, kubeconfig=str(apiserver.kubeconfig)) as another:
            another.start_container()
            leases = [each for each in objects(apiserver, restricted) if each["kind"] == "Lease"]
            assert len(leases) == 2, "the first one lives, and was not swept"
