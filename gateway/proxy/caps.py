"""How many clients may be connected at once, so that no one of them has the gateway to itself.

Asked before a connection costs anything, the TLS handshake least of all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from socket import AF_INET6, inet_pton

from gateway.proxy.connection import Counters


class Caps:
    """How many clients may be connected, by address and in all.

    An address is a whole /64 network for IPv6, which is what one client has. Clients on a unix
    socket share none.

    Args:
        per_address: Connections of one address; 0: no limit.
        total: Connections of all; 0: no limit.
        counters: Told `connections_per_address` or `connections` when one is refused.

    """

    def __init__(self, per_address: int, total: int, counters: Counters) -> None:
        self._per_address = per_address
        self._total = total
        self._counters = counters
        self._open: Counter[str] = Counter()
        self._all = 0

    def enter(self, peer: str) -> Callable[[], None] | None:
        """Let a client in: return what to call when it has left, None when it is refused."""
        address = _counted(peer)
        if self._total and self._all >= self._total:
            self._counters.limited("connections")
            return None
        if self._per_address and address and self._open[address] >= self._per_address:
            self._counters.limited("connections_per_address")
            return None
        self._all += 1
        self._open[address] += 1
        return lambda: self._leave(address)

    def _leave(self, address: str) -> None:
        self._all -= 1
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def _counted(peer: str) -> str:
    if ":" in peer:
        return inet_pton(AF_INET6, peer)[:8].hex()
    return peer if peer[:1].isdigit() else ""
