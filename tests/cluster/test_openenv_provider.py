"""The Kubernetes provider of OpenEnv on a real cluster: an echo environment of the library, and our own.

OPENENV_IMAGE is an image whose command serves `tests/support/echo_environment.py`, and that has `praetor` with its
extras `openenv` and `operator`, for the test from inside the cluster; IMAGE is ours, as in all tests of this folder.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

from openenv.core import GenericEnvClient
from openenv.core.env_client import EnvClient

from praetor.openenv import KubernetesProvider
from tests.support.cluster import LONGEST_SECONDS, Namespace, eventually

pytestmark = pytest.mark.timeout(1800)
REPOSITORY = Path(__file__).parents[2]
KINDS = "pods,services,secrets,leases"


@pytest.fixture(scope="module")
def echo_image() -> str:
    name = os.environ.get("OPENENV_IMAGE")
    if not name:
        pytest.skip("set OPENENV_IMAGE to an image of tests/support/echo_environment.py that the cluster's nodes have")
    return name


def provider_in(namespace: Namespace, **options: Any) -> KubernetesProvider:
    return KubernetesProvider(namespace=namespace.name, image_pull_policy="Never", **options)


@pytest.fixture
def provider(elsewhere: Namespace) -> Iterator[KubernetesProvider]:
    with provider_in(elsewhere) as provider:
        yield provider


def left_in(namespace: Namespace) -> set[str]:
    return {f"{each['kind']}/{each['metadata']['name']}" for each in namespace.items(KINDS)}


def failure(provider: KubernetesProvider, image: str, **options: Any) -> str:
    """What a start that cannot succeed is told, and that it is told well before the time is over."""
    url = provider.start_container(image, **options)
    began = time.monotonic()
    with pytest.raises(RuntimeError) as caught:
        provider.wait_for_ready(url, timeout_s=LONGEST_SECONDS)
    assert time.monotonic() - began < 0.7 * LONGEST_SECONDS
    return str(caught.value)


def test_the_librarys_client_plays_on_an_environment_that_it_started_itself(
    echo_image: str, elsewhere: Namespace
) -> None:
    provider = provider_in(elsewhere)
    env = GenericEnvClient.from_docker_image(echo_image, provider=provider).sync()
    with env:
        assert env.reset().observation["message"] == "hello"
        assert env.step({"message": "over"}).reward == 4.0
        large = "x" * 3_000_000
        assert env.step({"message": large}).observation["message"] == large, "in many frames of the port-forward"
        assert env.state()["step_count"] == 2
    eventually(lambda: not left_in(elsewhere))


def test_a_client_may_leave_the_start_to_the_provider(echo_image: str, elsewhere: Namespace) -> None:
    with GenericEnvClient(provider=provider_in(elsewhere, image=echo_image)).sync() as env:
        assert env.reset().observation["message"] == "hello"
    eventually(lambda: not left_in(elsewhere))


def test_our_own_image_serves_with_a_token_that_nobody_else_knows(image: str, elsewhere: Namespace) -> None:
    command = ["praetor", "openenv", "serve", "--host", "0.0.0.0"]
    with provider_in(elsewhere, command=command, token_variable="PRAETOR_OPENENV_TOKEN") as provider:
        url = provider.start_container(image)
        provider.wait_for_ready(url)
        with GenericEnvClient(base_url=url).sync() as env:
            assert env.reset(task_id="oom-crash", seed=7).observation["text"]
            step = {"action_type": "list_services", "target_service": None, "parameters": {}}
            assert env.step(step).observation["kind"] == "list_services"
        bare = f"http://{url.rpartition('@')[2]}"
        with pytest.raises(ConnectionError, match="401"):
            connect_once(GenericEnvClient(base_url=bare))


def connect_once(client: EnvClient[Any, Any, Any]) -> None:
    with client.sync():
        pass


def test_the_address_inside_the_cluster_leads_a_pod_to_the_environment(echo_image: str, elsewhere: Namespace) -> None:
    """The provider itself runs in a pod here, with the rights that the documentation lists and no others."""
    elsewhere.apply(*in_cluster_manifests(echo_image))
    eventually(lambda: elsewhere.get("pod", "trainer")["status"]["phase"] in ("Succeeded", "Failed"))
    said = elsewhere.kubectl("logs", "trainer")
    assert f".{elsewhere.name}.svc:8000" in said, said
    assert "echoed over" in said
    assert elsewhere.get("pod", "trainer")["status"]["phase"] == "Succeeded", said
    eventually(lambda: left_in(elsewhere) == {"Pod/trainer"})


INSIDE = """
from openenv.core import GenericEnvClient
from praetor.openenv import KubernetesProvider

provider = KubernetesProvider(image_pull_policy="Never")
with GenericEnvClient.from_docker_image({image!r}, provider=provider).sync() as env:
    print(env.base_url)
    env.reset()
    print("echoed", env.step({{"message": "over"}}).observation["message"])
