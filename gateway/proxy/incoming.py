"""Bytes of a body while they arrive: where they come from on one side, who takes them on the other.

An `Incoming` is the source of a `Body`. A connection that reads a message gives to it; whoever
writes the body attaches as its sink. It begins paused, so that nothing is read before somebody
wants it, and what came together with the message's head waits in here. Back-pressure is passed
through: `pause` stops the reading of the connection the bytes come from. There is no memory
in here beyond what one read of a connection brings.

A body ends well exactly once, by `end`, or badly exactly once, by `broken`; a sink that was
told of either hears nothing more.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Protocol


class Sink(Protocol):
    """Takes the bytes of one body."""

    def data(self, data: bytes) -> None:
        """Take the next bytes, never empty."""

    def end(self) -> None:
        """Learn that the body is whole."""

    def broken(self) -> None:
        """Learn that the rest of the body will never come."""


class Source(Protocol):
    """The connection that the bytes come from, as far as its body's taker may steer it."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read again."""

    def unwanted(self) -> None:
        """Learn that nobody wants the rest of this body."""


class _Fate(Enum):
    OPEN = auto()
    ENDED = auto()
    BROKEN = auto()
    CLOSED = auto()


class Incoming:
    """One body on its way.

    Args:
        source: What gives the bytes. It is paused here, at once.

    """

    __slots__ = ("_fate", "_held", "_paused", "_sink", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sink: Sink | None = None
        self._held: deque[bytes] = deque()
        self._paused = True
        self._fate = _Fate.OPEN
        source.pause()

    # The taker's side.

    def attach(self, sink: Sink) -> None:
        """Let `sink` have the body from its first byte on; what is here already is given at once."""
        self._sink = sink
        self.resume()

    def pause(self) -> None:
        """Hold further bytes back, and those that are here."""
        if not self._paused:
            self._paused = True
            if self._fate is _Fate.OPEN:
                self._source.pause()

    def resume(self) -> None:
        """Go on giving: first what is here, then what the source reads."""
        self._paused = False
        while self._held and not self._paused and self._sink is not None:
            self._sink.data(self._held.popleft())
        if not self._paused:
            self._go_on()

    def close(self) -> None:
        """Say that nobody wants the rest. Does nothing once the body came to an end."""
        open_still = self._fate is _Fate.OPEN
        self._fate = _Fate.CLOSED
        self._sink = None
        self._held.clear()
        if open_still:
            self._source.unwanted()

    # The giver's side.

    def data(self, data: bytes) -> None:
        """Pass on the next bytes of the body; those of one that nobody wants are dropped."""
        if self._fate is not _Fate.OPEN:
            return
        if self._sink is None or self._paused:
            self._held.append(data)
        else:
            self._sink.data(data)

    def end(self) -> None:
        """Say that the body is whole: the source is free for other things from here on."""
        if self._fate is _Fate.OPEN:
            self._fate = _Fate.ENDED
            if not (self._paused or self._held):
                self._go_on()

    def broken(self) -> None:
        """Say that no more will come. What is held is worth nothing then and goes."""
        if self._fate is _Fate.OPEN:
            self._fate = _Fate.BROKEN
            self._held.clear()
            self._go_on()

    def _go_on(self) -> None:
        """Do what follows once nothing is held: read on, or tell the sink how it ended."""
        if self._fate is _Fate.OPEN:
            self._source.resume()
            return
        sink, self._sink = self._sink, None
        if sink is not None and self._fate is _Fate.ENDED:
            sink.end()
        elif sink is not None and self._fate is _Fate.BROKEN:
            sink.broken()
