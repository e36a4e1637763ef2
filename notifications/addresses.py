"""Which addresses a connection may be opened to: public ones, and the networks that a configuration names."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

METADATA = frozenset(map(ip_address, ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254")))
"""Where clouds hand out credentials to whoever asks. Allowed only if named alone, never as part of a network."""

_NAT64 = IPv6Network("64:ff9b::/96")


def judge(address: Address, allowed: Sequence[Network]) -> bool:
    """Tell whether we may connect to this address."""
    address = _inner(address)
    if address in METADATA:
        return any(network.num_addresses == 1 and address in network for network in allowed)
    if any(address.version == network.version and address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address really leads to."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        return inner or address
    return address
