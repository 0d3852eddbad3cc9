"""The rounds of the loop, and the stages in which the work of one is done.

A round serves every connection that is ready: under load some thirty requests and replies. The code and the
data of a request's whole way do not fit into a processor's caches, so whoever leads one after the other from
head to answer finds the caches full of the last one's end. Here work is left for the end of the round, and
done stage by stage, for all requests in a row, in little more than half the time.

A stage leaves work to the stages behind it, which are still to come. What is for itself, or for one before
it, waits for the next round: connections are listened to in between, whatever one of them brought. No more
than AT_ONCE conversations step on in a round, or the caches would be full of their data. What takes long, as
to read a megabyte of XML, is done when all else of the round is sent; there is one such thing in a round. A
request that is alone has a round of its own, and waits for nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from twisted.logger import Logger

log = Logger()

AT_ONCE = 32
"""Conversations that take a step in one round; the stages behind them get no more than these leave."""


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


_Call = tuple[Callable[..., None], tuple[Any, ...]]


class Rounds:
    """The rounds of one loop.

    Args:
        call_soon: Calls what it is given once, behind everything that is ready now.

    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._call_soon = call_soon
        self._left: list[list[_Call]] = [[] for _ in Stage]
        self._long: deque[_Call] = deque()
        self._due = False

    def at(self, stage: Stage, call: Callable[..., None], *args: Any) -> None:
        """Have `call(*args)` done in a stage of this round, or of the next when that is over."""
        self._left[stage].append((call, args))
        self._ask_for_an_end()

    def last(self, call: Callable[..., None], *args: Any) -> None:
        """Have `call(*args)`, which takes long, done behind all stages, and what it leaves then."""
        self._long.append((call, args))
        self._ask_for_an_end()

    def _ask_for_an_end(self) -> None:
        if not self._due:
            self._due = True
            self._call_soon(self._end)

    def _end(self) -> None:
        begun = self._left[Stage.CONVERSE]
        self._left[Stage.CONVERSE] = begun[AT_ONCE:]
        self._go_through(begun[:AT_ONCE])
        if self._long:
            self._go_through([self._long.popleft()])
        self._due = False
        if self._long or any(self._left):
            self._ask_for_an_end()

    def _go_through(self, calls: list[_Call]) -> None:
        """Do these, which are conversations' steps, and what is left in each stage behind."""
        left = self._left
        for stage in range(len(left)):
            if stage != Stage.CONVERSE:
                calls, left[stage] = left[stage], []
            for call, args in calls:
                try:
                    call(*args)
                except Exception:  # noqa: BLE001 - one request's bug is no other's
                    log.failure("A bug escaped the end of a round")
