"""The demo site with its real PostgreSQL, one for each file of tests; packages of Node, installed once for all."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.adapted_services import Installed, installed
from tests.support.demo_site import DemoSite, demo_site, until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    with demo_site(users_log=tmp_path_factory.mktemp("site") / "users.jsonl") as site:
        until(site.users_are_served, site.told)
        yield site


@pytest.fixture
def site(running: DemoSite) -> Iterator[DemoSite]:
    """Healthy before, healed after."""
    until(lambda: running.users_are_served(6.0), running.told)
    running.begin()
    yield running
    running.change("heal")


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    @cache
    def once(package: str) -> Path:
        return installed(package, tmp_path_factory.mktemp("node"))

    return once
