"""Where a call may go whose address a customer typed: to public addresses only, never into our own network.

The name is resolved here and the connection is made to what was resolved (`connector.http_flight`), so that a name which points
elsewhere a moment later changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

AddressChoice = Callable[[str, int], list[str]]

# Addresses of IPv6 that carry one of IPv4, which is the one that counts (RFC 6052).
_NAT64 = ip_network("64:ff9b::/96")
# All of the public internet's in IPv6; Python calls some beside them global that are not (RFC 3879).
_UNICAST = ip_network("2000::/3")


class NotPublic(OSError):
    """The name leads to an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """This function will tell whether an IP address is on the public internet, in whatever way it is written."""
    # A scope ("%eth0") only goes with addresses of the own network.
    found = _carried(ip_address(address.partition("%")[0]))
    if isinstance(found, IPv6Address) and found not in _UNICAST:
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def list_public(host: str, port: int) -> list[str]:
    """This function will resolve a name; raises NotPublic when one of its addresses is not public."""
    addresses = _resolve(host, port)
    if not addresses or not all(map(is_public, addresses)):
        raise NotPublic("The name leads to an address that is not public.")
    return addresses


def list_public_or_own(host: str, port: int) -> list[str]:
    """This function will do as `list_public`, and also allow this very machine: for the demo and for development."""
    addresses = _resolve(host, port)
    if addresses and all(
        ip_address(address.partition("%")[0]).is_loopback for address in addresses
    ):
        return addresses
    return list_public(host, port)


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address of IPv4 that one of IPv6 stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or address
