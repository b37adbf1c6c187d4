"""A release of the chart in a namespace of its own, for tests that look at it as its users do."""

import fcntl
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cluster.shops import REPOSITORY
from tests.support.cluster import Namespace, Release, chosen_cluster, missing_tools, run

BESIDE = frozenset(
    {
        "test_chart_openenv", "test_chart_rendering", "test_cluster_substrate", "test_demo_rendering",
        "test_openenv_provider", "test_proof",
    }
)  # fmt: skip
"""Modules that neither bring nor need what is the whole cluster's: they may run beside others."""


@pytest.fixture(scope="module", autouse=True)
def turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """CRDs, and an operator that watches every namespace, are of one module at a time, whichever process it is in."""
    if request.path.stem in BESIDE or chosen_cluster() is None:
        yield
        return
    with Path(tempfile.gettempdir(), "praetor-tests-of-a-cluster").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def image() -> str:
    chosen = chosen_cluster()
    if chosen is None:
        pytest.skip("set KUBECONFIG to a cluster and IMAGE to an image that its nodes have")
    missing = missing_tools("kubectl", "helm")
    assert not missing, f"KUBECONFIG names a cluster, but {' and '.join(missing)} is not on the PATH"
    return chosen[1]


@pytest.fixture(scope="module")
def crds(image: str) -> Iterator[None]:
    """Those of this tree, with the policy that guards approvals; afterwards none, if there were none before."""
    before = run("kubectl", "get", "crd", "-o", "name")
    run("kubectl", "apply", "--server-side", "--force-conflicts", "-f", str(REPOSITORY / "crds"))
    yield
    if "praetor.dev" not in before:
        run("kubectl", "delete", "--timeout=300s", "-f", str(REPOSITORY / "crds"))


@pytest.fixture(scope="session")
def leaving(image: str) -> Iterator[list[str]]:
    """Names of namespaces that are being deleted: nobody waits for that before the end of all tests."""
    names: list[str] = []
    yield names
    if names:
        run("kubectl", "delete", "namespace", *names, "--ignore-not-found", "--timeout=300s")


@pytest.fixture(scope="module")
def namespace(leaving: list[str]) -> Iterator[Namespace]:
    yield from fresh_namespace(leaving)


@pytest.fixture
def elsewhere(leaving: list[str]) -> Iterator[Namespace]:
    """A second namespace, which no release is in."""
    yield from fresh_namespace(leaving)


@pytest.fixture(scope="module")
def release(namespace: Namespace, image: str) -> Iterator[Release]:
    """The chart as it is, but for CRDs that go with it: it must leave the cluster as it was."""
    release = Release(namespace, image)
    try:
        release.install("--set", "crds.keep=false")
        yield release
    finally:
        release.uninstall()


@pytest.fixture
def gateway(release: Release) -> Iterator[httpx.Client]:
    """A caller without a token. New for every test: kubectl stops forwarding when the server hangs up early."""
    with (
        release.namespace.forwarded("service/praetor-gateway", 8080) as url,
        httpx.Client(base_url=url, timeout=240) as client,
    ):
        yield client


def fresh_namespace(leaving: list[str]) -> Iterator[Namespace]:
    """Pods in it must meet Pod Security "restricted"."""
    name = f"praetor-test-{secrets.token_hex(3)}"
    run("kubectl", "create", "namespace", name)
    run("kubectl", "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield Namespace(name)
    run("kubectl", "delete", "namespace", name, "--wait=false", "--ignore-not-found")
    leaving.append(name)
