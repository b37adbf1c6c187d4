"""The API server that the tests of this folder stand on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.controlplane.server import ControlPlane

ROOT = Path(__file__).parents[2]


def test_it_says_the_version_that_the_tests_claim(apiserver: ControlPlane) -> None:
    server = json.loads(apiserver.kubectl("get", "--raw", "/version").stdout)
    assert server["gitVersion"].startswith("v1.3")


def test_a_user_without_rights_is_known_and_refused(apiserver: ControlPlane) -> None:
    done = apiserver.kubectl("get", "configmaps", user="alice", check=False)
    assert done.returncode == 1
    assert 'User "alice" cannot list resource "configmaps"' in done.stderr


def test_a_token_review_tells_a_caller_from_a_stranger(apiserver: ControlPlane) -> None:
    known, stranger = (_review(apiserver, token) for token in (apiserver.tokens["alice"], "made-up"))
    assert known == {"authenticated": True, "user": "alice"}
    assert stranger == {"authenticated": False, "user": None}


def test_a_service_account_gets_a_token_that_works(apiserver: ControlPlane, namespace: str) -> None:
    apiserver.kubectl("create", "serviceaccount", "robot", "-n", namespace)
    token = apiserver.kubectl("create", "token", "robot", "-n", namespace).stdout.strip()
    assert _review(apiserver, token) == {
        "authenticated": True,
        "user": f"system:serviceaccount:{namespace}:robot",
    }


def test_what_belongs_to_a_deleted_object_is_collected(garbage_collector: ControlPlane, namespace: str) -> None:
    kubectl = garbage_collector.kubectl
    kubectl("create", "configmap", "owner", "-n", namespace)
    owner = garbage_collector.kubectl_json("get", "configmap", "owner", "-n", namespace)
    kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(_owned_by(owner)))
    kubectl("delete", "configmap", "owner", "-n", namespace)
    gone = kubectl("wait", "--for=delete", "configmap/owned", "-n", namespace, "--timeout=240s")
    assert isinstance(gone, subprocess.CompletedProcess)
    assert kubectl("get", "configmap", "owned", "-n", namespace, check=False).returncode == 1


def _owned_by(owner: dict) -> dict:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "owned", "ownerReferences": [reference]},
    }


def _review(apiserver: ControlPlane, token: str) -> dict:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    status = apiserver.kubectl_json("create", "-f", "-", input=json.dumps(review))["status"]
    return {
        "authenticated": status.get("authenticated", False),
        "user": status.get("user", {}).get("username"),
    }


def test_the_command_runs_a_server_until_it_is_told_to_stop(apiserver: ControlPlane) -> None:
    command = [sys.executable, "-m", "tests.controlplane", "start"]
    environment = os.environ | {"KUBEBUILDER_ASSETS": str(apiserver.assets)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        kubeconfig = Path(process.stdout.readline().strip().removeprefix("KUBECONFIG="))
        assert json.loads(kubeconfig.read_text())["kind"] == "Config"
        process.terminate()
        assert process.wait(240) == 0
    assert not kubeconfig.exists()


def test_the_command_says_where_the_binaries_are(apiserver: ControlPlane) -> None:
    command = [sys.executable, "-m", "tests.controlplane", "assets"]
    environment = os.environ | {"KUBEBUILDER_ASSETS": str(apiserver.assets)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stdout) == (0, f"{apiserver.assets}\n")
