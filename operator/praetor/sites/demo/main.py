"""`praetor site demo`: the whole site in one command; it ends with everything it started."""

import asyncio
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.draws import Draws
from praetor.sites.demo.operations import Operations
from praetor.sites.demo.ops_http import site_app
from praetor.sites.demo.part import Part, part_app
from praetor.sites.demo.places import USERS_PORT, places_elsewhere, places_here
from praetor.sites.demo.postgres import need_postgres
from praetor.sites.demo.site import DemoSite
from praetor.sites.demo.workdir import make_workdir
from praetor.web.callers import CallerCheck, Loopback, SharedToken, is_loopback
from praetor.web.serving import bind, server_of, url_of
from simcore.errors import SimcoreError

FAULT_SECONDS = 900.0


class NoTokenError(SimcoreError):
    """Others could call the site, and nobody would be known."""


def run_demo_site(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    token: str = "",
    fault_seconds: float = FAULT_SECONDS,
    record: Path | None = None,
    journal: Path | None = None,
    fault_seed: int | None = None,
    parts: Mapping[str, str] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. `parts`: where each part waits, if not here. Raises NoPostgresError,
    NoTokenError, BindError."""
    checks = site_checks(host, token)
    if not parts:
        need_postgres()
    listening = bind(host, port)
    cages = Cages()
    workdir = make_workdir(cages.folder, journal)
    if not (workdir.bounded or parts):
        _say(f"nothing can be mounted here: files are in {workdir.path}, and disk_full needs --journal DIR")

    async def serve() -> None:
        places = await places_elsewhere(parts, token, workdir) if parts else places_here(workdir, cages)
        draws = Draws(fault_seed)
        site = DemoSite(workdir, cages, places, record=record, fault_seconds=fault_seconds, draws=draws)
        users_url = "http://{}:{}".format(*places.users)
        try:
            await site.start()
            app = site_app(Operations(site), site.users, checks, version("praetor"), users_url)
            print(url_of(listening), flush=True)  # noqa: T201 (the result)
            print(f"users reach it at {users_url}; Ctrl-C ends it", file=sys.stderr, flush=True)  # noqa: T201
            await server_of(app).serve(sockets=[listening])
        finally:
            await site.stop()

    asyncio.run(serve())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 (stdout has the result)


def site_checks(host: str, token: str) -> list[CallerCheck]:
    """With a token everybody needs it; without one only this machine may call."""
    if token:
        return [SharedToken(token)]
    if is_loopback(host):
        return [Loopback()]
    raise NoTokenError(f"--host {host} is not loopback: others need a token, so set PRAETOR_SITE_TOKEN first")


def run_part(host: str, port: int, *, token: str, folder: Path, journal: Path | None, data: Path) -> None:
    """Serves until SIGINT or SIGTERM. Raises NoTokenError, BindError."""
    checks, listening = site_checks(host, token), bind(host, port)
    users = bind(host, USERS_PORT)

    async def serve() -> None:
        part = Part(folder, journal, data, users)
        try:
            print(url_of(listening), flush=True)  # noqa: T201 (the result)
            await server_of(part_app(part, checks, version("praetor"))).serve(sockets=[listening])
        finally:
            await part.close()

    asyncio.run(serve())
