"""Where the parts of the site run: all on this machine, or each where a `praetor site part` waits for it."""

import asyncio
import hmac
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from praetor.sites.demo.cage import Cages
from praetor.sites.demo.elsewhere import Elsewhere
from praetor.sites.demo.names import AddressOf, loopback
from praetor.sites.demo.postgres import Cluster, NoPostgresError, cluster_here
from praetor.sites.demo.running import Here, Place
from praetor.sites.demo.workdir import Workdir


@dataclass(frozen=True, slots=True)
class Spot:
    """A service's own: `folder` has the files that the supervisor writes, as the service's processes see them."""

    place: Place
    folder: Path
    address: AddressOf = loopback
    listens: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Places:
    """`users` is where users reach the frontend; `own_address` where this process is reached by the others."""

    frontend: Spot
    api: Spot
    journal: Path
    bounded: bool
    """Whether the api's journal is a volume that can really be full."""
    database: Place
    cluster: Cluster
    users: tuple[str, int]
    own_address: str
    close: Callable[[], Awaitable[None]]


PARTS = ("frontend", "api", "postgres")
USERS_PORT, DATABASE_PORT = 8080, 5432
_FILES = {"frontend": ("circumstances.json", "ca.pem"), "api": ("circumstances.json", "api.pem"), "postgres": ()}
_EVERYWHERE = "0.0.0.0"  # noqa: S104 (in a pod of its own)


def places_here(workdir: Workdir, cages: Cages) -> Places:
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    here = Here(cages, listening)
    spot = Spot(here, workdir.path)
    return Places(
        frontend=spot,
        api=spot,
        journal=workdir.journal,
        bounded=workdir.bounded,
        database=spot.place,
        cluster=cluster_here(workdir.path / "postgres"),
        users=listening.getsockname()[:2],
        own_address="127.0.0.1",
        close=here.close,
    )


async def places_elsewhere(parts: Mapping[str, str], token: str, workdir: Workdir) -> Places:
    """`parts`: the URL of each part. Waits until all of them are there."""
    pods = {name: Elsewhere(parts[name], token, [workdir.path / file for file in _FILES[name]]) for name in PARTS}
    facts = {name: await pod.facts() for name, pod in pods.items()}
    if facts["postgres"]["postgres"] is None:
        raise NoPostgresError(f"there is no PostgreSQL where {parts['postgres']} is: its image needs praetor[site]")
    pushing = [asyncio.create_task(pod.push_for_ever()) for pod in pods.values()]

    async def close() -> None:
        for task in pushing:
            task.cancel()
        await asyncio.gather(*(pod.close() for pod in pods.values()))

    spots = {name: Spot(pod, Path(facts[name]["folder"]), pod.address, _EVERYWHERE) for name, pod in pods.items()}
    database = facts["postgres"]
    cluster = Cluster(
        Path(database["data"]),
        Path(database["postgres"]),
        DATABASE_PORT,
        database["user"],
        listens=_EVERYWHERE,
        host=pods["postgres"].address,
        version=database["version"],
        superuser_password=_derived(token, "superuser"),
        role_password=_derived(token, "role"),
    )
    return Places(
        frontend=spots["frontend"],
        api=spots["api"],
        journal=Path(facts["api"]["journal"]),
        bounded=facts["api"]["bounded"],
        database=pods["postgres"],
        cluster=cluster,
        users=(pods["frontend"].host, USERS_PORT),
        own_address=_towards(pods["api"].address()),
        close=close,
    )


def _derived(token: str, purpose: str) -> str:
    """The same for every supervisor that comes: the database may have been made by the one before."""
    return hmac.new(token.encode(), f"praetor demo site: {purpose}".encode(), "sha256").hexdigest()


def _towards(address: str) -> str:
    """The address of this machine that the other one sees. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        own: str = probe.getsockname()[0]
        return own
