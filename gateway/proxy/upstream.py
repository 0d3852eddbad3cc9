"""The store's side: a pool of connections, and the way of a request onto one of them.

A request takes the connection that was used last, or opens one of its own, or, when as many
as are allowed are open, waits in line for the next that becomes free. A connection that dies
before a byte of a reply came may have been closed by the store while it lay idle: then, and only
then, an idempotent request is sent once more, on a fresh connection. Nothing else is ever
repeated. Redirects are never followed: the address of the store comes from the configuration
alone (wire rule 7; RFC 9110, 9.2.2; RFC 9112, 9.3.1).

An upload that streams has no connection before its first bytes can be sent: none waits for a slow
client, and none goes stale meanwhile. When they are all of it, it goes like any message. Else it could
not be repeated, so it takes a connection that was busy a moment ago, or a new one; as a POST that may
not arrive twice it always takes a new one.
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
from gateway.proxy.outgoing import Outgoing
from gateway.proxy.rounds import Stage
from gateway.proxy.store import StoreConnection
from gateway.proxy.sweep import Sweep
from gateway.wire.bodies import Chunks
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
        self._rounds = carrier.rounds
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
            done: Called once, maybe before this returns, with the store's reply or with a Problem:
                ServiceUnavailable when not a byte of a reply came, InternalError when what came
                is no valid answer (wire rule 7); a coding's, over a body that is not what was said of it.

        Returns:
            The request under way; its `cancel` stops it, and `done` is not called any more.

        Raises:
            ValueError: The request cannot be written; a bug of whoever made it.

        """
        pieces = request.pieces
        length = length_of(pieces)
        expects = "expect" in [name for name, _ in request.headers]
        asking = Asking(request, pieces, build_request_head(request, length), limit, done, expects)
        if expects or all(isinstance(piece, bytes) for piece in pieces):
            self._rounds.at(Stage.PLACE, self._place, asking)
            return asking
        outgoing = asking.outgoing = Outgoing(
            pieces,
            send=partial(self._first_bytes, asking),
            framing=Chunks() if length is None else None,
            done=partial(self._ended, asking),
            broken=partial(self._spoilt, asking),
        )
        asking.stop = outgoing.close
        outgoing.begin(b"")
        return asking

    def _first_bytes(self, asking: Asking, *first: bytes) -> bool:
        """Take the first bytes of a body that streams; more of it waits for a connection."""
        assert asking.outgoing is not None
        all_of_it = asking.outgoing.over
        if all_of_it:
            asking.pieces, asking.outgoing, asking.stop = first, None, None
        else:
            asking.first = first
        self._rounds.at(Stage.PLACE, self._place, asking)
        return all_of_it

    def _ended(self, asking: Asking) -> None:
        """Learn that a body is over; an empty one had no first bytes."""
        if asking.outgoing is not None:
            self._first_bytes(asking)

    def _spoilt(self, asking: Asking, problem: Problem | None) -> None:
        """Learn that a body is no good, of which the store has not heard; with None nobody waits for it."""
        done = asking.done
        asking.cancel()
        if done is not None and problem is not None:
            done(problem)

    def _place(self, asking: Asking) -> None:
        """Find a connection for a request that can be sent."""
        if asking.done is None:
            return  # cancelled meanwhile
        now = asking.asked_at = self._clock.seconds()
        asking.connect_by = now + self.limits.connect_seconds
        connection = self._kept_for(asking, now)
        if connection is not None:
            asking.reused = True
            connection.begin(asking)
            return
        if not asking.repeatable and self._open >= self.limits.max_connections:
            self._make_room()
        self._open_or_wait(asking)

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
        self._open_or_wait(asking)

    def settled(self, asking: Asking, outcome: Outcome) -> None:
        """Tell whoever asked what came of it."""
        done, asking.done, asking.stop = asking.done, None, None
        if done is not None:
            status = 0 if isinstance(outcome, Problem) else outcome.status
            self.counters.asked(status, self._clock.seconds() - asking.asked_at)
            done(outcome)

    # New connections, and the line for them.

    def _open_or_wait(self, asking: Asking) -> None:
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
