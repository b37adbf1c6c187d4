"""The demo site: its parts, how they start and end, and what a fault, its end and a deploy do to them."""

import asyncio
import socket
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.certificates import Authority
from praetor.sites.demo.circumstances import (
    DEFAULT_POOL,
    DEFAULT_REQUESTS_PER_SECOND,
    Circumstances,
    CircumstancesFile,
)
from praetor.sites.demo.faults import FAULTS
from praetor.sites.demo.names import NameServer
from praetor.sites.demo.postgres import DATABASE, ROLE, PostgresService, new_cluster
from praetor.sites.demo.releases import FIRST_VERSION, RELEASES
from praetor.sites.demo.replica import Command, Replica
from praetor.sites.demo.service import Service
from praetor.sites.demo.users import Users
from praetor.sites.demo.workdir import Workdir

API_LIMIT_MB, FRONTEND_LIMIT_MB, USERS_LIMIT_MB = 512, 256, 256
_LOOK_SECONDS = 1.0


class DemoSite:
    """`start` and `stop` it in one event loop, in the main thread: the kernel ties the processes to that thread."""

    def __init__(self, workdir: Workdir, cages: Cages, *, record: Path | None = None, fault_seconds: float) -> None:
        self.workdir, self._cages, self._record = workdir, cages, record
        self.fault_seconds = fault_seconds
        self.fault: str | None = None
        self.authority = Authority(workdir.path)
        self.names = NameServer(("postgres.internal",))
        self.around = CircumstancesFile(workdir.path / "circumstances.json")
        self.normal = Circumstances(DEFAULT_REQUESTS_PER_SECOND, resolver_port=self.names.port)
        self.around.write(self.normal)
        self.users = Users()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.users_port: int = self._listening.getsockname()[1]
        self.postgres = PostgresService(new_cluster(workdir.path / "postgres"), cages, lambda: None)
        self.api = self._api_service()
        self.frontend = self._frontend_service()
        self._load = self._load_replica()
        self._tasks: set[asyncio.Task[None]] = set()
        self._expiry: asyncio.TimerHandle | None = None
        self._experiment = asyncio.Lock()
        """A fault begins when the last has been healed."""

    @property
    def services(self) -> dict[str, Service]:
        return {one.name: one for one in (self.frontend, self.api, self.postgres)}

    async def start(self) -> None:
        await asyncio.to_thread(self.postgres.cluster.initialise)
        await self.postgres.start()
        await asyncio.to_thread(self.postgres.cluster.fill)
        await self.postgres.set_pool(DEFAULT_POOL)
        await self.api.start()
        await self.frontend.start()
        self._load.start()
        self.do(self._look_for_ever())

    async def stop(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._load.stop()
        for service in (self.frontend, self.api, self.postgres):
            await service.stop()
        self.names.close()
        self._listening.close()
        self._cages.close()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins work that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def deploy(self, version: str) -> None:
        self.api.version = version
        await self.api.restart()

    async def break_(self, scenario: str) -> None:
        """The fault ends by itself when nobody has healed it in time."""
        async with self._experiment:
            self.fault = scenario
            self._expiry = asyncio.get_running_loop().call_later(self.fault_seconds, lambda: self.do(self.heal()))
            await FAULTS[scenario](self)

    async def heal(self) -> None:
        """Everything as it was at the beginning, whoever changed it."""
        async with self._experiment:
            if self._expiry is not None:
                self._expiry.cancel()
            self.fault = None
            await self._put_back()

    async def _put_back(self) -> None:
        needs_restart = self._api_needs_restart()
        self.authority.issue()
        self.around.write(replace(self.normal, endpoints=self.api.ports()))
        if self.postgres.pool_max != DEFAULT_POOL:
            await self.postgres.set_pool(DEFAULT_POOL)
        self.api.version, self.api.memory_limit_mb, self.api.wanted = FIRST_VERSION, API_LIMIT_MB, 1
        self.api.forget_rollouts()
        if needs_restart:
            await self.api.restart()
        if (self.frontend.wanted, self.frontend.memory_limit_mb) != (1, FRONTEND_LIMIT_MB):
            self.frontend.wanted, self.frontend.memory_limit_mb = 1, FRONTEND_LIMIT_MB
            await self.frontend.restart()

    def _api_needs_restart(self) -> bool:
        now = self.around.now()
        changed = (self.api.version, self.api.memory_limit_mb, self.api.wanted) != (FIRST_VERSION, API_LIMIT_MB, 1)
        return changed or now.debug_since > 0 or any(one.pausing for one in self.api.replicas)

    def _renew(self) -> None:
        """What a start of the api does first: a certificate, and the resolver's settings as they should be."""
        self.authority.issue()
        self.around.change(resolver_port=self.names.port)

    def _publish(self) -> None:
        if self.around.now().endpoints != self.api.ports():
            self.around.change(endpoints=self.api.ports())

    async def _look_for_ever(self) -> None:
        while True:
            for service in self.services.values():
                service.look()
            await self.postgres.sample()
            await asyncio.sleep(_LOOK_SECONDS)

    def _api_service(self) -> Service:
        cluster = self.postgres.cluster
        database = {"port": cluster.port, "user": ROLE, "password": cluster.role_password, "name": DATABASE}

        def command(number: int) -> Command:
            if number == 0:
                self._renew()
            setup = {
                "number": number,
                "version": service.version,
                "memory_limit_mb": service.memory_limit_mb,
                "circumstances": str(self.workdir.path / "circumstances.json"),
                "journal": str(self.workdir.journal / f"api-{number}.log"),
                "certificate": str(self.authority.api_file),
                "database": database,
            }
            return Command("praetor.sites.demo.api", setup)

        service = Service(
            "api", command, API_LIMIT_MB, self._cages, FIRST_VERSION, tuple(RELEASES), ("postgres",), self._publish
        )
        return service

    def _frontend_service(self) -> Service:
        setup = {
            "circumstances": str(self.workdir.path / "circumstances.json"),
            "ca": str(self.authority.ca_file),
            "listening": self._listening.fileno(),
        }
        command = Command("praetor.sites.demo.frontend", setup, pass_fds=(self._listening.fileno(),))
        return Service("frontend", lambda number: command, FRONTEND_LIMIT_MB, self._cages, "v1.0", ("v1.0",), ("api",))

    def _load_replica(self) -> Replica:
        setup = {"port": self.users_port, "circumstances": str(self.workdir.path / "circumstances.json")}
        setup |= {"record": str(self._record.resolve())} if self._record is not None else {}
        command = Command("praetor.sites.demo.load", setup)
        return Replica(
            "users-0",
            lambda: command,
            lambda: USERS_LIMIT_MB,
            self._cages,
            self.users.heard,
            lambda line: None,
            lambda severity, text: None,
        )
