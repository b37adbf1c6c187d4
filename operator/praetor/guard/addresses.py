"""Which addresses may be dialled. What others name (a URL in a spec) never leads into the network around us."""

import ipaddress
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254", "fd00:ec2::254", "fd20:ce::254",  # most clouds, AWS and Google by IPv6
        "169.254.170.2", "169.254.170.23", "fd00:ec2::23",  # AWS: containers, pods of EKS
        "100.100.100.200", "168.63.129.16", "192.0.0.192",  # Alibaba, Azure, Oracle
    )
)  # fmt: skip
_CARRIER_NAT = ipaddress.ip_network("100.64.0.0/10")
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError, which names the text that is no CIDR."""
    return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())


ALLOWED_NETWORKS, ALLOWED_PORTS = "PRAETOR_GUARD_ALLOW_CIDRS", "PRAETOR_GUARD_ALLOW_PORTS"
"""Variables: networks, and ports of loopback, with commas between them."""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Public addresses may be dialled, and others where `allowed` has their network; endpoints of clouds that hand out
    credentials never. `ports` are loopback's ports that may be dialled without being allowed."""

    allowed: Sequence[Network] = ()
    loopback_ports: frozenset[int] = field(default_factory=frozenset)

    def objection(self, text: str, port: int) -> str | None:
        """Why this address must not be dialled, or None."""
        address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
        if address in _METADATA:
            return f"{text} is a metadata endpoint, which is never dialled"
        if any(address in network for network in self.allowed if network.version == address.version):
            return None
        if address.is_loopback and port in self.loopback_ports:
            return None
        kind = kind_of(address)
        return f"{text} is {kind}; guard.allowCIDRs does not have it" if kind else None


def rules_of(texts: Iterable[str], environment: Mapping[str, str] = os.environ) -> AddressRules:
    """Of what was said for one call (a number is a port of loopback) and of what the environment says for all.

    Raises ValueError, which names the text that is neither."""
    said = [text.strip() for text in texts]
    ports = [text for text in said if is_number(text)] + _listed(environment, ALLOWED_PORTS)
    cidrs = [text for text in said if not is_number(text)] + _listed(environment, ALLOWED_NETWORKS)
    return AddressRules(networks(cidrs), frozenset(map(_port, ports)))


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _listed(environment: Mapping[str, str], variable: str) -> list[str]:
    return [text.strip() for text in environment.get(variable, "").split(",") if text.strip()]


def _port(text: str) -> int:
    if not is_number(text) or not 0 < int(text) < 65536:
        raise ValueError(f"{text!r} is no port: ports are numbers from 1 to 65535")
    return int(text)


def kind_of(address: Address) -> str:
    """What makes an address one that needs an exemption; "" for a public one."""
    kinds = {
        "an unspecified address": address.is_unspecified,
        "a loopback address": address.is_loopback,
        "a link-local address": address.is_link_local,
        "a multicast address": address.is_multicast,
        "a shared address": address.version == 4 and address in _CARRIER_NAT,
        "a private address": address.is_private,
        "a reserved address": address.is_reserved or not address.is_global,
    }
    return next((kind for kind, holds in kinds.items() if holds), "")


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if address.version == 4:
        return address
    for network in _TRANSLATED:
        if address in network:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
