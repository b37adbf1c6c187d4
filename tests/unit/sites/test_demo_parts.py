"""The parts of the demo site that faults are made of, each alone."""

import errno
import json
import ssl
import threading
import time

import psycopg
import pytest

pytest.importorskip("psutil", reason="the site extra is not installed")

from praetor.resources.ops import SCENARIOS
from praetor.sites.demo import names
from praetor.sites.demo.bucket import TokenBucket
from praetor.sites.demo.cage import Cages
from praetor.sites.demo.certificates import API_HOST, Authority, expires_at
from praetor.sites.demo.circumstances import Circumstances, CircumstancesFile
from praetor.sites.demo.faults import FAULTS
from praetor.sites.demo.heap import SOFT_SHARE, Heap
from praetor.sites.demo.names import CouldNotResolveError, NameServer, Resolver
from praetor.sites.demo.pool import Pool, PoolExhaustedError
from praetor.sites.demo.serving import Figures, is_failure
from praetor.sites.demo.telemetry import Window, error_rate_percent, p99_ms, requests_per_second
from praetor.sites.demo.users import Users
from praetor.sites.demo.words import contract_words


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_site_has_every_fault_of_the_contract():
    assert tuple(FAULTS) == SCENARIOS


def test_a_bucket_serves_its_burst_and_then_its_rate():
    clock = Clock()
    bucket = TokenBucket(per_second=20, burst=5, clock=clock)
    assert sum(bucket.take() for _ in range(50)) == 5
    served = 0
    for _ in range(400):  # 40 requests a second for 10 seconds
        clock.seconds += 0.025
        served += bucket.take()
    assert served == pytest.approx(200, abs=2)


def test_a_window_forgets_and_counts_what_is_left():
    clock = Clock()
    window = Window(clock)
    window.add(10, 10, [9000.0] * 10, 3)
    clock.seconds = 20.0
    window.add(100, 30, [float(value) for value in range(1, 101)], 2)
    recent = window.recent()
    assert (error_rate_percent(recent), p99_ms(recent), requests_per_second(recent, 10.0)) == (30.0, 99.0, 10.0)
    assert p99_ms([]) == error_rate_percent([]) == 0.0


def test_a_changed_circumstance_is_seen_by_every_reader(tmp_path):
    writer, reader = (CircumstancesFile(tmp_path / "around.json") for _ in range(2))
    writer.write(Circumstances(endpoints=(1, 2)))
    assert reader.now().endpoints == (1, 2)
    for catalogue_mb in range(100):  # quicker than the file system's clock ticks
        writer.change(catalogue_mb=catalogue_mb)
        assert reader.now().catalogue_mb == catalogue_mb
    assert reader.now().endpoints == (1, 2)


def test_a_heap_refuses_at_its_soft_limit_and_gives_back_what_it_took():
    heap = Heap(limit_mb=10_000)
    before_mb = heap.used_mb()
    block = heap.take(64)
    assert heap.used_mb() == pytest.approx(before_mb + 64, abs=8)
    block.close()
    assert heap.used_mb() == pytest.approx(before_mb, abs=8)
    with pytest.raises(MemoryError, match="of 64 MiB in use"):
        Heap(limit_mb=64).take(int(SOFT_SHARE * 64) + 1)


def test_a_resolver_finds_names_until_it_asks_where_nobody_answers(monkeypatch):
    patience_seconds = names._PATIENCE_SECONDS
    monkeypatch.setattr(names, "_PATIENCE_SECONDS", 60.0)
    server = NameServer({"postgres.internal": lambda: "127.0.0.1"})
    resolver = Resolver(lambda: ("127.0.0.1", server.port))
    assert resolver.address("postgres.internal") == "127.0.0.1"
    with pytest.raises(CouldNotResolveError, match="NXDOMAIN"):
        resolver.address("elsewhere.internal")
    server.close()
    monkeypatch.setattr(names, "_PATIENCE_SECONDS", patience_seconds)
    time.sleep(1.1)
    with pytest.raises(CouldNotResolveError, match=r"postgres\.internal"):
        resolver.address("postgres.internal")


def handshake(authority: Authority) -> None:
    """Raises what the client says of the certificate."""
    client_context = ssl.create_default_context(cafile=str(authority.ca_file))
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(authority.api_file)
    to_server, to_client = (ssl.MemoryBIO(), ssl.MemoryBIO())
    client = client_context.wrap_bio(to_client, to_server, server_hostname=API_HOST)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_a_certificate_is_good_until_it_really_expires(tmp_path):
    authority = Authority(tmp_path)
    authority.issue(60.0)
    handshake(authority)
    authority.issue(1.0)
    time.sleep(max(0.0, expires_at(authority.api_file).timestamp() + 1.05 - time.time()))
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        handshake(authority)
    authority.issue()
    handshake(authority)
    assert authority.api_file.stat().st_mode & 0o077 == 0


class Connection:
    closed = broken = False

    def transaction(self):
        return threading.Lock()

    def close(self) -> None:
        self.closed = True


def test_a_pool_gives_no_more_than_it_may_and_takes_back():
    made = []
    pool = Pool(lambda: made.append(Connection()) or made[-1], lambda: 2)
    refused = pytest.raises(PoolExhaustedError, match="2 of 2 in use")
    with pool.connection(), pool.connection(), refused, pool.connection(0.01):
        pass
    with pool.connection(), pool.connection():
        assert len(made) == 2


def test_a_pool_lends_again_after_connecting_has_failed():
    def fails():
        raise psycopg.OperationalError("no")

    pool = Pool(fails, lambda: 1)
    for _ in range(3):
        with pytest.raises(psycopg.OperationalError), pool.connection(0.01):
            pass


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (MemoryError(), "OutOfMemoryError"),
        (psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"), "Lock wait timeout exceeded"),
        (CouldNotResolveError("postgres.internal: timeout"), "could not resolve host: postgres.internal"),
        (PoolExhaustedError("20 of 20"), "pool exhausted"),
        (psycopg.OperationalError('FATAL:  too many connections for role "api"'), "pool exhausted"),
        (OSError(errno.ENOSPC, "x"), "No space left on device"),
        (OSError(errno.ECONNRESET, "x"), ""),
    ],
)
def test_an_error_is_also_told_in_the_words_of_the_contract(problem, words):
    assert contract_words(problem).startswith(words)
    assert bool(contract_words(problem)) == bool(words)


def test_figures_are_told_once():
    figures = Figures()
    began = figures.began()
    assert figures.taken()["under_way"] == 1
    figures.ended(began, 429)
    told = figures.taken()
    assert (told["requests"], told["failed"], told["under_way"], len(told["milliseconds"])) == (1, 1, 0, 1)
    assert figures.taken()["requests"] == 0


@pytest.mark.parametrize(("status", "failed"), [(200, False), (404, False), (429, True), (500, True), (502, True)])
def test_what_counts_as_a_failure(status, failed):
    assert is_failure(status) is failed


def test_users_are_summed_up_by_path_and_no_answer_is_a_failure():
    users = Users()
    for status in (200, 200, 0, 502):
        users.heard({"path": "/cart", "status": status, "ms": 10.0})
    users.heard({"path": "/checkout", "status": 200, "ms": 900.0})
    told = users.summary(60)
    assert (told["requests"], told["failed"], told["p99_ms"]) == (5, 2, 900.0)
    assert told["paths"]["/cart"]["error_rate_percent"] == 50.0
    assert json.dumps(told)


def test_control_groups_are_removed_again():
    cages = Cages()
    folder = cages.folder
    cages.close()
    assert folder is None or not folder.exists()
