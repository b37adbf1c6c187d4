"""No way of writing an address leads to one that is denied."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.guard.addresses import AddressRules, networks

DENIED = st.one_of(
    *(
        st.ip_addresses(network=network)
        for network in (
            "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
            "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8",
        )
    )
)  # fmt: skip
OPEN = AddressRules()


@given(DENIED, st.integers(1, 65535))
def test_addresses_around_us_are_denied(address, port):
    assert OPEN.objection(str(address), port)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.sampled_from(["::ffff:", "64:ff9b::", "2002:"]))
def test_an_ipv6_dress_does_not_help(address, dress):
    hexadecimal = f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
    text = f"2002:{hexadecimal}::1" if dress == "2002:" else f"{dress}{hexadecimal}"
    assert OPEN.objection(text, 80)


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "::ffff:169.254.169.254", "::ffff:169.254.170.23",
    ],
)  # fmt: skip
def test_metadata_is_denied_whatever_is_allowed(text):
    everything = AddressRules(allowed=networks(["0.0.0.0/0", "::/0"]), loopback_ports=frozenset({80}))
    assert "metadata" in everything.objection(text, 80)


@given(st.ip_addresses(v=4, network="10.1.0.0/16"))
def test_an_allowed_network_may_be_dialled(address):
    assert AddressRules(allowed=networks(["10.1.0.0/16"])).objection(str(address), 443) is None


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_may_be_dialled(text):
    assert OPEN.objection(text, 443) is None
    assert ipaddress.ip_address(text).is_global


def test_what_is_no_network_is_named():
    with pytest.raises(ValueError, match=r"10\.1\.0\.0/99"):
        networks(["10.1.0.0/99"])
