"""A look at a namespace that changes nothing: its services, and which of the rights that runs need we have."""

from praetor.guard.errors import UnreachableError
from praetor.guard.targets import SiteRequest
from praetor.kube import paths
from praetor.kube.blocking import BlockingKube
from praetor.kube.client import KubeClient
from praetor.kube.credentials import load_credentials
from praetor.resources.kubernetes_site import KubernetesSite
from praetor.substrates.cluster import looking
from praetor.substrates.cluster.connecting import request_source, site_of
from praetor.substrates.cluster.errors import NamespaceError
from praetor.substrates.cluster.prometheus import RequestSource
from praetor.substrates.cluster.reading import read_all
from praetor.substrates.cluster.rights import Held, Right, held, reads_logs, rights_of
from praetor.substrates.cluster.sightings import Seen, seen
from praetor.substrates.cluster.times import utc_now
from praetor.substrates.live.survey import RightHeld, Survey
from simcore.errors import UnavailableError

_MOST_RIGHTS = 20


def survey(asked: SiteRequest) -> Survey:
    """Raises NamespaceError for a namespace that runs cannot be played in, DeniedError without credentials,
    UnreachableError."""
    site, namespace = site_of(asked)
    kube = BlockingKube(load_credentials())
    source = None
    try:
        source = _source(asked, site, namespace, kube)
        rights, read = kube.run(lambda client: _read(client, namespace, site))
        found = looking.with_requests(read, source)
        look = looking.look_at(kube, namespace, found, reads_logs=reads_logs(rights))
    except UnavailableError as problem:
        raise UnreachableError(str(problem)) from None
    finally:
        if source is not None:
            source.close()
        kube.close()
    services = tuple((name, found.health(name)) for name in found.names[: looking.MOST_SERVICES])
    return Survey(services, tuple(_shown(one) for one in _telling(rights)), look)


async def _read(client: KubeClient, namespace: str, site: KubernetesSite) -> tuple[list[Held], Seen]:
    rights = await held(client, namespace, rights_of(site))
    if missing := [one.right.text for one in rights if one.right.needed and not one.granted]:
        raise NamespaceError(
            f"namespace {namespace!r}: we may not {', '.join(missing)}; a Role there has to grant it (the chart's "
            "targetNamespaces makes one)"
        )
    found = seen(utc_now(), await read_all(client, namespace, site.selector.query), site.config, entry=site.entry)
    if not found.names:
        raise NamespaceError(f"namespace {namespace!r} has no Deployment or StatefulSet at work that is selected")
    return rights, found


def _source(asked: SiteRequest, site: KubernetesSite, namespace: str, kube: BlockingKube) -> RequestSource | None:
    """A look goes without one that must not be dialled."""
    try:
        return request_source(asked, site, namespace, kube)
    except NamespaceError:
        return None


def _telling(rights: list[Held]) -> list[Held]:
    """What is missing first, then what changes something: a status has room for so many."""
    return sorted(rights, key=lambda one: (one.granted, one.right.verb != "patch"))[:_MOST_RIGHTS]


def _shown(one: Held) -> RightHeld:
    return RightHeld(one.right.text, one.granted, "" if one.granted else _without(one.right))


def _without(right: Right) -> str:
    """What goes without it."""
    if right.verb == "patch":
        changes = "update_config" if right.resource == paths.CONFIG_MAPS else "every change"
        return f"{changes} is refused for it"
    if right.subresource == "eviction":
        return "a StatefulSet may wait for a pod that cannot run"
    return "it is not known to runs"
