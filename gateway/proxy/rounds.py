"""The rounds of the loop, and what waits for the end of one.

A round serves every connection that is ready: under load some thirty requests and replies. What can wait is
done at its end for all of them, one kind after the other: first what is sent, then what nobody waits for, as
the lines of the log. Work of one kind done in a row costs a fraction of the same work in turns with all else,
whose code and data push it out of the processor's caches each time.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.logger import Logger

log = Logger()

Call = Callable[[], None]


class Rounds:
    """The rounds of one loop.

    Args:
        call_soon: Calls what it is given once, behind everything that is ready now.

    """

    def __init__(self, call_soon: Callable[[Call], object]) -> None:
        self._call_soon = call_soon
        self._sends: list[Call] = []
        self._others: list[Call] = []

    def send(self, send: Call) -> None:
        """Have something sent at the end of this round."""
        self._wait()
        self._sends.append(send)

    def behind(self, call: Call) -> None:
        """Have something done behind all that is sent."""
        self._wait()
        self._others.append(call)

    def _wait(self) -> None:
        if not (self._sends or self._others):
            self._call_soon(self._end)

    def _end(self) -> None:
        calls = self._sends + self._others
        self._sends, self._others = [], []  # what these calls bring is for the next round
        for call in calls:
            try:
                call()
            except Exception:  # noqa: BLE001 - one connection's bug is no other's
                log.failure("A bug escaped the end of a round")
