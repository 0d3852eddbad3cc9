"""Writes the pieces of one message, at the pace the connection takes them.

Pieces are bytes or a `Body`. What is at hand goes out in one write, the head with the first
bytes behind it. A Body is pulled: it is attached to, its bytes pass through the codings it
carries and then through the message's framing, and while the connection's buffer is full its
source is paused. So a message of any size costs the memory of one read.

Bodies that are not written to their end are closed, whatever the reason.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from gateway.messages import Body, Coding, Piece, Problem
from gateway.proxy.incoming import Incoming

CODED_AT_ONCE = 65536
"""Bytes: larger pieces, which every coding copies, take several times as long."""


def close_bodies(pieces: tuple[Piece, ...]) -> None:
    """Close every Body among `pieces`: nobody will write it. A written one does not mind."""
    for piece in pieces:
        if isinstance(piece, Body):
            piece.source.close()


class Outgoing:
    """One message on its way out. It is the sink of the Body that it is writing.

    Args:
        pieces: What stands behind the head, in order.
        send: The connection's: takes bytes, False when its buffer is full.
        framing: What the written bytes are put through last (HTTP's chunks), or None.
        done: Called once, when everything has been handed to the connection and its buffer
            has room again.
        broken: Called once instead, when the message can not be completed: with the problem that
            a coding raised over the bytes of a Body, with None when a Body broke.

    """

    __slots__ = (
        "_broken",
        "_codings",
        "_done",
        "_framing",
        "_pieces",
        "_ready",
        "_send",
        "_source",
        "blocked",
        "over",
        "sent",
    )

    def __init__(
        self,
        pieces: tuple[Piece, ...],
        *,
        send: Callable[..., bool],
        framing: Coding | None,
        done: Callable[[], None],
        broken: Callable[[Problem | None], None],
    ) -> None:
        self._pieces = deque(pieces)
        self._send = send
        self._framing = framing
        self._done = done
        self._broken = broken
        self._ready: list[bytes] = []
        self._source: Incoming | None = None
        self._codings: tuple[Coding, ...] = ()
        self.blocked = False
        """The connection's buffer is full."""
        self.over = False
        """Nothing more will be sent: all of it was, or it broke, or it was closed."""
        self.sent = 0
        """Bytes handed to the connection, the head included."""

    def begin(self, head: bytes) -> None:
        """Write `head`, if there is one, and what can be written of the rest at once."""
        if head:
            self._ready.append(head)
        self._go_on()

    def move(
        self,
        *,
        send: Callable[..., bool],
        done: Callable[[], None],
        broken: Callable[[Problem | None], None],
    ) -> None:
        """Write what is still to come over a connection, in place of what it was begun with."""
        self._send, self._done, self._broken = send, done, broken

    def drained(self) -> None:
        """Go on: the connection has room again."""
        if not self.blocked:
            return
        self.blocked = False
        if self._source is not None:
            self._source.resume()
        else:
            self._done()

    def close(self) -> None:
        """Write no more and close the Bodies that are left. Neither callback is called."""
        if self.over and not self.blocked:
            return
        self.over = True
        self.blocked = False
        self._ready.clear()
        source, self._source = self._source, None
        if source is not None:
            source.close()
        close_bodies(tuple(self._pieces))
        self._pieces.clear()

    # What the Body that is being written calls.

    def data(self, data: bytes) -> None:
        """Send the next bytes of the Body."""
        try:
            self._code(data)
        except Problem as problem:
            self._break(problem)
            return
        self._flush()

    def end(self) -> None:
        """Send what the codings still hold, then the next piece."""
        tail = b""
        try:
            for coding in self._codings:
                tail = coding.feed(tail) + coding.close() if tail else coding.close()
        except Problem as problem:
            self._break(problem)
            return
        self._source = None
        self._add(tail)
        self._go_on()

    def broken(self) -> None:
        """Give up: the rest of the Body will not come."""
        self._source = None
        self._break(None)

    def _code(self, data: bytes) -> None:
        """Put bytes through the codings, in pieces that stay in the processor's cache."""
        if not self._codings:
            self._add(data)
            return
        for start in range(0, len(data), CODED_AT_ONCE):
            piece = data[start : start + CODED_AT_ONCE]
            for coding in self._codings:
                piece = coding.feed(piece)
            self._add(piece)

    def _break(self, problem: Problem | None) -> None:
        self.close()
        self._broken(problem)

    def _go_on(self) -> None:
        while not self.over and self._source is None:
            if not self._pieces:
                self._complete()
                return
            piece = self._pieces.popleft()
            if isinstance(piece, bytes):
                self._add(piece)
            else:
                self._codings = tuple(make() for make in piece.through)
                self._source = piece.source
                piece.source.attach(self)  # what stands before waits for the first bytes, or the end

    def _complete(self) -> None:
        if self._framing is not None:
            self._ready.append(self._framing.close())
        self.over = True
        self._flush()
        if not self.blocked:
            self._done()

    def _add(self, data: bytes) -> None:
        if data:
            self._ready.append(data if self._framing is None else self._framing.feed(data))

    def _flush(self) -> None:
        if self._ready:
            ready, self._ready = self._ready, []
            self.sent += sum(map(len, ready))
            if not self._send(*ready):
                self.blocked = True
                if self._source is not None:
                    self._source.pause()
