"""The demo site with its real PostgreSQL: a fault ends by itself, and nothing of the site outlives it."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from praetor.sites.check import SiteUnreachableError, check_site
from tests.support.demo_site import PATIENCE_SECONDS, DemoSite, demo_site, left_of, until
from tests.support.needs_site import needs_postgres

pytestmark = [
    needs_postgres,
    pytest.mark.waits(90),
]

psutil = pytest.importorskip("psutil")
TOKEN = "a-secret"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """With a token, and faults that end soon."""
    record = tmp_path_factory.mktemp("site") / "users.jsonl"
    with demo_site("--fault-seconds", "6", token=TOKEN, users_log=record) as site:
        yield site


def test_with_a_token_nobody_else_may_call(guarded: DemoSite) -> None:
    assert httpx.get(f"{guarded.url}/ops/health", trust_env=False, timeout=60).status_code == 401
    with pytest.raises(SiteUnreachableError):
        check_site(guarded.url)
    assert check_site(guarded.url, token=TOKEN).complete


def test_a_fault_ends_by_itself_and_what_users_saw_is_written(guarded: DemoSite) -> None:
    guarded.change("break", scenario="cert_expiry")
    until(lambda: {200, 502} <= {one["status"] for one in guarded.record()}, guarded.told)
    until(guarded.users_are_served, guarded.told)
    assert {"at", "path", "status", "ms"} == guarded.record()[0].keys()


@contextmanager
def open_folder() -> Iterator[str]:
    """PostgreSQL runs as another user, who has to get there."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_site_that_ended(number: signal.Signals) -> None:
    with open_folder() as own, demo_site(temporary=own) as site:
        site.change("break", scenario="db_pool_exhaustion")
        (workdir,) = Path(own).glob("praetor-site-*")
        until(lambda: site.metrics("postgres")["active_connections"] >= 20, lambda: site.metrics("postgres"))
        pid = site.process.pid
        children = [child.pid for child in psutil.Process(pid).children(recursive=True)]
        assert len(children) > 20
        site.process.send_signal(number)
        site.process.wait(PATIENCE_SECONDS)
        until(lambda: not left_of(pid, str(workdir), children), lambda: left_of(pid, str(workdir), children))
