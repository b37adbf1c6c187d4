"""What of a stored object may change, and by which door."""

import json
from subprocess import CompletedProcess
from typing import Any

import pytest

from praetor.resources.run import MUTABLE_FIELDS, IncidentRunSpec
from tests.controlplane.server import ControlPlane
from tests.support.controlplane_objects import alert_run, run, scenario

pytestmark = pytest.mark.usefixtures("crds_installed")

FULL: dict[str, Any] = {
    "scenarioRef": {"kind": "Library", "name": "oom-crash"},
    "seed": 1,
    "split": "train",
    "difficulty": 0.2,
    "policy": {"name": "playbook"},
    "target": {"simulator": {}},
    "mode": "DryRun",
    "approval": "Always",
    "approvalTimeoutSeconds": 60,
    "maxSteps": 10,
    "activeDeadlineSeconds": 60,
    "backoffLimit": 1,
}
CHANGED: dict[str, Any] = {
    "scenarioRef": {"kind": "Library", "name": "db-pool-exhaustion"},
    "seed": 2,
    "split": "test",
    "difficulty": 0.8,
    "policy": {"name": "random"},
    "target": {"siteRef": {"name": "shop"}},
    "mode": "Act",
    "approval": "Never",
    "approvalTimeoutSeconds": 61,
    "inject": {"fault": "cert_expiry"},
    "maxSteps": 11,
    "activeDeadlineSeconds": 61,
    "backoffLimit": 2,
}
OPTIONAL = ("split", "maxSteps", "activeDeadlineSeconds")


def patch(server: ControlPlane, namespace: str, spec: dict[str, Any], *options: str) -> CompletedProcess[str]:
    """A merge patch of the spec of `a-run`; None removes a field."""
    document = json.dumps({"spec": spec})
    arguments = ("patch", "irun", "a-run", "-n", namespace, "--type=merge", "-p", document, *options)
    return server.kubectl(*arguments, check=False)


@pytest.fixture
def stored(apiserver: ControlPlane, namespace: str) -> str:
    apiserver.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(run(**FULL)))
    return namespace


def test_every_field_but_the_verbs_is_covered_here() -> None:
    fields = {field.alias for field in IncidentRunSpec.model_fields.values()}
    assert fields == CHANGED.keys() | {"alert"} | MUTABLE_FIELDS


@pytest.mark.parametrize("field", CHANGED)
def test_a_field_of_the_spec_cannot_change(apiserver: ControlPlane, stored: str, field: str) -> None:
    old = {"simulator": None} if field == "target" else {}
    change = old | CHANGED[field] if isinstance(CHANGED[field], dict) else CHANGED[field]
    done = patch(apiserver, stored, {field: change})
    assert done.returncode == 1
    assert f"spec.{field}: Invalid value" in done.stderr
    assert f"{field} cannot be changed after creation" in done.stderr


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_cannot_be_removed_to_be_added_again(
    apiserver: ControlPlane, stored: str, field: str
) -> None:
    assert f"{field} cannot be changed after creation" in patch(apiserver, stored, {field: None}).stderr


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_cannot_be_added_later(apiserver: ControlPlane, namespace: str, field: str) -> None:
    apiserver.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(run()))
    done = patch(apiserver, namespace, {field: FULL[field]})
    assert f"{field} cannot be changed after creation" in done.stderr


def test_the_alert_cannot_change(apiserver: ControlPlane, namespace: str) -> None:
    apiserver.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(alert_run()))
    done = patch(apiserver, namespace, {"alert": {"labels": {"service": "auth-service"}}})
    assert "alert cannot be changed after creation" in done.stderr


def test_the_verbs_and_the_ttl_may_change(apiserver: ControlPlane, stored: str) -> None:
    wanted = {"suspend": True, "cancel": "Graceful", "ttlSecondsAfterFinished": 60}
    assert patch(apiserver, stored, wanted).returncode == 0
    assert patch(apiserver, stored, {"suspend": False, "cancel": "Now"}).returncode == 0
    assert patch(apiserver, stored, {"cancel": None, "ttlSecondsAfterFinished": None}).returncode == 0
    found = apiserver.kubectl_json("get", "irun", "a-run", "-n", stored)
    assert found["spec"] == FULL | {"suspend": False}
    assert found["metadata"]["generation"] == 4


def test_labels_may_change_and_are_no_new_generation(apiserver: ControlPlane, stored: str) -> None:
    apiserver.kubectl("label", "irun", "a-run", "-n", stored, "team=shop")
    assert apiserver.kubectl_json("get", "irun", "a-run", "-n", stored)["metadata"]["generation"] == 1


def test_a_scenario_may_change(apiserver: ControlPlane, namespace: str) -> None:
    for level in ("easy", "hard"):
        document = json.dumps(scenario(level=level))
        apiserver.kubectl("apply", "-n", namespace, "-f", "-", input=document)
    assert apiserver.kubectl_json("get", "iscn", "a-scenario", "-n", namespace)["spec"]["level"] == "hard"


def test_the_status_changes_by_its_own_door_only(apiserver: ControlPlane, stored: str) -> None:
    change = ("patch", "irun", "a-run", "-n", stored, "--type=merge", "-p")
    status = json.dumps({"status": {"phase": "Complete"}, "spec": {"suspend": True}})
    apiserver.kubectl(*change, status, "--subresource=status")
    found = apiserver.kubectl_json("get", "irun", "a-run", "-n", stored)
    assert (found["status"]["phase"], found["spec"]["suspend"]) == ("Complete", False)
    apiserver.kubectl(*change, json.dumps({"status": {"phase": "Failed"}}))
    assert apiserver.kubectl_json("get", "irun", "a-run", "-n", stored)["status"]["phase"] == "Complete"


def test_a_wrong_status_is_refused_too(apiserver: ControlPlane, stored: str) -> None:
    document = json.dumps({"status": {"phase": "Sleeping"}})
    arguments = ("irun", "a-run", "-n", stored, "--type=merge", "-p", document, "--subresource=status")
    done = apiserver.kubectl("patch", *arguments, check=False)
    assert 'status.phase: Unsupported value: "Sleeping"' in done.stderr
