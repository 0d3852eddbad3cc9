"""Whose turn it is to be read, while several connections bring much.

A reactor serves every connection that is ready before it looks again. Where sixteen of them have a quarter
of a megabyte each, a small request waits for all of that, several times on its way. So the bytes of bodies
are counted: who brings some when the share of this round of the reactor is used up stands in line, and is
not read until his turn has come. Each round has one turn. A connection that is alone never waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from gateway.proxy.clock import Clock

SHARE = 65_536
"""Bytes of bodies in a round of the reactor, from which on there is a line."""


class Turns:
    """The line.

    Args:
        clock: The reactor, whose rounds are meant.

    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read = 0
        self._last: Callable[[], None] | None = None  # who brought bytes last
        self._line: deque[Callable[[], None]] = deque()
        self._counting = False

    def take(self, size: int, go_on: Callable[[], None]) -> bool:
        """Count what a connection brought, and tell whether it may be read on.

        Args:
            size: Bytes.
            go_on: Called when its turn has come, if it may not. The connection is told by it.

        """
        if not self._counting:
            alone, self._last = go_on == self._last, go_on
            if alone:
                return True
            self._counting = True
            self._clock.callLater(0, self._next_round)
        used_up = self._read >= SHARE or bool(self._line)
        self._read += size
        if used_up:
            self._line.append(go_on)
        return not used_up

    def _next_round(self) -> None:
        self._read = 0
        self._counting = bool(self._line)
        if self._line:
            self._clock.callLater(0, self._next_round)
            self._line.popleft()()
