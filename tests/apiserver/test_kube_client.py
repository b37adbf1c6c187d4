"""The client against a real API server: credentials, refusals, pages, rotation."""

import json
from pathlib import Path

import pytest

from praetor.kube import client as client_module
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import CONFIG_MAPS, Resource
from simcore.errors import (
    AlreadyExistsError,
    ConflictError,
    DeniedError,
    InvalidObjectError,
    NotFoundError,
    UnavailableError,
)
from simcore.protocols import Manifest
from tests.controlplane.server import ControlPlane, kubeconfig

PODS = Resource("", "v1", "pods")
BUDGETS = Resource("policy", "v1", "poddisruptionbudgets")


def config_map(name: str, **data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_objects_are_created_read_replaced_and_deleted(client: KubeClient, namespace: str) -> None:
    created = await client.create(CONFIG_MAPS, namespace, config_map("one", a="1"))
    assert await client.get(CONFIG_MAPS, namespace, "one") == created
    replaced = await client.replace(CONFIG_MAPS, created | {"data": {"a": "2"}})
    assert replaced["data"] == {"a": "2"}
    await client.delete(CONFIG_MAPS, namespace, "one", uid=created["metadata"]["uid"])
    with pytest.raises(NotFoundError, match='configmaps "one" not found'):
        await client.get(CONFIG_MAPS, namespace, "one")


async def test_refusals_are_told_apart(client: KubeClient, namespace: str) -> None:
    created = await client.create(CONFIG_MAPS, namespace, config_map("one", a="1"))
    with pytest.raises(AlreadyExistsError, match="one"):
        await client.create(CONFIG_MAPS, namespace, config_map("one"))
    await client.replace(CONFIG_MAPS, created | {"data": {"a": "2"}})
    with pytest.raises(ConflictError, match="modified"):
        await client.replace(CONFIG_MAPS, created | {"data": {"a": "3"}})
    with pytest.raises(ConflictError, match="UID"):
        await client.delete(CONFIG_MAPS, namespace, "one", uid="another")
    with pytest.raises(InvalidObjectError, match=r"metadata\.name"):
        await client.create(CONFIG_MAPS, namespace, config_map("Upper"))
    with pytest.raises(InvalidObjectError, match="colour"):
        await client.create(CONFIG_MAPS, namespace, config_map("two") | {"colour": "red"})
    with pytest.raises(NotFoundError, match="absent-namespace"):
        await client.create(CONFIG_MAPS, "absent-namespace", config_map("one"))


async def test_what_is_too_large_is_refused(client: KubeClient, namespace: str) -> None:
    with pytest.raises(InvalidObjectError, match=r"too long|too large"):
        await client.create(CONFIG_MAPS, namespace, config_map("one", a="x" * 4_000_000))


async def test_a_list_is_read_to_its_end(client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PAGE_SIZE", 2)
    names = {f"many-{number}" for number in range(7)}
    for name in names:
        await client.create(CONFIG_MAPS, namespace, config_map(name))
    found = await client.find(CONFIG_MAPS, namespace)
    assert {one["metadata"]["name"] for one in found} - {"kube-root-ca.crt"} == names


async def test_lists_are_chosen_by_labels_and_fields(client: KubeClient, namespace: str) -> None:
    for name in ("one", "two"):
        manifest = config_map(name)
        manifest["metadata"]["labels"] = {"called": name, "both": "yes"}
        await client.create(CONFIG_MAPS, namespace, manifest)
    by_label = await client.find(CONFIG_MAPS, namespace, labels={"called": "two", "both": "yes"})
    by_field = await client.find(CONFIG_MAPS, namespace, fields={"metadata.name": "one"})
    assert [one["metadata"]["name"] for one in (*by_label, *by_field)] == ["two", "one"]


async def test_somebody_without_rights_is_denied(apiserver: ControlPlane, namespace: str) -> None:
    async with KubeClient(load_credentials(str(apiserver.kubeconfig_of("alice")))) as client:
        with pytest.raises(DeniedError, match="alice"):
            await client.find(CONFIG_MAPS, namespace)


async def test_an_unknown_token_is_denied(apiserver: ControlPlane, namespace: str, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, apiserver, token="nobody")
    async with KubeClient(load_credentials(str(path))) as client:
        with pytest.raises(DeniedError, match="401"):
            await client.find(CONFIG_MAPS, namespace)


async def test_a_server_that_is_away_is_unavailable(tmp_path: Path, apiserver: ControlPlane) -> None:
    path = write_kubeconfig(tmp_path, apiserver, url="https://127.0.0.1:1")
    async with KubeClient(load_credentials(str(path))) as client:
        with pytest.raises(UnavailableError, match=r"https://127\.0\.0\.1:1"):
            await client.find(CONFIG_MAPS, "default")


async def test_a_server_with_another_certificate_is_not_talked_to(apiserver: ControlPlane, tmp_path: Path) -> None:
    config = kubeconfig(apiserver.url, apiserver.ca, apiserver.admin_token)
    del config["clusters"][0]["cluster"]["certificate-authority"]
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    async with KubeClient(load_credentials(str(path))) as client:
        with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.find(CONFIG_MAPS, "default")


async def test_a_token_that_was_rotated_is_read_again(apiserver: ControlPlane, namespace: str, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, apiserver, token="")
    token_file = tmp_path / "token"
    token_file.write_text("expired")
    config = json.loads(path.read_text())
    config["users"][0]["user"] = {"tokenFile": str(token_file)}
    path.write_text(json.dumps(config))
    async with KubeClient(load_credentials(str(path))) as client:
        with pytest.raises(DeniedError):
            await client.find(CONFIG_MAPS, namespace)
        token_file.write_text(apiserver.admin_token)
        await client.create(CONFIG_MAPS, namespace, config_map("one"))


async def test_a_credential_plugin_is_asked(apiserver: ControlPlane, namespace: str, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, apiserver, token="")
    config = json.loads(path.read_text())
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": apiserver.admin_token},
    }
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "echo",
        "args": [json.dumps(credential)],
        "interactiveMode": "Never",
    }
    config["users"][0]["user"] = {"exec": plugin}
    path.write_text(json.dumps(config))
    async with KubeClient(load_credentials(str(path))) as client:
        await client.create(CONFIG_MAPS, namespace, config_map("one"))


