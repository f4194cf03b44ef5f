"""What is called is anybody's: every block that is a house's own, or leads there, is refused."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.networks import is_public

OWN = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:db8::1",
    "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
ANYBODYS = ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1", "2400:3200::1"]


@pytest.mark.parametrize("address", OWN)
def test_a_houses_own_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ANYBODYS)
def test_addresses_of_the_open_net_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.org", "127.1", "0x7f000001", "8.8.8.8.", "1.2.3.4/32", "[::1]"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_what_python_calls_not_global_is_never_public(address: ipaddress.IPv4Address) -> None:
    assert is_public(str(address)) <= (address.is_global and not address.is_multicast)


@given(st.ip_addresses(v=4))
def test_no_way_of_writing_ipv4_in_ipv6_is_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for prefix, shift in (
        ("::ffff:0:0", 0),
        ("::", 0),
        ("64:ff9b::", 0),
        ("2002::", 80),
        ("2001::", 64),
        ("::ffff:0:0:0", 0),
    ):
        assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | number << shift)))
