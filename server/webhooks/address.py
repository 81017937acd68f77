"""Which addresses may be told: nobody makes this server knock at doors inside its own network.

An address is looked at when it is given, and resolved and looked at before each attempt: every address that
its name has must be allowed, and the connection is made to one that was looked at, so that a name that
changes in between leads nowhere else. Forms of IPv6 that carry an IPv4 address are judged by that one.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sync.problems import Invalid

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")
_NEVER = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10")))
"""For special use, though not every Python says so."""

_LONGEST = 2000


class AddressRefused(Exception):
    """This address is not told. The text says why, for whoever looks at the deliveries."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses are public, or allowed all the same."""

    allowed: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    @classmethod
    def allowing(cls, networks: Iterable[str]) -> Policy:
        return cls(tuple(ipaddress.ip_network(network) for network in networks))

    def may_tell(self, address: str) -> bool:
        """Whether an address, as getaddrinfo gives it, may be connected to."""
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        ip = _carried(ip)
        if any(ip.version == network.version and ip in network for network in self.allowed):
            return True
        if any(ip.version == network.version and ip in network for network in _NEVER):
            return False
        return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def check_url(url: str, policy: Policy) -> str:
    """An address as it is kept. Raises Invalid for what can never be told."""
    parts, host = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not host:
        raise _invalid(f"{url[:200]!r} is not an address.")
    if parts.username is not None or parts.password is not None:
        raise _invalid("The address holds a name or a password.")
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise _invalid("The address is too long, or holds characters that have to be encoded.")
    literal = host.strip("[]")
    if (_is_ip(literal) or host.lower() == "localhost") and not policy.may_tell(
        "127.0.0.1" if host.lower() == "localhost" else literal
    ):
        raise Invalid(
            f"{host} is private, loopback or link-local, and is not told.",
            "Give a public address, or have the administrator allow it in WAYPOST_WEBHOOK_PRIVATE.",
        )
    return url


def resolved(url: str, policy: Policy) -> tuple[str, str]:
    """The host of an address and one IP address of it that may be told. Blocks while the name is looked up.

    Raises AddressRefused when the name does not resolve, or any of its addresses may not be told.
    """
    parts, host = _split(url)
    if parts is None or not host:
        raise AddressRefused("The address cannot be read.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused(f"The name {host} cannot be resolved.") from None
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        if not policy.may_tell(address):
            raise AddressRefused(
                f"{host} is at {address}, which is private, loopback or link-local: it is not told."
            )
    return host, addresses[0]


def _split(url: str) -> tuple[SplitResult | None, str]:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None, ""
    return parts, parts.hostname or ""


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _carried(ip: Ip) -> Ip:
    """The IPv4 address inside an IPv6 one: mapped, compatible, 6to4, NAT64, Teredo; else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64 or ip in _NAT64_LOCAL or (ip in _COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _invalid(detail: str) -> Invalid:
    return Invalid(detail, "Give an https:// address; the receiver knows us by the signature.")
