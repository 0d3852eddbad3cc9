"""The deadlines of TLS handshakes: one timer for all of a listening socket.

All of them may take equally long, so they run out in the order they began in. One timer waits for the oldest:
it gives up what is over, and waits for the next. A timer for each would be no more exact, and setting and
cancelling it was a tenth of what a connection costs beside OpenSSL's part (docs/decisions/tls-handshakes.md).
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.proxy.clock import Clock


class Handshakes:
    """The handshakes under way, each with its deadline.

    Args:
        clock: Where seconds come from.
        seconds: What one may take.

    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._under_way: dict[object, tuple[float, Callable[[], object]]] = {}  # the oldest first
        self._watched = False

    def begin(self, name: object, give_up: Callable[[], object]) -> None:
        """Call `give_up` in due time, unless `end` comes before; `name` is what tells it from others."""
        self._under_way[name] = self._clock.seconds() + self._seconds, give_up
        if not self._watched:
            self._watched = True
            self._clock.callLater(self._seconds, self._look)

    def end(self, name: object) -> None:
        """Let it be: it was made, or failed. Nothing happens when it was given up or never began."""
        self._under_way.pop(name, None)

    def _look(self) -> None:
        """Give up what is over, and look again when the next one may be."""
        self._watched = False
        now = self._clock.seconds()
        while self._under_way:
            name, (due, give_up) = next(iter(self._under_way.items()))
            if due > now:
                self._watched = True
                self._clock.callLater(due - now, self._look)
                return
            del self._under_way[name]
            give_up()
