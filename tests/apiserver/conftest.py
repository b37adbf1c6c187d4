"""A real API server for the tests of this folder: one for each test process, one namespace for each test."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from praetor.kube.blocking import BlockingKube
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.resources.kubernetes_site import KubernetesSite
from praetor.substrates.cluster.system import NamespaceSystem, Promises
from tests.controlplane.assets import AssetsMissingError, find_assets
from tests.controlplane.server import ControlPlane, start_control_plane
from tests.support.small_shop import CONFIG, Shop
from tests.support.workloads import config_map, deployment, stateful_set

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
_ASSETS = pytest.StashKey[Path]()
_REASON = pytest.StashKey[str]()
_numbers = itertools.count(1)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Finds the binaries before any test's time limit begins: the first time may take minutes."""
    wanted = any(item.path.is_relative_to(HERE) for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            session.config.stash[_ASSETS] = find_assets()
        except AssetsMissingError as problem:
            session.config.stash[_REASON] = str(problem)


@pytest.fixture(scope="session")
def apiserver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running API server: `.url`, `.kubeconfig`, `.admin_token`, `.ca`, `.kubectl(...)`."""
    if reason := request.config.stash.get(_REASON, None):
        pytest.skip(reason)
    server = start_control_plane(request.config.stash[_ASSETS], tmp_path_factory.mktemp("controlplane"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def garbage_collector(apiserver: ControlPlane) -> ControlPlane:
    """The API server with the controllers that delete what belongs to deleted objects."""
    if not (apiserver.assets / "kube-controller-manager").exists():
        pytest.skip(f"{apiserver.assets} has no kube-controller-manager, and so nothing collects garbage")
    apiserver.start_controllers()
    return apiserver


@pytest.fixture(scope="session")
def crds_installed(apiserver: ControlPlane) -> ControlPlane:
    """The API server with Praetor's three kinds."""
    apiserver.kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"))
    for name in ("incidentruns", "incidentscenarios", "targetsites"):
        apiserver.kubectl("wait", "--for=condition=Established", f"crd/{name}.praetor.dev", "--timeout=240s")
    return apiserver


@pytest.fixture
def namespace(apiserver: ControlPlane) -> str:
    """A fresh namespace."""
    name = f"test-{next(_numbers)}"
    apiserver.kubectl("create", "namespace", name)
    return name


@pytest.fixture
async def client(apiserver: ControlPlane) -> AsyncIterator[KubeClient]:
    """Of its administrator."""
    async with KubeClient(load_credentials(str(apiserver.kubeconfig))) as client:
        yield client


@pytest.fixture
def shop(apiserver: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("KUBECONFIG", str(apiserver.kubeconfig))
    shop = Shop(apiserver, namespace, BlockingKube(load_credentials()))
    web = deployment("web", replicas=2, memory="64Mi", env=[{"name": "SIZE", "value": "9"}])
    shop.make(config_map("settings", MODE="good"), web, stateful_set("store"))
    yield shop
    shop.kube.close()


@pytest.fixture
def system(shop: "Shop") -> Iterator[NamespaceSystem]:
    site = KubernetesSite.model_validate({"namespace": shop.name, "config": CONFIG})
    system = NamespaceSystem(BlockingKube(load_credentials()), shop.name, site, Promises())
    system.begin()
    yield system
    system.close()
