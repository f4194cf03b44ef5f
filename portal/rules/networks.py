"""Which addresses on the net are anybody's, and which are a house's own: only the first may be called."""

from __future__ import annotations

import ipaddress

# All of IPv6 that is given out to the world. What maps, embeds or translates IPv4 (::ffff:0:0/96, 64:ff9b::/96) is
# outside of it; what tunnels it is inside.
GIVEN_OUT = ipaddress.ip_network("2000::/3")
NOT_ANYBODYS = tuple(
    ipaddress.ip_network(block)
    for block in (
        "2001::/23",  # Teredo, benchmarking, ORCHID and other protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
NOT_ANYBODYS_4 = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # protocols; parts of it count as global
        "192.88.99.0/24",  # relays of 6to4
    )
)


def is_public(text: str) -> bool:
    """Whether `text`, an IP address, is one of the open net: not loopback, private, local, multicast or reserved."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in NOT_ANYBODYS_4)
    return address in GIVEN_OUT and not any(address in block for block in NOT_ANYBODYS)
