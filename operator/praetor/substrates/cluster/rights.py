"""What we may do in a namespace, as the API server itself says: asked for each right that an action needs."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from praetor.kube import paths
from praetor.kube.access import Deed, may_we
from praetor.kube.client import KubeClient
from praetor.kube.paths import Resource
from praetor.resources.kubernetes_site import KubernetesSite
from praetor.substrates.cluster.reading import HELPFUL, NEEDED, shown


class Right(NamedTuple):
    """`needed` for looking at all; `name` where it is of one object."""

    verb: str
    resource: Resource
    name: str = ""
    subresource: str = ""
    needed: bool = False

    @property
    def text(self) -> str:
        """As the status shows it: `patch deployments.apps`."""
        plural, dot, group = shown(self.resource).partition(".")
        whole = f"{plural}{'/' if self.subresource else ''}{self.subresource}{dot}{group}"
        return f"{self.verb} {whole}{f' {self.name}' if self.name else ''}"


class Held(NamedTuple):
    """A right, and whether we have it."""

    right: Right
    granted: bool


def rights_of(site: KubernetesSite) -> list[Right]:
    maps = sorted({one.config_map.name for one in site.config if one.config_map is not None})
    return [
        *(Right("list", resource, needed=True) for resource in NEEDED.values()),
        *(Right("list", resource) for resource in HELPFUL.values()),
        Right("get", paths.PODS, subresource="log"),
        Right("patch", paths.DEPLOYMENTS),
        Right("patch", paths.STATEFUL_SETS),
        Right("create", paths.PODS, subresource="eviction"),
        *(Right(verb, paths.CONFIG_MAPS, name) for name in maps for verb in ("get", "patch")),
    ]


async def held(client: KubeClient, namespace: str, rights: Sequence[Right]) -> list[Held]:
    """Raises StoreError."""

    async def ask(right: Right) -> Held:
        deed = Deed(right.verb, right.resource, namespace, right.name, right.subresource)
        return Held(right, await may_we(client, deed))

    return list(await asyncio.gather(*map(ask, rights)))


def reads_logs(rights: Sequence[Held]) -> bool:
    return any(granted for right, granted in rights if (right.resource, right.subresource) == (paths.PODS, "log"))


def objection(rights: Sequence[Held], verb: str, resource: Resource, name: str, namespace: str) -> str:
    """Why something must fail before it is tried, or ""."""
    for right, granted in rights:
        if not granted and (right.verb, right.resource) == (verb, resource) and right.name in ("", name):
            return (
                f"we may not {right.text} in namespace {namespace!r}: its Role does not grant it (the chart's "
                "targetNamespaces makes one)"
            )
    return ""