"""


def in_cluster_manifests(image: str) -> list[dict[str, Any]]:
    metadata = {"name": "trainer"}
    rules = yaml.safe_load((REPOSITORY / "manifests" / "openenv" / "provider-role.yaml").read_text())["rules"]
    group = "rbac.authorization.k8s.io"
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "trainer"},
            "subjects": [{"kind": "ServiceAccount", "name": "trainer"}],
        },
        {
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
            "spec": {
                "serviceAccountName": "trainer", "restartPolicy": "Never",
                "securityContext": {
                    "runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}
                },
                "containers": [{
                    "name": "trainer", "image": image, "imagePullPolicy": "Never", "securityContext": security,
                    "command": ["python3", "-c", INSIDE.format(image=image)],
                    "env": [{"name": "HOME", "value": "/tmp"}],
                }],
            },
        },
    ]  # fmt: skip


def test_an_image_that_is_not_there_is_named_with_the_kubelets_reason(provider: KubernetesProvider, image: str) -> None:
    said = failure(provider, "localhost/no-such-image:1")
    assert "localhost/no-such-image:1" in said
    assert "ErrImageNeverPull" in said


def test_an_image_that_cannot_be_pulled_is_given_up_when_the_kubelet_backs_off(
    provider: KubernetesProvider, image: str
) -> None:
    said = failure(provider, "localhost:1/no-such-image:1", image_pull_policy="Always")
    assert "ImagePullBackOff" in said


def test_an_environment_killed_for_its_memory_says_so(provider: KubernetesProvider, echo_image: str) -> None:
    program = "print('eating', flush=True)\nx = []\nwhile True: x.append(bytearray(b'1') * 10**7)"
    hungry = ["python3", "-c", program]
    said = failure(provider, echo_image, command=hungry, memory_limit="64Mi", memory_request="64Mi")
    assert "OOMKilled: exit code 137, its memory limit is 64Mi" in said
    assert "eating" in said


def test_a_program_that_fails_shows_its_last_lines(provider: KubernetesProvider, echo_image: str) -> None:
    said = failure(provider, echo_image, command=["python3", "-c", "raise SystemExit('no model at /models')"])
    assert "exit code 1" in said
    assert "last log lines:\nno model at /models" in said


def test_a_pod_that_no_node_has_room_for_times_out_with_the_schedulers_words(
    provider: KubernetesProvider, echo_image: str
) -> None:
    url = provider.start_container(echo_image, memory_request="900Gi", memory_limit="900Gi")
    with pytest.raises(TimeoutError, match="Insufficient memory"):
        provider.wait_for_ready(url, timeout_s=5)


def test_a_server_that_is_no_openenv_server_is_told_apart(provider: KubernetesProvider, echo_image: str) -> None:
    said = failure(provider, echo_image, command=["python3", "-m", "http.server", "--protocol", "HTTP/1.1", "8000"])
    assert "404" in said
    assert "no OpenEnv server" in said


def test_a_warm_environment_is_ready_when_it_is_wanted(echo_image: str, elsewhere: Namespace) -> None:
    with provider_in(elsewhere, image=echo_image, warm=1) as provider:
        first = provider.start_container()
        provider.wait_for_ready(first)
        eventually(lambda: len(running(elsewhere)) == 2)
        provider.stop_container()
        (warm,) = eventually(lambda: len(found := running(elsewhere)) == 1 and found)
        url = provider.start_container()
        assert warm in running(elsewhere)
        provider.wait_for_ready(url)
        with GenericEnvClient(base_url=url).sync() as env:
            assert env.reset().observation["message"] == "hello"
        provider.stop_container()
        eventually(lambda: warm not in elsewhere.names("pods"))  # it was the one in use
    eventually(lambda: not left_in(elsewhere))


def running(namespace: Namespace) -> list[str]:
    return [
        each["metadata"]["name"]
        for each in namespace.items("pods")
        if each["status"]["phase"] == "Running" and not each["metadata"].get("deletionTimestamp")
    ]


CRASHES = """
import sys, time
from praetor.openenv import KubernetesProvider

provider = KubernetesProvider(namespace=sys.argv[1], image_pull_policy="Never", lease_seconds=4)
provider.wait_for_ready(provider.start_container(sys.argv[2]))
print("ready", flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_left_is_swept_at_the_next_start(
    echo_image: str, elsewhere: Namespace, provider: KubernetesProvider
) -> None:
    command = [sys.executable, "-c", CRASHES, elsewhere.name, echo_image]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "ready"
        orphans = left_in(elsewhere)
        process.send_signal(signal.SIGKILL)
    assert {name.split("/")[0] for name in orphans} == {"Pod", "Service", "Lease"}
    time.sleep(5)  # its lease runs out

    provider.start_container(echo_image)
    eventually(lambda: not orphans & left_in(elsewhere))
    assert left_in(elsewhere), "what the living one has is still there"


def test_a_pod_ends_at_its_deadline_whatever_became_of_its_process(
    echo_image: str, provider: KubernetesProvider
) -> None:
    url = provider.start_container(echo_image, active_deadline_seconds=60)
    provider.wait_for_ready(url)
    eventually(lambda: "DeadlineExceeded" in provider.reason())
    with pytest.raises(RuntimeError, match="DeadlineExceeded"):
        provider.wait_for_ready(url)
