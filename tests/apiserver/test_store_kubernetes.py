from collections.abc import AsyncIterator

import pytest

from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.store.kubernetes import KubernetesStore
from tests.controlplane.server import ControlPlane
from tests.support.store_contract import StoreContract


@pytest.fixture
async def client(crds_installed: ControlPlane) -> AsyncIterator[KubeClient]:
    async with KubeClient(load_credentials(str(crds_installed.kubeconfig))) as client:
        yield client


@pytest.fixture
def store(client: KubeClient) -> KubernetesStore:
    return KubernetesStore(client)


class TestKubernetesStore(StoreContract):
    """The API server behind its store keeps the contract of stores."""
