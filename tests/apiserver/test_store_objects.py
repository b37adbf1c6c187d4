"""How artifacts and events look to people with kubectl, and what is left when a run is deleted."""

import base64
import gzip
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.kube.paths import CONFIG_MAPS
from praetor.store.kubernetes import KubernetesStore
from simcore.errors import AlreadyExistsError, NotFoundError
from simcore.protocols import Manifest
from tests.controlplane.server import ControlPlane
from tests.support.eventually import eventually
from tests.support.store_contract.manifests import run_manifest

LIMIT_BYTES = 512 * 1024


@pytest.fixture
async def client(crds_installed: ControlPlane) -> AsyncIterator[KubeClient]:
    async with KubeClient(load_credentials(str(crds_installed.kubeconfig))) as client:
        yield client


@pytest.fixture
def store(client: KubeClient) -> KubernetesStore:
    return KubernetesStore(client)


@pytest.fixture
async def run(store: KubernetesStore, namespace: str) -> Manifest:
    return await store.create(run_manifest(namespace))


def config_maps(apiserver: ControlPlane, namespace: str) -> dict[str, Any]:
    found = apiserver.kubectl_json("get", "configmaps", "-n", namespace)["items"]
    return {one["metadata"]["name"]: one for one in found if one["metadata"]["name"] != "kube-root-ca.crt"}


async def test_a_report_can_be_read_with_kubectl(
    apiserver: ControlPlane, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    assert await store.put_artifact(run, "postmortem.md", "# Größe\n".encode()) == "oom-1-postmortem"
    (report,) = config_maps(apiserver, namespace).values()
    assert report["data"] == {"postmortem.md": "# Größe\n"}
    assert report["immutable"] is True
    assert report["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "praetor"
    assert report["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "praetor.dev/v1alpha1",
            "kind": "IncidentRun",
            "name": "oom-1",
            "uid": run["metadata"]["uid"],
            "controller": True,
        }
    ]


async def test_a_trace_can_be_unpacked_by_hand(
    apiserver: ControlPlane, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    assert await store.put_artifact(run, "trace.jsonl", b'{"seq":0}\n') == "oom-1-trace-0"
    (trace,) = config_maps(apiserver, namespace).values()
    assert gzip.decompress(base64.b64decode(trace["binaryData"]["trace.jsonl.gz"])) == b'{"seq":0}\n'


async def test_large_artifacts_are_spread_over_small_config_maps(
    apiserver: ControlPlane, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    data = random.Random(1).randbytes(1_500_000)
    await store.put_artifact(run, "trace.jsonl", data)
    found = config_maps(apiserver, namespace)
    assert sorted(found) == [f"oom-1-trace-{index}" for index in range(4)]
    for name in found:
        text = apiserver.kubectl("get", "configmap", name, "-n", namespace, "-o", "json").stdout
        assert len(text) < LIMIT_BYTES
    assert await store.get_artifact(namespace, "oom-1", "trace.jsonl") == data


async def test_putting_the_same_again_changes_nothing(
    apiserver: ControlPlane, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    data = random.Random(1).randbytes(600_000)
    for name in ("trace.jsonl", "postmortem.md"):
        await store.put_artifact(run, name, data)
    before = config_maps(apiserver, namespace)
    for name in ("trace.jsonl", "postmortem.md"):
        await store.put_artifact(run, name, data)
    assert config_maps(apiserver, namespace) == before


async def test_a_writing_that_was_cut_off_is_completed(
    client: KubeClient, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    data = random.Random(1).randbytes(900_000)
    await store.put_artifact(run, "trace.jsonl", data)
    await client.delete(CONFIG_MAPS, namespace, "oom-1-trace-1")
    with pytest.raises(NotFoundError):
        await store.get_artifact(namespace, "oom-1", "trace.jsonl")
    await store.put_artifact(run, "trace.jsonl", data)
    assert await store.get_artifact(namespace, "oom-1", "trace.jsonl") == data


async def test_chunks_of_two_writings_are_never_mixed(
    client: KubeClient, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    await store.put_artifact(run, "trace.jsonl", random.Random(1).randbytes(500_000))
    old = await client.get(CONFIG_MAPS, namespace, "oom-1-trace-1")
    await store.put_artifact(run, "trace.jsonl", random.Random(2).randbytes(500_000))
    await client.delete(CONFIG_MAPS, namespace, "oom-1-trace-1")
    del old["metadata"]["resourceVersion"]
    await client.create(CONFIG_MAPS, namespace, old)
    with pytest.raises(NotFoundError, match="not complete"):
        await store.get_artifact(namespace, "oom-1", "trace.jsonl")


async def test_a_config_map_of_somebody_else_is_left_alone(
    client: KubeClient, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    foreign = {"metadata": {"name": "oom-1-postmortem"}, "data": {"postmortem.md": "mine"}}
    await client.create(CONFIG_MAPS, namespace, foreign)
    with pytest.raises(AlreadyExistsError, match="not Praetor's"):
        await store.put_artifact(run, "postmortem.md", b"# What happened\n")
    assert (await client.get(CONFIG_MAPS, namespace, "oom-1-postmortem"))["data"] == foreign["data"]


async def test_events_are_shown_by_kubectl(
    apiserver: ControlPlane, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    await store.record_event(run, "Started", "it began", warning=True)
    (event,) = apiserver.kubectl_json("events", "-n", namespace, "--for", "incidentrun/oom-1")["items"]
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Started", "it began")
    assert event["source"]["component"] == "praetor"


async def test_deleting_the_run_removes_what_it_owned(
    garbage_collector: ControlPlane, store: KubernetesStore, run: Manifest, namespace: str
) -> None:
    await store.put_artifact(run, "trace.jsonl", random.Random(1).randbytes(600_000))
    await store.put_artifact(run, "postmortem.md", b"# What happened\n")
    assert len(config_maps(garbage_collector, namespace)) == 3
    await store.delete("IncidentRun", namespace, "oom-1")
    await eventually(lambda: not config_maps(garbage_collector, namespace))
