"""What a spec refers to: Secrets and Services, where there are any. `where` is the field, as people are told of it."""

import os
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Protocol, runtime_checkable

from simcore.errors import DeniedError, NotFoundError
from simcore.protocols import Manifest


class Lookup(Protocol):
    """What of a Store is needed here."""

    async def get(self, kind: str, namespace: str, name: str) -> Manifest: ...


@runtime_checkable
class Secrets(Protocol):
    """A store that can also read Secrets."""

    async def secret(self, namespace: str, name: str) -> dict[str, str]:
        """Its values by key. Raises NotFoundError, DeniedError."""


@runtime_checkable
class Services(Protocol):
    """A store that can also read Services."""

    async def service(self, namespace: str, name: str) -> Manifest:
        """Raises NotFoundError, DeniedError."""


class UnusableError(Exception):
    """What a spec names cannot be used; the text says why and what would help."""


async def secret_of(name: str, where: str, namespace: str, store: Secrets) -> dict[str, str]:
    """Its values by key. Raises UnusableError."""
    try:
        return await store.secret(namespace, name)
    except NotFoundError:
        raise UnusableError(f"{where}: there is no Secret {name!r} in {namespace!r}") from None
    except DeniedError:
        raise UnusableError(
            f"{where}: the operator may not read Secret {name!r}; give its ServiceAccount the verb get on this one by "
            f"a Role in {namespace!r}"
        ) from None


def value_of(values: Mapping[str, str], key: str, name: str, where: str) -> str:
    """Raises UnusableError."""
    if not values.get(key):
        raise UnusableError(f"{where}: Secret {name!r} has no key {key!r}")
    return values[key].strip()


def value_outside(variable: str, what: str, where: str) -> str:
    """From the environment, where there are no Secrets; `what` says what it should be. Raises UnusableError."""
    value = os.environ.get(variable, "")
    if not value:
        raise UnusableError(f"{where}: there are no Secrets outside a cluster: set {variable} to {what}")
    return value


def address_of(spec: Mapping[str, Any], port: int, where: str) -> IPv4Address | IPv6Address:
    """Of a Service that has this port. Raises UnusableError."""
    ports = [each["port"] for each in spec.get("ports") or ()]
    if port not in ports:
        raise UnusableError(f"{where} has no port {port}; it has {', '.join(map(str, ports)) or 'none'}")
    try:
        return ip_address(spec.get("clusterIP") or "")
    except ValueError:
        raise UnusableError(f"{where} has no cluster IP that could be dialled") from None


def as_network(address: IPv4Address | IPv6Address) -> str:
    """This address alone, as a rule of what may be dialled."""
    return f"{address}/{address.max_prefixlen}"
