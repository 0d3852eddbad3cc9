"""The deadlines of all connections: one look at them a second.

A connection keeps its deadline as a number and is asked once a second what it makes of the time.
That costs nothing while it works, which a timer for each of thousands of connections would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

from twisted.internet.task import LoopingCall

from gateway.proxy.clock import Clock

SWEEP_INTERVAL = 1.0
"""Seconds; no deadline is kept more exactly."""


class Swept(Protocol):
    """What is looked at: a connection."""

    def swept(self, now: float) -> None:
        """See what time it is."""

    def reset(self) -> None:
        """End at once."""


class Sweep:
    """Looks once a second at the deadlines of all open connections.

    Iterating gives the connections.

    Args:
        clock: Where seconds come from.

    Attributes:
        seconds: Returns the clock's time.

    """

    def __init__(self, clock: Clock) -> None:
        self.seconds: Callable[[], float] = clock.seconds
        self._connections: set[Swept] = set()
        self._number = 0
        self._loop = LoopingCall(self.look)
        self._loop.clock = cast(Any, clock)  # typed as an interface that mypy can not check

    def __iter__(self) -> Iterator[Swept]:
        return iter(tuple(self._connections))

    def __len__(self) -> int:
        return len(self._connections)

    def start(self) -> None:
        """Look from now on."""
        self._loop.start(SWEEP_INTERVAL, now=False)

    def stop(self) -> None:
        """Look no more."""
        if self._loop.running:
            self._loop.stop()

    def add(self, connection: Swept) -> int:
        """Look at this connection too; return its number, for the log."""
        self._connections.add(connection)
        self._number += 1
        return self._number

    def discard(self, connection: Swept) -> None:
        """Look at it no more."""
        self._connections.discard(connection)

    def look(self) -> None:
        """Let every connection see what time it is."""
        now = self.seconds()
        for connection in self:
            connection.swept(now)
