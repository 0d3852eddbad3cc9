"""What a proxy in front of us says of its client, and from whom that is believed.

Anybody can send X-Forwarded-Proto. It counts when the nearest peer is one of the trusted
proxies, and of a list only the last entry, which that proxy added itself (wire rule 13).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from gateway.wire.http1 import RequestHead

Network = IPv4Network | IPv6Network

KEPT_ADDRESSES = 4096
"""Addresses whose trust is remembered."""


class TrustedProxies:
    """The proxies that are believed.

    Args:
        networks: Their addresses.

    """

    def __init__(self, networks: tuple[Network, ...] = ()) -> None:
        self._networks = networks
        self._trusts: Callable[[str], bool] = lru_cache(KEPT_ADDRESSES)(self._judge)

    def secure(self, peer: str, head: RequestHead) -> bool:
        """Tell whether a trusted peer says that its client speaks https."""
        return self._trusts(peer) and _last(head.header("x-forwarded-proto")).lower() == "https"

    def client(self, peer: str, head: RequestHead) -> str:
        """Return the client's address: the one a trusted peer names, else the peer's own."""
        if not self._trusts(peer):
            return peer
        named = _last(head.header("x-forwarded-for"))
        if not named:
            return peer
        try:
            return str(ip_address(named))
        except ValueError:
            return peer

    def _judge(self, peer: str) -> bool:
        if not self._networks:
            return False
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _last(value: str | None) -> str:
    return (value or "").rpartition(",")[2].strip()
