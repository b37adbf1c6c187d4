"""The demo site: its parts, how they start and end, and what a fault, its end and a deploy do to them."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from praetor.sites.demo.api import DATABASE_HOST
from praetor.sites.demo.cage import Cages
from praetor.sites.demo.certificates import API_HOST, Authority
from praetor.sites.demo.circumstances import DEFAULT_POOL, Circumstances, CircumstancesFile
from praetor.sites.demo.commands import Command
from praetor.sites.demo.draws import Draws
from praetor.sites.demo.faults import FAULTS
from praetor.sites.demo.frontend import VERSIONS
from praetor.sites.demo.healing import Attempts, Beginning
from praetor.sites.demo.names import NameServer
from praetor.sites.demo.places import Places
from praetor.sites.demo.postgres import DATABASE, ROLE, PostgresService
from praetor.sites.demo.releases import FIRST_VERSION, RELEASES
from praetor.sites.demo.replica import Replica
from praetor.sites.demo.running import Here
from praetor.sites.demo.service import Service
from praetor.sites.demo.users import Users
from praetor.sites.demo.workdir import Workdir

LIMITS_MB = {"api": 512, "frontend": 256}
USERS_LIMIT_MB = 256
_LOOK_SECONDS = 1.0


class DemoSite:
    """`start` and `stop` it in one event loop, in the main thread: the kernel ties the processes to that thread."""

    def __init__(
        self,
        workdir: Workdir,
        cages: Cages,
        places: Places,
        *,
        record: Path | None = None,
        fault_seconds: float,
        draws: Draws | None = None,
    ) -> None:
        self.workdir, self.places, self._record = workdir, places, record
        self._draws, self._cages, self.fault_seconds = draws or Draws(), cages, fault_seconds
        self.fault: str | None = None
        self.authority = Authority(workdir.path)
        hosts = {DATABASE_HOST: places.cluster.host, API_HOST: places.api.address}
        self.names = NameServer(hosts, places.own_address)
        self.around = CircumstancesFile(workdir.path / "circumstances.json")
        port = self.names.port
        self.normal = Circumstances(resolver_host=places.own_address, resolver_port=port, frontend_resolver_port=port)
        self.around.write(self.normal)
        self.users = Users()
        self.postgres = PostgresService(places.cluster, places.database)
        self.api = self._api_service()
        self.frontend = self._frontend_service()
        self._load = self._load_replica()
        self._beginning, self._attempts = Beginning(self), Attempts()
        self._tasks: set[asyncio.Task[None]] = set()
        self._expiry: asyncio.TimerHandle | None = None
        self._experiment = asyncio.Lock()
        """A fault begins when the last has been healed."""

    @property
    def services(self) -> dict[str, Service]:
        return {one.name: one for one in (self.frontend, self.api, self.postgres)}

    @property
    def not_back(self) -> str:
        """What a heal could not put back so far, and why; empty when there is nothing."""
        return "; ".join(f"{name}: {why}" for name, why in self._attempts.left.items())

    async def start(self) -> None:
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
        await self.places.close()
        self._cages.close()

    def do(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begins work that nobody has to wait for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def deploy(self, service: str, version: str) -> None:
        self.services[service].version = version
        await self.services[service].restart()

    async def set_pool(self, connections: int) -> None:
        """Of the api's role in the database, and of its own pool. Raises what the database says."""
        await self.postgres.set_pool(connections)
        self.around.change(pool_max=connections)

    async def break_(self, scenario: str) -> None:
        """The fault ends by itself when nobody has healed it in time."""
        async with self._experiment:
            self.fault = scenario
            self._expiry = asyncio.get_running_loop().call_later(self.fault_seconds, lambda: self.do(self.heal()))
            await FAULTS[scenario](self, self._draws)

    async def heal(self) -> None:
        """Everything as it was at the beginning, whoever changed it. Ends when all of it is."""
        async with self._experiment:
            if self._expiry is not None:
                self._expiry.cancel()
            self.fault = None
            await self._attempts.until_done(self._beginning.steps())

    def _renew(self) -> None:
        """What a start of the api does first: a certificate, and the resolver's settings as they should be."""
        self.authority.issue()
        self.around.change(resolver_port=self.names.port)

    def _renew_frontend(self) -> None:
        if self.around.now().frontend_resolver_port != self.names.port:
            self.around.change(frontend_resolver_port=self.names.port)

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
        cluster, spot = self.places.cluster, self.places.api
        database = {"port": cluster.port, "user": ROLE, "password": cluster.role_password, "name": DATABASE}

        def command(number: int) -> Command:
            if number == 0:
                self._renew()
            setup = {
                "number": number,
                "version": service.version,
                "memory_limit_mb": service.memory_limit_mb,
                "circumstances": str(spot.folder / self.around.path.name),
                "journal": str(self.places.journal / f"api-{number}.log"),
                "certificate": str(spot.folder / self.authority.api_file.name),
                "database": database,
                "host": spot.listens,
            }
            return Command("praetor.sites.demo.api", setup)

        limit_mb, versions = LIMITS_MB["api"], tuple(RELEASES)
        service = Service(
            "api", command, limit_mb, spot.place, FIRST_VERSION, versions, ("postgres",), changed=self._publish
        )
        return service

    def _frontend_service(self) -> Service:
        spot = self.places.frontend

        def command(number: int) -> Command:
            self._renew_frontend()
            setup = {
                "version": service.version,
                "memory_limit_mb": service.memory_limit_mb,
                "circumstances": str(spot.folder / self.around.path.name),
                "ca": str(spot.folder / self.authority.ca_file.name),
            }
            return Command("praetor.sites.demo.frontend", setup, listens=True)

        service = Service("frontend", command, LIMITS_MB["frontend"], spot.place, FIRST_VERSION, VERSIONS, ("api",))
        return service

    def _load_replica(self) -> Replica:
        host, port = self.places.users
        setup = {"host": host, "port": port, "circumstances": str(self.around.path)}
        setup |= {"record": str(self._record.resolve())} if self._record is not None else {}
        command = Command("praetor.sites.demo.load", setup)
        return Replica(
            "users-0",
            lambda: command,
            lambda: USERS_LIMIT_MB,
            Here(self._cages),
            self.users.heard,
            lambda line: None,
            lambda severity, text: None,
        )
