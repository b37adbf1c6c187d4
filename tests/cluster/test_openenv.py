"""The chart's OpenEnv server, played by the library's own client from a pod of the cluster.

OPENENV_IMAGE is an image with the `openenv` library, as for the tests of the provider.
"""

import base64
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cluster import Namespace, Release, eventually

pytestmark = pytest.mark.timeout(1800)
SETTINGS = ("--set", "crds.keep=false,gateway.enabled=false,openenv.enabled=true")

EPISODE = """
import os
from openenv.core import GenericEnvClient

url = f"http://trainer:{os.environ['TOKEN']}@praetor-openenv:8000"
with GenericEnvClient(base_url=url).sync() as env:
    print(env.reset(task_id="oom_crash", seed=7).observation["text"])
    shown = env.step({"action_type": "list_services"})
    while not shown.done:
        shown = env.step({"action_type": "resolve_incident", "parameters": {"root_cause": "a guess"}})
    print("ended after", env.state()["step_count"], "steps; resolved:", shown.metadata["resolved"])
try:
    with GenericEnvClient(base_url="http://praetor-openenv:8000").sync():
        print("let in without a token")
except ConnectionError as refused:
    print("without a token:", refused)
"""


@pytest.fixture(scope="module")
def client_image() -> str:
    name = os.environ.get("OPENENV_IMAGE")
    if not name:
        pytest.skip("set OPENENV_IMAGE to an image with the openenv library that the cluster's nodes have")
    return name


@pytest.fixture(scope="module")
def served(namespace: Namespace, image: str, client_image: str) -> Iterator[Release]:
    """In the operator's pods, until a test upgrades it."""
    release = Release(namespace, image)
    try:
        release.install(*SETTINGS)
        yield release
    finally:
        release.uninstall()


def token_of(release: Release) -> str:
    return base64.b64decode(release.namespace.get("secret", "praetor-openenv")["data"]["token"]).decode()


def played(namespace: Namespace, image: str, name: str) -> str:
    """What a pod that plays one episode says."""
    namespace.apply(trainer(image, name))
    ended = ("Succeeded", "Failed")
    eventually(lambda: namespace.get("pod", name)["status"]["phase"] in ended)
    return namespace.kubectl("logs", name)


def trainer(image: str, name: str) -> dict[str, Any]:
    token = {"secretKeyRef": {"name": "praetor-openenv", "key": "token"}}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never", "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "trainer", "image": image, "imagePullPolicy": "Never", "command": ["python3", "-c", EPISODE],
                "env": [{"name": "HOME", "value": "/tmp"}, {"name": "TOKEN", "valueFrom": token}],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }],
        },
    }  # fmt: skip


def assert_played(said: str) -> None:
    assert "[step 0/" in said, said
    assert "ended after 2 steps; resolved: False" in said, said
    assert "let in" not in said, said
    assert "401" in said, said


def test_a_pod_plays_an_episode_beside_the_operator(served: Release, client_image: str) -> None:
    assert_played(played(served.namespace, client_image, "trainer-sidecar"))
    (operator,) = served.namespace.items("pods", "-l", "app.kubernetes.io/component=operator")
    assert {each["name"] for each in operator["spec"]["containers"]} == {"operator", "openenv"}
    credentials = "/var/run/secrets/kubernetes.io/serviceaccount"
    seen = served.namespace.kubectl("exec", operator["metadata"]["name"], "-c", "openenv", "--", "ls", credentials)
    assert seen.strip() == "", "the environment has no credentials of the API server"


def test_it_moves_into_pods_of_its_own_and_keeps_its_token(served: Release, client_image: str) -> None:
    token = token_of(served)
    served.upgrade(*SETTINGS, "--set", "openenv.mode=Deployment,openenv.replicas=2")
    assert token_of(served) == token
    assert len(served.namespace.items("pods", "-l", "app.kubernetes.io/component=openenv")) == 2
    assert_played(played(served.namespace, client_image, "trainer-deployment"))
