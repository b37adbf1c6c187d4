"""Services, EndpointSlices and names: whether anybody is behind what callers dial. Pure, but for `looked_up`."""

import socket
from collections.abc import Iterator, Sequence

from praetor.substrates.cluster.sightings import Seen
from praetor.substrates.cluster.templates import containers_of
from simcore.observation import Check
from simcore.protocols import Manifest


def service_checks(seen: Seen, service: str) -> Iterator[Check]:
    """Of each Service object that leads to the workload's pods."""
    workload = seen.workloads[service]
    manifests = {one["metadata"]["name"]: one for one in seen.objects.services}
    for name in workload.services:
        ready = _ready_addresses(seen.objects.endpoint_slices, name)
        told = "no pod is behind it" if not ready else f"{ready} addresses are ready"
        yield Check(f"endpoints of Service {name}", ready > 0, told, float(ready))
        yield from _ports(manifests[name], workload.template)


def _ready_addresses(slices: Sequence[Manifest], service: str) -> int:
    """Each once: a Service of two address families has two slices."""
    found = {
        (target.get("targetRef") or {}).get("name") or address
        for one in slices
        if ((one["metadata"].get("labels")) or {}).get("kubernetes.io/service-name") == service
        for target in one.get("endpoints") or ()
        if (target.get("conditions") or {}).get("ready", True)
        for address in target.get("addresses") or ()
    }
    return len(found)


def _ports(service: Manifest, template: Manifest) -> Iterator[Check]:
    """A named target port must be one of the pods'; of a number nobody can tell."""
    names = {port.get("name") for one in containers_of(template) for port in one.get("ports") or ()}
    for port in service["spec"].get("ports") or ():
        target = port.get("targetPort")
        if isinstance(target, str) and target not in names:
            detail = f"leads to the port {target!r}, which no container has"
            yield Check(f"port {port['port']} of Service {service['metadata']['name']}", False, detail)


def names_of(seen: Seen, service: str) -> list[str]:
    """Service objects to look up: the workload's own, and those that it calls."""
    around = [service, *seen.calls.get(service, ())]
    return list(dict.fromkeys(name for one in around for name in seen.workloads[one].services))


def looked_up(names: Sequence[str], namespace: str, *, inside: bool) -> list[Check]:
    """Asks for each name as a pod would. Outside the cluster its names mean nothing."""
    if not inside:
        return [Check("lookup", True, "not asked: names of the cluster are only known inside it")] if names else []
    return [_lookup(f"{name}.{namespace}.svc") for name in names]


def _lookup(host: str) -> Check:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as problem:
        return Check(f"lookup of {host}", False, f"does not resolve: {problem}")
    return Check(f"lookup of {host}", True, ", ".join(sorted(found)))