@pytest.mark.parametrize("text", [None, "", "{", "[]", "kind: Config"])
def test_a_kubeconfig_that_is_none_is_told(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DeniedError, match="no Kubernetes credentials"):
        load_credentials(str(path))


async def test_too_many_requests_are_waited_out_and_then_told(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An eviction that a disruption budget forbids is a real 429, as often as it is asked for."""
    monkeypatch.setattr(client_module, "_LONGEST_WAIT_SECONDS", 0.05)
    await protected_pod(client, namespace)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "pod"}}
    with pytest.raises(UnavailableError, match="429") as caught:
        await client.request("POST", PODS.path(namespace, "pod", "eviction"), body=eviction)
    assert caught.value.retry_after_seconds is None or caught.value.retry_after_seconds > 0


async def protected_pod(client: KubeClient, namespace: str) -> None:
    labels = {"app": "one"}
    container = {"name": "main", "image": "none"}
    pod = {"metadata": {"name": "pod", "labels": labels}, "spec": {"containers": [container]}}
    created = await client.create(PODS, namespace, pod)
    await client.replace(PODS, created | {"status": {"phase": "Running"}}, "status")
    budget = {
        "metadata": {"name": "all"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}},
    }
    await client.create(BUDGETS, namespace, budget)


def write_kubeconfig(directory: Path, apiserver: ControlPlane, *, url: str = "", token: str | None = None) -> Path:
    path = directory / "kubeconfig"
    token = apiserver.admin_token if token is None else token
    path.write_text(json.dumps(kubeconfig(url or apiserver.url, apiserver.ca, token)))
    return path
