"""The client's side: what all connections of clients share, and how they end.

Which language a request is in, who the store is, which limits hold. A connection of its
own (`proxy.client`) reads and answers the requests. Draining lets each connection end behind
the answer that is under way on it; idle ones end at once (RFC 9112, 9.6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.messages import HttpReply, HttpRequest, Ids, Problem
from gateway.proxy.asking import Asking, Outcome
from gateway.proxy.client import ClientConnection
from gateway.proxy.connection import Counters
from gateway.proxy.exchange import Cell, Exchange
from gateway.proxy.forwarded import TrustedProxies
from gateway.proxy.limits import ClientLimits
from gateway.proxy.rounds import Rounds, Stage
from gateway.proxy.sweep import Sweep
from gateway.proxy.turns import Turns
from gateway.proxy.unpacking import Unpacking
from gateway.proxy.upstream import Upstream
from gateway.wire.http1 import RequestHead


class Front:
    """What all connections of clients share.

    Args:
        cells: Asked in this order which of them claims a request; the last claims all, and
            writes the refusal of what cannot be read.
        upstream: The store.
        new_ids: Makes the names of one request.
        sweep: Looks at the deadlines of the connections; its seconds are those of POSIX, for Date.
        counters: Told of answers, connections and limits.
        limits: Seconds and bytes.
        turns: Whose turn it is to be read.
        rounds: Those of the reactor.
        proxies: Whose word about their clients is believed; None: nobody's.

    Attributes:
        draining: Whether connections close behind the answer under way.
        connections: Those open now.

    """

    def __init__(  # noqa: PLR0913 - the parts it is put together from
        self,
        cells: tuple[Cell, ...],
        upstream: Upstream,
        *,
        new_ids: Callable[[], Ids],
        sweep: Sweep,
        counters: Counters,
        limits: ClientLimits,
        turns: Turns,
        rounds: Rounds,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self.cells = cells
        self.new_ids = new_ids
        self.sweep = sweep
        self.counters = counters
        self.limits = limits
        self.turns = turns
        self.rounds = rounds
        self.proxies = proxies or TrustedProxies()
        self.draining = False
        self.connections: set[ClientConnection] = set()
        self._upstream = upstream
        self._drained: Callable[[], None] | None = None

    def connection(self, leave: Callable[[], None] = lambda: None) -> ClientConnection:
        """Make the protocol of one accepted connection; `leave` is called when it is over."""
        return ClientConnection(self, leave)

    def drain(self, drained: Callable[[], None]) -> None:
        """Close every connection as soon as nothing is under way on it, idle ones at once.

        Args:
            drained: Called once and later, when no connection is left and all is told in the log.

        """
        self.draining = True
        self._drained = drained
        for connection in tuple(self.connections):
            connection.leave_if_idle()
        self._tell_if_drained()

    def abort(self) -> None:
        """Drop every connection, whatever is under way on it."""
        for connection in tuple(self.connections):
            connection.reset()

    def cell_of(self, head: RequestHead) -> Cell:
        """Return the first cell that claims a request."""
        return next(cell for cell in self.cells if cell.claims(head))

    def ask(
        self,
        exchange: Exchange,
        body: bytes | Unpacking,
        proof: Any,
        done: Callable[[HttpReply | Problem], None],
    ) -> None:
        """Lead an exchange whose request can be served."""
        exchange.begin(body, proof, self._send, done)

    def came(self, connection: ClientConnection) -> None:
        """Learn of a connection."""
        self.connections.add(connection)

    def went(self, connection: ClientConnection) -> None:
        """Learn that a connection is no more."""
        self.connections.discard(connection)
        self._tell_if_drained()

    def _send(self, request: HttpRequest, done: Callable[[Outcome], None]) -> Asking:
        return self._upstream.send(request, limit=self.limits.store_reply_bytes, done=done)

    def _tell_if_drained(self) -> None:
        if not self.connections and self._drained is not None:
            drained, self._drained = self._drained, None
            self.rounds.at(Stage.TELL, drained)  # behind the log of what ended just now
