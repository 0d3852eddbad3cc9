"""The store's side: a pool of connections, and the way of a request onto one of them.

A request takes the connection that was used last, or opens one of its own, or, when as many
as are allowed are open, waits in line for the next that becomes free. A connection that dies
before a byte of a reply came may have been closed by the store while it lay idle: then, and only
then, an idempotent request is sent once more, on a fresh connection. Nothing else is ever
repeated. An upload that streams cannot be, so it takes a connection that was busy a moment ago,
which no store has given up, or a new one; a POST that may not arrive twice always takes a new one.
Redirects are never followed: the address of the store comes from the configuration alone
(wire rule 7; RFC 9110, 9.2.2; RFC 9112, 9.3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

from twisted.logger import Logger

from gateway.messages import HttpRequest, Problem, length_of
from gateway.proxy.asking import Asking, Outcome
from gateway.proxy.carrier import Cancelable, Carrier
from gateway.proxy.clock import Clock, Delayed
from gateway.proxy.connection import Counters
from gateway.proxy.limits import StoreLimits
from gateway.proxy.outgoing import at_hand
from gateway.proxy.store import StoreConnection
from gateway.proxy.sweep import Sweep
from gateway.wire.http1 import build_request_head

log = Logger()

FRESH = 1.0
"""Seconds in which a connection that became idle serves uploads too: servers keep theirs for longer."""


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where a store is.

    Attributes:
        host: A name or an IP address.
        port: Its TCP port.
        tls: The name its certificate must have, and the carrier's client context; None for plain.

    """

    host: str
    port: int
    tls: tuple[str, Any] | None = None


class Upstream:
    """One store.

    Args:
        carrier: Makes the connections.
        address: Where the store is.
        clock: Times the line; the sweep's own.
        sweep: Looks at the deadlines of the connections; its seconds are those of POSIX, for Date.
        counters: Told of answers, connections and limits.
        limits: Seconds, bytes, connections.

    """

    def __init__(  # noqa: PLR0913 - the parts it is put together from
        self,
        carrier: Carrier,
        address: StoreAddress,
        *,
        clock: Clock,
        sweep: Sweep,
        counters: Counters,
        limits: StoreLimits,
    ) -> None:
        self.sweep = sweep
        self.counters = counters
        self.limits = limits
        self._clock = clock
        self._carrier = carrier
        self._address = address
        self._idle: list[StoreConnection] = []
        self._waiting: dict[Asking, Delayed] = {}
        self._open = 0
        self._closing = False

    def send(
        self,
        request: HttpRequest,
        *,
        limit: int,
        done: Callable[[Outcome], None],
    ) -> Asking:
        """Send a request to the store.

        Args:
            request: Address, fields and signature included.
            limit: Bytes of a body that is neither streamed nor unpacked; beyond: InternalError.
            done: Called once and later, with the store's reply or with a Problem:
                ServiceUnavailable when not a byte of a reply came, InternalError when what came
                is no valid answer (wire rule 7).

        Returns:
            The request under way; its `cancel` stops it, and `done` is not called any more.

        Raises:
            Problem: Of a body that is all here already, and is not what was said of it.
            ValueError: The request cannot be written; a bug of whoever made it.

        """
        pieces = at_hand(request.pieces)
        head = build_request_head(request, length_of(pieces))
        now = self._clock.seconds()
        asking = Asking(request, pieces, head, limit, done, now, now + self.limits.connect_seconds)
        connection = self._kept_for(asking, now)
        if connection is not None:
            asking.reused = True
            connection.begin(asking)
            return asking
        if not asking.repeatable and self._open >= self.limits.max_connections:
            self._make_room()
        self._place(asking)
        return asking

    def _kept_for(self, asking: Asking, now: float) -> StoreConnection | None:
        """Return the connection that was used last, if the request may go on it."""
        since = 0.0
        if not asking.repeatable:
            since = now - FRESH if asking.idempotent else inf
        while self._idle and self._idle[-1].idle_since >= since:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return None

    def _make_room(self) -> None:
        """Give up a connection that nobody uses."""
        if self._idle:
            self._idle.pop(0).finish()

    def close(self) -> None:
        """Keep no connection that nobody uses, from now on."""
        self._closing = True
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.finish()

    # What the connections tell.

    def released(self, connection: StoreConnection) -> None:
        """Give a free connection to whoever waits longest, else keep it."""
        if self._waiting:
            asking = self._first_in_line()
            asking.reused = True
            connection.begin(asking)
        elif self._closing:
            connection.finish()
        else:
            connection.idle_since = self._clock.seconds()
            self._idle.append(connection)
            if len(self._idle) > self.limits.max_idle:
                self._idle.pop(0).finish()

    def gone(self, connection: StoreConnection) -> None:
        """Forget a connection; its place is for whoever waits longest."""
        if connection in self._idle:
            self._idle.remove(connection)
        self._vacate()

    def again(self, asking: Asking) -> None:
        """Send a request a second time, on a connection that never lay idle."""
        if asking.done is None:
            return  # cancelled, which is why its connection died
        asking.retried = True
        asking.reused = False
        asking.connect_by = self._clock.seconds() + self.limits.connect_seconds
        self._place(asking)

    def settled(self, asking: Asking, outcome: Outcome) -> None:
        """Tell whoever asked what came of it."""
        done, asking.done, asking.stop = asking.done, None, None
        if done is not None:
            status = 0 if isinstance(outcome, Problem) else outcome.status
            self.counters.asked(status, self._clock.seconds() - asking.asked_at)
            done(outcome)

    # New connections, and the line for them.

    def _place(self, asking: Asking) -> None:
        if self._open < self.limits.max_connections:
            self._connect(asking)
            return
        self.counters.limited("store_connections")
        self._waiting[asking] = self._clock.callLater(
            self.limits.connect_seconds, self._waited_too_long, asking
        )
        asking.stop = partial(self._leave_line, asking)

    def _first_in_line(self) -> Asking:
        asking = next(iter(self._waiting))
        self._leave_line(asking)
        return asking

    def _leave_line(self, asking: Asking) -> None:
        deadline = self._waiting.pop(asking)
        if deadline.active():
            deadline.cancel()

    def _waited_too_long(self, asking: Asking) -> None:
        self._leave_line(asking)
        self.settled(asking, Problem("ServiceUnavailable"))

    def _connect(self, asking: Asking) -> None:
        self._open += 1
        connection = StoreConnection(self, asking)
        attempt = self._carrier.connect(
            self._address.host,
            self._address.port,
            lambda: connection,
            timeout=asking.connect_by - self._clock.seconds(),
            failed=partial(self._not_connected, asking),
            tls=self._address.tls,
        )
        asking.stop = partial(self._give_up, attempt)

    def _not_connected(self, asking: Asking, reason: str) -> None:
        log.error(
            "no connection to the store {host}:{port}: {reason}",
            host=self._address.host,
            port=self._address.port,
            reason=reason,
        )
        self._vacate()
        self.settled(asking, Problem("ServiceUnavailable"))

    def _give_up(self, attempt: Cancelable) -> None:
        attempt.cancel()
        self._vacate()

    def _vacate(self) -> None:
        self._open -= 1
        if self._waiting and self._open < self.limits.max_connections:
            self._connect(self._first_in_line())
