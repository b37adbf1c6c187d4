"""The demo site with its real PostgreSQL: a heal puts everything back, also while the database does not answer."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.support.demo_site import DemoSite, demo_site, until
from tests.support.needs_site import needs_postgres

pytestmark = [
    needs_postgres,
    pytest.mark.waits(60),
]

psutil = pytest.importorskip("psutil")
FIRST = {"version": "v1.0", "replicas": 1, "api_mb": 512.0, "postgres_mb": 1024.0, "connections": 20.0}


def state(site: DemoSite) -> dict[str, object]:
    api = next(one for one in site.get("/ops/services")["services"] if one["name"] == "api")
    postgres = site.metrics("postgres")
    return {
        "version": api["version"],
        "replicas": api["replicas"],
        "api_mb": site.metrics()["memory_limit_mb"],
        "postgres_mb": postgres["memory_limit_mb"],
        "connections": postgres["connection_limit"],
    }


def is_put_back(site: DemoSite) -> Callable[[], bool]:
    return lambda: state(site) == FIRST and site.users_are_served()


def told(site: DemoSite) -> str:
    return site.http.post("/ops/heal", json={}).json()["message"]


def database_of(site: DemoSite) -> Any:
    found = []
    for one in psutil.Process(site.process.pid).children():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found += [one] if one.name() == "postgres" else []
    (database,) = found
    return database


@contextmanager
def silent_database(site: DemoSite) -> Iterator[None]:
    """It is there, and answers nobody."""
    database = database_of(site)
    database.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        database.send_signal(signal.SIGCONT)


def change_by_hand(site: DemoSite) -> None:
    site.change("config", service="postgres", key="db.pool.max_size", value=50)
    site.change("restart", service="api", memory_limit_mb=768)
    site.change("scale", service="api", replicas=2)
    until(lambda: state(site)["replicas"] == 2, lambda: state(site))


def test_what_was_changed_by_hand_is_put_back(site: DemoSite) -> None:
    change_by_hand(site)
    site.change("restart", service="postgres", memory_limit_mb=256)
    site.change("heal")
    until(is_put_back(site), lambda: (state(site), site.told()))


def test_a_change_that_was_begun_before_the_heal_is_put_back_too(site: DemoSite) -> None:
    site.change("restart", service="api")
    site.change("scale", service="api", replicas=3)
    site.change("heal")
    until(lambda: told(site) == "everything is back", lambda: state(site))
    assert state(site) == FIRST


def test_while_the_database_is_silent_all_else_is_put_back_and_that_is_said(site: DemoSite) -> None:
    change_by_hand(site)
    with silent_database(site):
        until(lambda: "db.pool.max_size of postgres: ConnectionTimeout" in told(site), lambda: state(site))
        until(lambda: state(site) == FIRST | {"connections": 50.0}, lambda: state(site))
        refused = site.http.post("/ops/break", json={"scenario": "cert_expiry"})
        assert refused.status_code == 409
        assert "db.pool.max_size of postgres" in refused.json()["error"]
    until(lambda: told(site) == "everything is back", lambda: state(site))
    until(is_put_back(site), lambda: (state(site), site.told()))


def test_a_fault_whose_end_comes_while_the_database_is_silent_ends_all_the_same() -> None:
    with demo_site("--fault-seconds", "8") as site:
        site.change("config", service="postgres", key="db.pool.max_size", value=50)
        site.change("break", scenario="slow_query")
        until(lambda: site.version() == "v1.2", lambda: site.get("/ops/services"))
        with silent_database(site):
            until(lambda: state(site) == FIRST | {"connections": 50.0}, lambda: state(site))
        until(is_put_back(site), lambda: (state(site), site.told()))
