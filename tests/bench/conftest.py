"""Benchmarks print figures; those that need an API server start one of their own, and say so when they cannot."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.assets import AssetsMissingError, find_assets
from tests.controlplane.server import ControlPlane, start_control_plane

CRDS = Path(__file__).parents[2] / "crds"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def crds_installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running API server with Praetor's three kinds."""
    try:
        assets = find_assets()
    except AssetsMissingError as problem:
        pytest.skip(str(problem))
    server = start_control_plane(assets, tmp_path_factory.mktemp("controlplane"))
    server.kubectl("apply", "--server-side", "-f", str(CRDS))
    server.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    yield server
    server.stop()


@pytest.fixture
def namespace(crds_installed: ControlPlane) -> str:
    """A fresh namespace."""
    name = f"bench-{next(_numbers)}"
    crds_installed.kubectl("create", "namespace", name)
    return name
