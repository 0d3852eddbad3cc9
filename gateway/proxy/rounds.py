"""The rounds of the loop, and the stages in which the work of one is done.

A round serves every connection that is ready: under load some thirty requests and replies. The code and the
data of a request's whole way do not fit into a processor's caches, so whoever leads one after the other from
head to answer finds the caches full of the last one's end. Here work is left for the end of the round, and
done stage by stage, for all requests in a row, in little more than half the time.

A stage leaves work to the stages behind it, which are still to come. What is for itself, or for one before
it, waits for the next round: connections are listened to in between, whatever one of them brought. A
request that is alone has a round of its own, and waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from twisted.logger import Logger

log = Logger()


class Stage(IntEnum):
    """What is done at the end of a round, in this order."""

    CONVERSE = 0
    """Conversations take their next step: a request was read, or a reply."""
    ASK = 1
    """Requests to the store are signed and written."""
    PLACE = 2
    """They take their connections."""
    ANSWER = 3
    """Answers to clients are begun."""
    SEND = 4
    """What is written goes to the kernel."""
    TELL = 5
    """What nobody waits for: log and counters."""


class Rounds:
    """The rounds of one loop.

    Args:
        call_soon: Calls what it is given once, behind everything that is ready now.

    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._call_soon = call_soon
        self._left: list[list[tuple[Callable[..., None], tuple[Any, ...]]]] = [[] for _ in Stage]
        self._due = False

    def at(self, stage: Stage, call: Callable[..., None], *args: Any) -> None:
        """Have `call(*args)` done in a stage of this round, or of the next when that is over."""
        self._left[stage].append((call, args))
        if not self._due:
            self._due = True
            self._call_soon(self._end)

    def _end(self) -> None:
        left = self._left
        for stage in range(len(left)):
            calls, left[stage] = left[stage], []
            for call, args in calls:
                try:
                    call(*args)
                except Exception:  # noqa: BLE001 - one request's bug is no other's
                    log.failure("A bug escaped the end of a round")
        self._due = any(left)
        if self._due:
            self._call_soon(self._end)
